/** Puts options in order with buttons, so that it works by keyboard, touch and screen reader. */
import { ActionIcon } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconPlus, IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

interface RankingFieldProps {
  options: readonly string[];
  most: number;
  value: readonly number[];
  onChange: (value: readonly number[]) => void;
}

export function RankingField({ options, most, value, onChange }: RankingFieldProps) {
  const { t } = useTranslation();
  const others = options.map((_, at) => at).filter((at) => !value.includes(at));
  const swap = (place: number, other: number) => {
    const moved = value.toSpliced(place, 1);
    onChange(moved.toSpliced(other, 0, ...value.slice(place, place + 1)));
  };
  const nameOf = (choice: number) => ({ option: options[choice] ?? "" });
  return (
    <div className="fm-ranking">
      <p className="fm-talk-note">{t("polls.rankUpTo", { count: most })}</p>
      <ol aria-label={t("polls.yourRanking")}>
        {value.map((choice, place) => (
          <li key={choice}>
            <span dir="auto">{options[choice]}</span>
            <ActionIcon variant="subtle" color="gray" disabled={place === 0}
              aria-label={t("polls.higher", nameOf(choice))} onClick={() => swap(place, place - 1)}>
              <IconArrowUp size={16} aria-hidden="true" />
            </ActionIcon>
            <ActionIcon variant="subtle" color="gray" disabled={place === value.length - 1}
              aria-label={t("polls.lower", nameOf(choice))} onClick={() => swap(place, place + 1)}>
              <IconArrowDown size={16} aria-hidden="true" />
            </ActionIcon>
            <ActionIcon variant="subtle" color="gray"
              aria-label={t("polls.takeOut", nameOf(choice))}
              onClick={() => onChange(value.filter((one) => one !== choice))}>
              <IconX size={16} aria-hidden="true" />
            </ActionIcon>
          </li>
        ))}
      </ol>
      {others.length > 0 && (
        <ul aria-label={t("polls.notRanked")}>
          {others.map((choice) => (
            <li key={choice}>
              <span dir="auto">{options[choice]}</span>
              <ActionIcon variant="light" disabled={value.length >= most}
                aria-label={t("polls.add", nameOf(choice))}
                onClick={() => onChange([...value, choice])}>
                <IconPlus size={16} aria-hidden="true" />
              </ActionIcon>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
