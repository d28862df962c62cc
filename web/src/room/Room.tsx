/** The room: header, the documents on the stage, people and chat beside it or behind tabs. */
import { type Chat, type Conference, type Status } from "@folkmoot/client";
import { useMediaQuery } from "@mantine/hooks";
import { type ReactNode, useCallback, useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { AgendaPanel } from "../agenda/AgendaPanel";
import { BreakoutsDialog } from "../breakouts/BreakoutsDialog";
import { InvitationBar } from "../breakouts/InvitationBar";
import { ChatPanel } from "../chat/ChatPanel";
import { useUnread } from "../chat/unread";
import { ActionBar } from "../hands/ActionBar";
import { ReactionsLayer } from "../hands/ReactionsLayer";
import { usePageVisible } from "../lib/usePageVisible";
import { PollsPanel } from "../polls/PollsPanel";
import { QuestionsPanel } from "../questions/QuestionsPanel";
import { useCalmStatus, useObservable, usePart } from "../session/hooks";
import { isLive } from "../session/model";
import { connectionOf, messagesOf } from "../session/view";
import { runsRoom, runsTalk } from "../talk/roles";
import { useAnnounceTalk } from "../talk/useAnnounceTalk";
import { Announcer } from "../ui/announce";
import { PeopleColours } from "../ui/colours";
import { InsecureNotice } from "../ui/site";
import { useKeptFocus } from "../ui/useKeptFocus";
import { DropLayer } from "../files/DropLayer";
import { FilesPanel } from "../files/FilesPanel";
import { useDrop } from "../files/useDrop";
import { useNewFiles, useUploads } from "../files/useUploads";
import { OfferedText } from "../documents/OfferedText";
import { EditorsDialog } from "../editors/EditorsDialog";
import { ExportDialog } from "../export/ExportDialog";
import { Stage } from "../stage/Stage";
import { useClosed } from "../people/closed";
import { InviteDialog } from "../people/InviteDialog";
import { OwnLink } from "../people/OwnLink";
import { RoomSettings } from "../people/RoomSettings";
import { useAnnounceKnocks } from "../people/useAnnounceKnocks";
import { usePeople } from "../people/usePeople";
import { LeaveDialog } from "./LeaveDialog";
import { PeoplePanel } from "./PeoplePanel";
import { PhoneTabs, type Area } from "./PhoneTabs";
import { RenameDialog } from "./RenameDialog";
import { RoomHeader } from "./RoomHeader";
import { sideOf, SideTabs } from "./SideTabs";
import { StateBanner } from "./StateBanner";
import { useAnnounceConnection } from "./useAnnounceConnection";
import { useKeepUnsaved } from "./useKeepUnsaved";
import { useWaiting } from "./useWaiting";

export interface RoomProps {
  conference: Conference;
  /** The room that this one is a breakout of. */
  main?: Conference;
  /** What a breakout says of itself. */
  banner?: ReactNode;
  slug: string;
  title: string;
  onJoinAgain: () => void;
}

const losesByLeaving = ({ unsaved, storage }: Status) => unsaved > 0 && !storage.kept;

const PHONE = "(max-width: 47.99em)";

export function Room(props: RoomProps) {
  return (
    <Announcer>
      <PeopleColours conference={props.conference}>
        <RoomView {...props} />
      </PeopleColours>
    </Announcer>
  );
}

function useMessages(chat: Chat, person: string, name: string) {
  const [views] = useState(() => new WeakMap());
  return useMemo(() => messagesOf(chat, { person, name }, views), [chat, person, name, views]);
}

type Dialog = "rename" | "export" | "breakouts" | "leave" | "settings" | "device" | "invite"
  | "editors";

function RoomView({ conference, main, banner, slug, title, onJoinAgain }: RoomProps) {
  const { t } = useTranslation();
  const status = useCalmStatus(conference);
  const roster = useObservable(conference.roster);
  const chat = useObservable(conference.chat);
  const stage = useObservable(conference.stage.shown);
  const phone = useMediaQuery(PHONE, undefined, { getInitialValueInEffect: false }) ?? false;
  const visible = usePageVisible();
  const [area, setArea] = useState<Area>("notes");
  const [side, setSide] = useState(true);
  const [atBottom, setAtBottom] = useState(true);
  const [dialog, setDialog] = useState<Dialog>();

  const connection = useMemo(() => connectionOf(status), [status]);
  const people = usePeople(roster, conference.talk.logMs);
  const present = people.filter(({ presence }) => presence !== "away").length;
  const you = roster.byId.get(status.person ?? "");
  const name = you?.name ?? status.name;
  const messages = useMessages(chat, status.person ?? "", name);
  const chatShown = phone ? area === "chat" : side && sideOf(area) === "chat";
  const [ready, setReady] = useState(false);
  useEffect(() => {
    if (status.phase === "connected") setReady(true);
  }, [status.phase]);
  const onRead = useCallback((id: string) => conference.messages.markRead(id), [conference]);
  const unread = useUnread(slug, messages, {
    ready,
    reading: chatShown && visible && atBottom,
    read: chat.read,
    unread: chat.unread,
    onRead,
  });
  useEffect(() => conference.messages.setAtEnd(atBottom), [conference, atBottom]);
  useEffect(() => {
    if (!visible) conference.messages.flushRead();
  }, [conference, visible]);
  const live = isLive(connection.kind);

  const runsPolls = runsTalk(roster);
  const filesShown = phone ? area === "files" : side && sideOf(area) === "files";
  const newFiles = useNewFiles(conference, ready, filesShown);
  const waiting = useWaiting(conference.talk, unread.count, newFiles, runsPolls);

  const role = you?.role;
  const staff = role === "host" || role === "co-host";
  const closed = useClosed(roster);
  const uploads = useUploads(conference);
  const mayShare = live && closed("files") === undefined;
  const over = useDrop(mayShare, (dropped, folders) => {
    uploads.add(dropped);
    uploads.refuseFolders(folders, t("files.folders"));
    setArea("files");
    setSide(true);
  });
  const onRename = live ? () => setDialog("rename") : undefined;
  useKeptFocus(".fm-room");
  useAnnounceKnocks(roster.waiting);
  useAnnounceConnection(connection.kind);
  useAnnounceTalk(conference, ready);
  useKeepUnsaved(usePart(conference.status, losesByLeaving));
  useEffect(() => {
    document.title =
      unread.count > 0
        ? t("room.documentTitleUnread", { title, unread: unread.count })
        : t("room.documentTitle", { title });
  }, [title, unread.count, t]);

  const shown = (wanted: Area) =>
    phone ? area === wanted : sideOf(wanted) === sideOf(area);
  return (
    <div className="fm-room" data-side={side || undefined}>
      <InsecureNotice />
      <RoomHeader
        title={title}
        slug={main === undefined ? slug : undefined}
        connection={connection}
        unread={unread.count}
        side={side}
        phone={phone}
        live={live}
        onSide={() => setSide(!side)}
        onRename={() => setDialog("rename")}
        onExport={main === undefined ? () => setDialog("export") : undefined}
        onBreakouts={main === undefined ? () => setDialog("breakouts") : undefined}
        onOwnLink={main === undefined ? () => setDialog("device") : undefined}
        onSettings={staff && main === undefined ? () => setDialog("settings") : undefined}
        onInvite={staff && main === undefined ? () => setDialog("invite") : undefined}
        onEditors={staff && main === undefined ? () => setDialog("editors") : undefined}
        onLeave={() => setDialog("leave")}
        closed={closed}
      />
      <StateBanner
        connection={connection}
        keptHere={status.storage.kept}
        onContinue={() => conference.reconnect()}
        onJoinAgain={onJoinAgain}
      />
      {banner ?? <InvitationBar conference={conference} live={live} />}
      <div className="fm-areas">
        <main
          id="content"
          className="fm-stage"
          tabIndex={-1}
          hidden={phone && area !== "notes"}
        >
          <h1 className="fm-hidden">{title}</h1>
          <Stage
            conference={conference}
            connection={connection}
            name={name}
            live={live}
            closed={closed}
          />
        </main>
        <aside id="side" className="fm-side" tabIndex={-1}
          hidden={phone ? area === "notes" : !side} aria-label={t("room.side")}>
          {!phone && <SideTabs area={area} waiting={waiting} onArea={setArea} />}
          <section className="fm-panel fm-people-panel" hidden={!shown("people")}
            aria-labelledby="fm-people-title">
            <PeoplePanel
              people={people}
              waiting={roster.waiting}
              conference={conference}
              inBreakout={main !== undefined}
              onRename={onRename}
              closed={closed}
            />
          </section>
          <section className="fm-panel fm-chat-panel" hidden={!shown("chat")}
            aria-labelledby="fm-chat-title">
            <ChatPanel
              conference={conference}
              slug={slug}
              chat={chat}
              messages={messages}
              people={people}
              you={status.person ?? ""}
              host={staff}
              ready={ready}
              live={live}
              closed={closed}
              unread={unread.count}
              divider={unread.divider}
              onSent={unread.clearDivider}
              onAtBottom={setAtBottom}
            />
          </section>
          <section className="fm-panel fm-talk-panel" hidden={!shown("files")}
            aria-labelledby="fm-files-title">
            <FilesPanel conference={conference} queue={uploads} you={status.person ?? ""}
              staff={staff} presents={runsPolls} live={live} closed={closed("files")} />
          </section>
          <section className="fm-panel fm-talk-panel" hidden={!shown("polls")}
            aria-labelledby="fm-polls-title">
            <PollsPanel conference={conference} manager={runsPolls} live={live}
              closed={closed("polls")} />
          </section>
          <section className="fm-panel fm-talk-panel" hidden={!shown("questions")}
            aria-labelledby="fm-questions-title">
            <QuestionsPanel conference={conference} manager={runsPolls} live={live}
              closed={closed("questions")} />
          </section>
          <section className="fm-panel fm-talk-panel" hidden={!shown("agenda")}
            aria-labelledby="fm-agenda-title">
            <AgendaPanel conference={conference} manager={runsRoom(roster)} live={live} />
          </section>
        </aside>
      </div>
      <ActionBar conference={conference} live={live} />
      {phone && (
        <PhoneTabs area={area} waiting={waiting} people={present} shown={stage.by !== ""}
          onArea={setArea} />
      )}
      <ReactionsLayer talk={conference.talk} />
      <DropLayer over={over} />
      <OfferedText conference={conference} />
      <RenameDialog
        opened={dialog === "rename"}
        name={name}
        conference={conference}
        onClose={() => setDialog(undefined)}
      />
      <ExportDialog
        opened={dialog === "export"}
        slug={slug}
        conference={conference}
        closed={closed("export")}
        onClose={() => setDialog(undefined)}
      />
      <BreakoutsDialog
        opened={dialog === "breakouts"}
        conference={conference}
        onClose={() => setDialog(undefined)}
      />
      {dialog === "device" && (
        <OwnLink slug={slug} conference={conference} onClose={() => setDialog(undefined)} />
      )}
      {dialog === "invite" && role !== undefined && (
        <InviteDialog slug={slug} own={role} conference={conference}
          onClose={() => setDialog(undefined)} />
      )}
      {dialog === "editors" && (
        <EditorsDialog slug={slug} conference={conference} onClose={() => setDialog(undefined)} />
      )}
      {dialog === "settings" && (
        <RoomSettings
          slug={slug}
          roster={roster}
          conference={conference}
          onClose={() => setDialog(undefined)}
        />
      )}
      <LeaveDialog
        opened={dialog === "leave"}
        unsaved={status.unsaved}
        onLeave={() => {
          setDialog(undefined);
          void (main ?? conference).leave();
        }}
        onClose={() => setDialog(undefined)}
      />
    </div>
  );
}
