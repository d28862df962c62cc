/** Who wants to speak, in order; and for who runs the room, whose turn is next. */
import type { Conference, Hands, Roster } from "@folkmoot/client";
import { ActionIcon, Button, Popover } from "@mantine/core";
import { IconHandStop, IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

import { Refusal } from "../talk/Refusal";
import { useOperation } from "../talk/useOperation";
import { Face } from "../ui/Face";

interface HandsMenuProps {
  conference: Pick<Conference, "talk" | "dismiss">;
  hands: Hands;
  roster: Roster;
  manager: boolean;
}

export function HandsMenu({ conference, hands, roster, manager }: HandsMenuProps) {
  const { t } = useTranslation();
  const { talk } = conference;
  const { busy, error, run } = useOperation(conference);
  const count = hands.raised.length;
  const nameOf = (person: string) => roster.byId.get(person)?.name ?? t("hands.somebody");
  const first = hands.raised[0];
  if (count === 0 && hands.turn === "") return null;
  return (
    <>
      {hands.turn !== "" && (
        <span className="fm-turn">
          <bdi>{t("hands.turnOf", { name: nameOf(hands.turn) })}</bdi>
        </span>
      )}
      {manager && (first !== undefined || hands.turn !== "") && (
        <Button size="compact-md" variant="light" loading={busy}
          onClick={() => void run(talk.nextHand())}>
          {first ? t("hands.next", { name: nameOf(first.person) }) : t("hands.endTurn")}
        </Button>
      )}
      {count > 0 && (
        <Popover position="top" shadow="md" withRoles trapFocus returnFocus>
          <Popover.Target>
            <Button variant="default" size="compact-md"
              leftSection={<IconHandStop size={16} stroke={1.8} aria-hidden="true" />}>
              {t("hands.lineCount", { count })}
            </Button>
          </Popover.Target>
          <Popover.Dropdown aria-label={t("hands.line")}>
            <ol className="fm-hands" aria-label={t("hands.line")}>
              {hands.raised.map(({ person, pending }) => (
                <li key={person} data-pending={pending || undefined}>
                  <Face person={person} name={nameOf(person)} small />
                  <bdi>{nameOf(person)}</bdi>
                  {pending && <span className="fm-hidden">{t("hands.pending")}</span>}
                  {manager && !pending && (
                    <ActionIcon variant="subtle" color="gray"
                      aria-label={t("hands.lowerOf", { name: nameOf(person) })}
                      onClick={() => void run(talk.lowerHandOf(person))}>
                      <IconX size={16} aria-hidden="true" />
                    </ActionIcon>
                  )}
                </li>
              ))}
            </ol>
            {manager && (
              <Button variant="subtle" size="compact-sm" fullWidth
                onClick={() => void run(talk.lowerAllHands())}>
                {t("hands.lowerAll")}
              </Button>
            )}
          </Popover.Dropdown>
        </Popover>
      )}
      <Refusal error={error} />
    </>
  );
}
