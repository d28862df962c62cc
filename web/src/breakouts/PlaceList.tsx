/** Every person with the room that they go to, to be changed; also while the rooms are open. */
import type { Breakouts, Conference } from "@folkmoot/client";
import { NativeSelect } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { useObservable } from "../session/hooks";
import { Refusal } from "../talk/Refusal";
import { useOperation } from "../talk/useOperation";
import { Face } from "../ui/Face";

interface PlaceListProps {
  conference: Conference;
  breakouts: Breakouts;
}

export function PlaceList({ conference, breakouts }: PlaceListProps) {
  const { t } = useTranslation();
  const roster = useObservable(conference.roster);
  const { error, run } = useOperation(conference);
  const others = roster.persons.filter(
    (person) => !person.self && (person.present || breakouts.assigned.has(person.id)),
  );
  const places = [
    { value: "0", label: t("breakouts.nowhere") },
    ...breakouts.rooms.map((room, at) => ({ value: String(at + 1), label: room })),
  ];
  if (others.length === 0) return <p className="fm-talk-note">{t("breakouts.nobody")}</p>;
  return (
    <>
      <ul className="fm-places">
        {others.map(({ id, name }) => {
          const there = breakouts.rooms[(breakouts.people.get(id) ?? 0) - 1];
          return (
            <li key={id}>
              <Face person={id} name={name} small />
              <bdi>{name}</bdi>
              {there !== undefined && (
                <span className="fm-talk-note">
                  <bdi>{t("breakouts.isIn", { room: there })}</bdi>
                </span>
              )}
              <NativeSelect size="xs" aria-label={t("breakouts.placeOf", { name })} data={places}
                value={String(breakouts.assigned.get(id) ?? 0)}
                onChange={({ currentTarget: { value } }) =>
                  void run(conference.breakouts.assign({ [id]: Number(value) }))} />
            </li>
          );
        })}
      </ul>
      <Refusal error={error} />
    </>
  );
}
