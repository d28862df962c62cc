/** From the link to the room: looks it up, asks for a name when needed, keeps the session. */
import { connect, getRoom, resumable, type Conference } from "@folkmoot/client";
import { useCallback, useEffect, useRef, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { Gathering } from "../breakouts/Gathering";
import { ClosedRoom, isClosedCode } from "../join/Closed";
import { JoinForm } from "../join/JoinForm";
import { LobbyPage } from "../join/Lobby";
import { PasscodeForm } from "../join/PasscodeForm";
import { LeftRoom, RoomUnavailable, UnknownRoom } from "../join/Notices";
import { recentRooms, rememberedName, rememberName, rememberRoom } from "../lib/rooms";
import { roomPath } from "../route";
import { useCalmStatus, useObservable } from "../session/hooks";
import { refusalOf, requestSentenceOf, sentenceOf } from "../session/sentence";
import { Loading } from "../ui/Loading";
import { PageBar } from "../ui/PageBar";

const PASSCODE_CODES = new Set(["passcode_needed", "passcode_wrong", "passcode_throttled"]);

interface RoomPageProps {
  slug: string;
  hostKey: string | undefined;
  viewerKey?: string | undefined;
  /** Of a personal link: who comes. */
  person?: string | undefined;
  /** The name that a personal link proposes. */
  proposed?: string | undefined;
}

type Lookup =
  | { state: "looking" }
  | { state: "found"; title: string }
  | { state: "unknown" }
  | { state: "failed"; reason: string };

function useLookup(slug: string): [Lookup, () => void] {
  const { i18n } = useTranslation();
  const [lookup, setLookup] = useState<Lookup>({ state: "looking" });
  // Only the newest question may answer.
  const turn = useRef(0);
  const look = useCallback(() => {
    turn.current += 1;
    const mine = turn.current;
    const settle = (result: Lookup) => {
      if (mine === turn.current) setLookup(result);
    };
    getRoom(slug, {}).then(
      (room) => settle({ state: "found", title: room.title }),
      (failure: unknown) =>
        settle(
          refusalOf(failure).status === 404
            ? { state: "unknown" }
            : { state: "failed", reason: requestSentenceOf(i18n, failure) },
        ),
    );
  }, [slug, i18n]);
  useEffect(() => {
    look();
    return () => {
      turn.current += 1;
    };
  }, [look]);
  const again = useCallback(() => {
    setLookup({ state: "looking" });
    look();
  }, [look]);
  return [lookup, again];
}

interface Entry {
  name: string;
  /** The session is taken up again, so the room is shown even while no server answers. */
  resumed: boolean;
  passcode?: string;
}

/** Undefined while this browser's storage is asked; null when a name must be asked for. */
function useEntry(slug: string, key: string | undefined) {
  const [entry, setEntry] = useState<Entry | null>();
  useEffect(() => {
    let gone = false;
    const settle = (found: Entry | null) => {
      if (!gone) setEntry(found);
    };
    resumable(slug, key).then(
      (session) => settle(session && { name: session.name, resumed: true }),
      () => settle(null),
    );
    return () => {
      gone = true;
    };
  }, [slug, key]);
  return [entry, setEntry] as const;
}

interface EnteredProps {
  conference: Conference;
  slug: string;
  title: string;
  entry: Entry;
  hostKey: string | undefined;
  onAgain: () => void;
  onJoin: (name: string) => void;
  onPasscode: (passcode: string) => void;
}

/** Draws the room as soon as a server let one in; until then the form, with what went wrong. */
function Entered(props: EnteredProps) {
  const { conference, slug, title, entry, hostKey, onAgain, onJoin, onPasscode } = props;
  const { i18n } = useTranslation();
  const status = useCalmStatus(conference);
  const { lobby } = useObservable(conference.roster);
  const [inside, setInside] = useState(entry.resumed);
  useEffect(() => {
    if (status.phase !== "connected") return;
    setInside(true);
    rememberRoom({ slug, title, opened_ms: Date.now(), ...(hostKey && { key: hostKey }) });
    // An address with the host's key is too easily handed on; this device has it now.
    if (location.hash !== "") history.replaceState(null, "", roomPath(slug));
  }, [status.phase, slug, title, hostKey]);

  if (status.phase === "closed" && status.reason?.code === "left") {
    return <Screen><LeftRoom title={title} onAgain={onAgain} /></Screen>;
  }
  const code = status.phase === "closed" ? status.reason?.code : undefined;
  if (isClosedCode(code)) {
    return <Screen><ClosedRoom code={code} onAgain={onAgain} /></Screen>;
  }
  if (status.reason !== null && code !== undefined && PASSCODE_CODES.has(code)) {
    const error = code === "passcode_needed" ? undefined : sentenceOf(i18n, status.reason);
    return (
      <Screen>
        <PasscodeForm key={code} title={title} error={error} onPasscode={onPasscode} />
      </Screen>
    );
  }
  if (lobby !== null && status.phase !== "closed") {
    const leave = () => void conference.leave();
    return <Screen><LobbyPage title={title} lobby={lobby} onLeave={leave} /></Screen>;
  }
  if (inside) {
    return <Gathering conference={conference} slug={slug} title={title} onJoinAgain={onAgain} />;
  }
  const refused = status.reason === null ? undefined : sentenceOf(i18n, status.reason);
  if (status.phase === "closed" && status.reason?.code === "unknown_room") {
    return <Screen><UnknownRoom /></Screen>;
  }
  return (
    <Screen>
      <JoinForm
        title={title}
        name={entry.name}
        host={hostKey !== undefined}
        busy={status.phase !== "closed"}
        error={refused}
        onJoin={onJoin}
      />
    </Screen>
  );
}

function Screen({ children }: { children: ReactNode }) {
  return (
    <div className="fm-page">
      <PageBar />
      <main id="content" className="fm-centre" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}

export function RoomPage({ slug, hostKey, viewerKey, person, proposed }: RoomPageProps) {
  const { t } = useTranslation();
  const known = recentRooms().find((room) => room.slug === slug);
  const ownKey = hostKey ?? known?.key;
  const key = ownKey ?? viewerKey;
  const [lookup, again] = useLookup(slug);
  const [entry, setEntry] = useEntry(slug, key);
  const [conference, setConference] = useState<Conference>();
  const title = lookup.state === "found" ? lookup.title : known?.title;

  useEffect(() => {
    if (title !== undefined) document.title = t("room.documentTitle", { title });
  }, [title, t]);

  useEffect(() => {
    if (!entry) return undefined;
    let gone = false;
    let mine: Conference | undefined;
    const { name, passcode } = entry;
    const who = {
      ...(key !== undefined && { key }),
      ...(person !== undefined && { person }),
      ...(passcode !== undefined && { passcode }),
    };
    void connect({ slug, name, ...who }).then((opened) => {
      mine = opened;
      if (gone) opened.close();
      else setConference(opened);
    });
    return () => {
      gone = true;
      mine?.close();
      setConference(undefined);
    };
  }, [entry, slug, key, person]);

  const join = (name: string) => {
    rememberName(name);
    setEntry({ name, resumed: false });
  };

  if (lookup.state === "unknown") return <Screen><UnknownRoom /></Screen>;
  if (entry && conference) {
    return (
      <Entered
        conference={conference}
        slug={slug}
        title={title ?? t("app.name")}
        entry={entry}
        hostKey={ownKey}
        onAgain={() => setEntry(null)}
        onJoin={join}
        onPasscode={(passcode) => setEntry({ name: entry.name, resumed: false, passcode })}
      />
    );
  }
  if (lookup.state === "failed" && entry === null) {
    return <Screen><RoomUnavailable reason={lookup.reason} onAgain={again} /></Screen>;
  }
  if (entry !== null || lookup.state === "looking") {
    const text = entry ? t("connection.connecting") : t("join.looking");
    return <Screen><Loading text={text} /></Screen>;
  }
  return (
    <Screen>
      <JoinForm
        title={title}
        name={proposed ?? rememberedName()}
        host={ownKey !== undefined}
        busy={false}
        error={undefined}
        onJoin={join}
      />
    </Screen>
  );
}
