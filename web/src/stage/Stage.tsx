/** The stage: a tab for everything that can be looked at and worked on together. */
import type { Conference, DocumentKind } from "@folkmoot/client";
import { ActionIcon } from "@mantine/core";
import { IconBroadcast } from "@tabler/icons-react";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { fetchIdly } from "../lib/lazily";
import type { Closed } from "../people/closed";
import { ClosedNotice } from "../people/ClosedNotice";
import { useObservable, usePart } from "../session/hooks";
import type { Connection } from "../session/model";
import { UploadList } from "../slides/UploadList";
import { ACCEPTED } from "../slides/uploads";
import { useDropped } from "../slides/useDropped";
import { useUploads } from "../slides/useUploads";
import { runsTalk } from "../talk/roles";
import { useAdditions } from "./additions";
import { AddMenu } from "./AddMenu";
import { ItemMenu } from "./ItemMenu";
import { KINDS, KNOWN_KINDS } from "./kinds";
import { DECK, type Item, itemsOf, keyOf, shownOf } from "./model";
import { NewDocument } from "./NewDocument";
import { Panel } from "./Panel";
import { RemovedDialog } from "./RemovedDialog";
import { ShownBar } from "./ShownBar";
import { StageTabs } from "./StageTabs";
import { useSight } from "./useSight";
import { useTitles } from "./useTitles";

interface StageProps {
  conference: Conference;
  connection: Connection;
  name: string;
  live: boolean;
  closed: Closed;
}

/** Fetches the views of what the room has, while nothing else is to do. */
function useViewsAhead(items: readonly Item[]): void {
  const kinds = [...new Set(items.map(({ kind }) => kind))].toSorted().join(" ");
  useEffect(() => {
    const wanted = kinds.split(" ");
    return fetchIdly(() => Promise.all(wanted.map((kind) => KINDS.get(kind)?.load())));
  }, [kinds]);
}

/** What this person may do with the things of the stage. The reducers decide. */
function useMay(conference: Conference, closed: Closed) {
  const roster = useObservable(conference.roster);
  const person = usePart(conference.status, (status) => status.person);
  const presents = runsTalk(roster);
  const writes = (kind: string) => {
    const setting = KINDS.get(kind)?.setting;
    return setting !== undefined && closed(setting) === undefined;
  };
  const owns = (by: string) => presents || (by !== "" && by === person);
  const change = (kind: string) => (kind === DECK ? presents : writes(kind));
  return { presents, owns, writes, change };
}

export function Stage(props: StageProps) {
  const { conference, live, closed } = props;
  const { t } = useTranslation();
  const documents = useObservable(conference.documents);
  const decks = useObservable(conference.slides.list);
  const stage = useObservable(conference.stage.shown);
  const [status, setStatus] = useState<HTMLElement | null>(null);
  const [adding, setAdding] = useState<DocumentKind | "removed">();
  const titleOf = useTitles();
  const may = useMay(conference, closed);

  const items = useMemo(() => itemsOf(documents, decks, KNOWN_KINDS), [documents, decks]);
  const shown = shownOf(stage, items);
  const sight = useSight(items, shown?.key ?? null);
  const { choose } = sight;
  const item = items.find(({ key }) => key === sight.key);
  useViewsAhead(items);

  const removed = documents.removed.filter(
    ({ kind, removedBy }) => may.writes(kind) && may.owns(removedBy),
  );
  // Whoever looks at what is shown, or shows it, is not carried off by a file that is ready.
  const free = shown === null;
  const showDeck = useCallback(
    (deck: string) => {
      if (free) choose(keyOf(DECK, deck));
    },
    [choose, free],
  );
  const uploads = useUploads(conference, showDeck);
  const picker = useRef<HTMLInputElement>(null);
  const pictures = item === undefined || item.kind === DECK;
  const dropped = useDropped(may.presents && live, uploads.add, pictures);

  const additions = useAdditions(closed, {
    onNew: setAdding,
    onSlides: may.presents ? () => picker.current?.click() : undefined,
    onRemoved: removed.length > 0 ? () => setAdding("removed") : undefined,
  });
  const setting = item && KINDS.get(item.kind)?.setting;
  return (
    <div className="fm-panel fm-stagepanel" {...dropped.handlers}>
      {dropped.over && <div className="fm-drop">{t("slides.upload.drop")}</div>}
      <input ref={picker} type="file" multiple hidden accept={ACCEPTED}
        aria-label={t("slides.upload.add")}
        onChange={(event) => {
          uploads.add([...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = "";
        }} />
      <ClosedNotice text={setting && closed(setting)} />
      <div className="fm-stage-bar">
        <StageTabs items={items} titleOf={titleOf} open={sight.key} shown={shown?.key ?? null}
          onOpen={sight.choose} />
        <AddMenu additions={additions} disabled={!live} />
        <span className="fm-spring" />
        <span className="fm-documents-state" ref={setStatus} />
        {item !== undefined && live && may.change(item.kind) && (
          <ItemMenu conference={conference} item={item} title={titleOf(item)}
            owns={may.owns(item.by)}
            place={documents.documents.findIndex(({ id }) => id === item.id)}
            documents={documents.documents.length} />
        )}
        {may.presents && item !== undefined && item.key !== shown?.key && (
          <ActionIcon variant="subtle" color="gray" disabled={!live}
            aria-label={t("stage.show", { title: titleOf(item) })}
            title={t("stage.show", { title: titleOf(item) })}
            onClick={() => void conference.stage.show(item.kind, item.id)}>
            <IconBroadcast size={18} stroke={1.8} aria-hidden="true" />
          </ActionIcon>
        )}
      </div>
      <ShownBar
        conference={conference}
        title={shown && titleOf(shown)}
        wandering={sight.wandering}
        onReturn={sight.goBack}
        onStop={may.presents && live ? () => void conference.stage.hide() : undefined}
      />
      <UploadList uploads={uploads} />
      {items.map((one) => (
        <Panel key={one.key} {...props} item={one} title={titleOf(one)}
          active={one.key === sight.key} status={status} />
      ))}
      {adding !== undefined && adding !== "removed" && (
        <NewDocument conference={conference} kind={adding} items={items} onMade={sight.choose}
          onClose={() => setAdding(undefined)} />
      )}
      {adding === "removed" && (
        <RemovedDialog conference={conference} removed={removed} onBack={sight.choose}
          onClose={() => setAdding(undefined)} />
      )}
    </div>
  );
}
