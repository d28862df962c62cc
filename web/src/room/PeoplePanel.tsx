/** Who is in the room: in groups, to be searched, with what those who run it can do. */
import type { Conference, Waiting } from "@folkmoot/client";
import { ActionIcon, TextInput } from "@mantine/core";
import { IconArrowsDiagonal, IconArrowsDiagonalMinimize2 } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import type { Closed } from "../people/closed";
import { ClosedNotice } from "../people/ClosedNotice";
import { linesOf } from "../people/groups";
import { PeopleList } from "../people/PeopleList";
import type { PersonActions } from "../people/PersonMenu";
import { NameDialog, RemoveDialog } from "../people/PersonDialogs";
import { useAct } from "../people/useAct";
import { WaitingList } from "../people/WaitingList";
import type { Person } from "../session/model";

const SEARCH_FROM = 8;

interface PeoplePanelProps {
  people: readonly Person[];
  waiting: readonly Waiting[];
  conference: Pick<Conference, "people" | "dismiss">;
  /** Nobody is invited into a breakout by its link. */
  inBreakout?: boolean;
  /** Missing while nothing can be done. */
  onRename?: (() => void) | undefined;
  closed?: Closed;
}

type Asked = { what: "remove" | "name"; person: Person };

export function PeoplePanel(props: PeoplePanelProps) {
  const { people, waiting, conference, inBreakout = false, onRename, closed } = props;
  const { t } = useTranslation();
  const [search, setSearch] = useState("");
  const [tall, setTall] = useState(false);
  const [asked, setAsked] = useState<Asked>();
  const { act, problem } = useAct(conference);
  const own = people.find((person) => person.you)?.role;
  const staff = own === "host" || own === "co-host";
  const count = people.filter((person) => person.presence !== "away").length;
  const lines = useMemo(() => linesOf(people, search), [people, search]);
  const actions = useMemo((): PersonActions | undefined => {
    if (!staff || onRename === undefined) return undefined;
    return {
      own,
      onRole: (person, role) => void act(conference.people.setRole(person.id, role)),
      onHandOver: (person) => void act(conference.people.handOver(person.id)),
      onRename: (person) => setAsked({ what: "name", person }),
      onLobby: (person) => void act(conference.people.toLobby(person.id)),
      onRemove: (person) => setAsked({ what: "remove", person }),
    };
  }, [staff, own, onRename, act, conference]);
  const close = () => setAsked(undefined);
  const Tall = tall ? IconArrowsDiagonalMinimize2 : IconArrowsDiagonal;
  return (
    <>
      <h2 className="fm-panel-title" id="fm-people-title">
        {t("room.people")}
        <span className="fm-panel-note">{t("people.count", { count })}</span>
      </h2>
      {people.length >= SEARCH_FROM && (
        <ActionIcon variant="subtle" color="gray" className="fm-people-tall" aria-pressed={tall}
          aria-label={t("people.tall")} title={t("people.tall")} onClick={() => setTall(!tall)}>
          <Tall size={17} stroke={1.8} aria-hidden="true" />
        </ActionIcon>
      )}
      <ClosedNotice text={closed?.("see_people")} />
      {staff && <WaitingList waiting={waiting} conference={conference} />}
      {people.length >= SEARCH_FROM && (
        <TextInput
          size="xs"
          type="search"
          className="fm-people-search"
          aria-label={t("roles.search")}
          placeholder={t("roles.search")}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      )}
      {problem !== undefined && (
        <p className="fm-alert" role="alert">
          {problem}
        </p>
      )}
      <PeopleList lines={lines} actions={actions}
        onRename={closed?.("rename") === undefined ? onRename : undefined} />
      {lines.length === 0 && <p className="fm-people-alone">{t("roles.nobodyFound")}</p>}
      {people.length === 1 && waiting.length === 0 && closed?.("see_people") === undefined && (
        <p className="fm-people-alone">
          {t(inBreakout ? "breakouts.nobody" : "people.alone")}
        </p>
      )}
      {asked?.what === "remove" && (
        <RemoveDialog
          person={asked.person}
          onClose={close}
          onRemove={(ban) => {
            close();
            void act(conference.people.remove(asked.person.id, ban));
          }}
        />
      )}
      {asked?.what === "name" && (
        <NameDialog
          person={asked.person}
          onClose={close}
          onName={(name) => {
            close();
            void act(conference.people.renamePerson(asked.person.id, name));
          }}
        />
      )}
    </>
  );
}
