/** From the link to the room: looks it up, asks for a name when needed, keeps the session. */
import { connect, getRoom, resumable, type Conference } from "@folkmoot/client";
import { useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { JoinForm } from "../join/JoinForm";
import { RoomUnavailable, UnknownRoom } from "../join/Notices";
import { recentRooms, rememberedName, rememberName, rememberRoom } from "../lib/rooms";
import { roomPath } from "../route";
import { useObservable } from "../session/hooks";
import { refusalOf, requestSentenceOf, sentenceOf } from "../session/sentence";
import { Loading } from "../ui/Loading";
import { PageBar } from "../ui/PageBar";
import { Room } from "./Room";

interface RoomPageProps {
  slug: string;
  hostKey: string | undefined;
}

type Lookup =
  | { state: "looking" }
  | { state: "found"; title: string }
  | { state: "unknown" }
  | { state: "failed"; reason: string };

function useLookup(slug: string): [Lookup, () => void] {
  const { i18n } = useTranslation();
  const [lookup, setLookup] = useState<Lookup>({ state: "looking" });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let gone = false;
    const settle = (result: Lookup) => {
      if (!gone) setLookup(result);
    };
    setLookup({ state: "looking" });
    getRoom(slug, {}).then(
      (room) => settle({ state: "found", title: room.title }),
      (failure: unknown) =>
        settle(
          refusalOf(failure).status === 404
            ? { state: "unknown" }
            : { state: "failed", reason: requestSentenceOf(i18n, failure) },
        ),
    );
    return () => {
      gone = true;
    };
  }, [slug, attempt, i18n]);
  const again = useCallback(() => setAttempt((count) => count + 1), []);
  return [lookup, again];
}

/** Draws the room as soon as a server let one in; until then the form, with what went wrong. */
function Entered({ conference, ...rest }: { conference: Conference; slug: string; title: string;
  resumed: boolean; hostKey: string | undefined; name: string; onAgain: () => void;
  onJoin: (name: string) => void }) {
  const { slug, title, resumed, hostKey, name, onAgain, onJoin } = rest;
  const { i18n } = useTranslation();
  const status = useObservable(conference.status);
  const [inside, setInside] = useState(resumed);
  useEffect(() => {
    if (status.phase !== "connected") return;
    setInside(true);
    rememberRoom({ slug, title, opened_ms: Date.now(), ...(hostKey && { key: hostKey }) });
    // An address with the host's key is too easily handed on; this device has it now.
    if (location.hash !== "") history.replaceState(null, "", roomPath(slug));
  }, [status.phase, slug, title, hostKey]);

  if (inside) {
    return <Room conference={conference} slug={slug} title={title} onJoinAgain={onAgain} />;
  }
  const refused = status.reason === null ? undefined : sentenceOf(i18n, status.reason);
  if (status.phase === "closed" && status.reason?.code === "unknown_room") {
    return <Screen><UnknownRoom /></Screen>;
  }
  return (
    <Screen>
      <JoinForm
        title={title}
        name={name}
        host={hostKey !== undefined}
        busy={status.phase !== "closed"}
        error={refused}
        onJoin={onJoin}
      />
    </Screen>
  );
}

function Screen({ children }: { children: React.ReactNode }) {
  return (
    <div className="fm-page">
      <PageBar />
      <main id="content" className="fm-centre" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}

export function RoomPage({ slug, hostKey }: RoomPageProps) {
  const { t } = useTranslation();
  const known = recentRooms().find((room) => room.slug === slug);
  const key = hostKey ?? known?.key;
  const [lookup, again] = useLookup(slug);
  const [entry, setEntry] = useState(() => {
    const session = resumable(slug, key);
    return session && { name: session.name, resumed: true };
  });
  const [conference, setConference] = useState<Conference>();
  const title = lookup.state === "found" ? lookup.title : known?.title;

  useEffect(() => {
    if (title !== undefined) document.title = t("room.documentTitle", { title });
  }, [title, t]);

  useEffect(() => {
    if (!entry) return undefined;
    let gone = false;
    let mine: Conference | undefined;
    void connect({ slug, name: entry.name, ...(key !== undefined && { key }) }).then((opened) => {
      mine = opened;
      if (gone) opened.close();
      else setConference(opened);
    });
    return () => {
      gone = true;
      mine?.close();
      setConference(undefined);
    };
  }, [entry, slug, key]);

  const join = (name: string) => {
    rememberName(name);
    setEntry({ name, resumed: false });
  };

  if (lookup.state === "unknown") return <Screen><UnknownRoom /></Screen>;
  if (entry && conference) {
    return (
      <Entered
        key={entry.name}
        conference={conference}
        slug={slug}
        title={title ?? t("app.name")}
        resumed={entry.resumed}
        hostKey={key}
        name={entry.name}
        onAgain={() => setEntry(null)}
        onJoin={join}
      />
    );
  }
  if (lookup.state === "failed" && !entry) {
    return <Screen><RoomUnavailable reason={lookup.reason} onAgain={again} /></Screen>;
  }
  if (entry || lookup.state === "looking") {
    return <Screen><Loading text={entry ? t("connection.connecting") : t("join.looking")} /></Screen>;
  }
  return (
    <Screen>
      <JoinForm
        title={title}
        name={rememberedName()}
        host={key !== undefined}
        busy={false}
        error={undefined}
        onJoin={join}
      />
    </Screen>
  );
}
