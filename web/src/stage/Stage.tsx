/** The stage: a tab for everything that can be looked at and worked on together. */
import type { Conference } from "@folkmoot/client";
import { ActionIcon } from "@mantine/core";
import { IconBroadcast } from "@tabler/icons-react";
import { Suspense, useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { fetchIdly } from "../lib/lazily";
import type { Closed } from "../people/closed";
import { ClosedNotice } from "../people/ClosedNotice";
import { useObservable } from "../session/hooks";
import type { Connection } from "../session/model";
import { runsTalk } from "../talk/roles";
import { ErrorBoundary } from "../ui/ErrorBoundary";
import { Loading } from "../ui/Loading";
import { useAdditions } from "./additions";
import { AddMenu } from "./AddMenu";
import { KINDS, KNOWN_KINDS } from "./kinds";
import { freeTitle, type Item, itemsOf, newDocumentId, shownOf } from "./model";
import { ShownBar } from "./ShownBar";
import { StageTabs } from "./StageTabs";
import { TitleDialog } from "./TitleDialog";
import { useSight } from "./useSight";
import { useTitles } from "./useTitles";

interface StageProps {
  conference: Conference;
  connection: Connection;
  name: string;
  live: boolean;
  closed: Closed;
}

export function Stage(props: StageProps) {
  const { conference, live, closed } = props;
  const { t } = useTranslation();
  const documents = useObservable(conference.documents);
  const stage = useObservable(conference.stage.shown);
  const roster = useObservable(conference.roster);
  const { person } = useObservable(conference.status);
  const [status, setStatus] = useState<HTMLElement | null>(null);
  const [adding, setAdding] = useState<"rich" | "text">();
  const titleOf = useTitles();

  const items = useMemo(() => itemsOf(documents, [], KNOWN_KINDS), [documents]);
  const shown = shownOf(stage, items);
  const sight = useSight(items, shown?.key ?? null);
  const item = items.find(({ key }) => key === sight.key);
  const presenter = runsTalk(roster);
  const kinds = [...new Set(items.map(({ kind }) => kind))].toSorted().join(" ");
  useEffect(() => {
    const wanted = kinds.split(" ");
    return fetchIdly(() => Promise.all(wanted.map((kind) => KINDS.get(kind)?.load())));
  }, [kinds]);

  const additions = useAdditions(closed, setAdding);
  const setting = item && KINDS.get(item.kind)?.setting;
  const mine = shown !== null && stage.by === person;
  const showing = item !== undefined && item.key === shown?.key;
  const by = mine ? null : (roster.byId.get(stage.by)?.name ?? t("stage.presenter"));
  return (
    <div className="fm-panel fm-stagepanel">
      <ClosedNotice text={setting && closed(setting)} />
      <div className="fm-stage-bar">
        <StageTabs items={items} titleOf={titleOf} open={sight.key} shown={shown?.key ?? null}
          onOpen={sight.choose} />
        <AddMenu additions={additions} disabled={!live} />
        <span className="fm-spring" />
        <span className="fm-documents-state" ref={setStatus} />
        {presenter && item !== undefined && !showing && (
          <ActionIcon variant="subtle" color="gray" disabled={!live}
            aria-label={t("stage.show", { title: titleOf(item) })}
            title={t("stage.show", { title: titleOf(item) })}
            onClick={() => {
              conference.stage.show(item.kind, item.id);
              sight.goBack();
            }}>
            <IconBroadcast size={18} stroke={1.8} aria-hidden="true" />
          </ActionIcon>
        )}
      </div>
      <ShownBar
        title={shown && titleOf(shown)}
        by={by}
        wandering={sight.wandering}
        onReturn={sight.goBack}
        onStop={presenter && live ? () => void conference.stage.hide() : undefined}
      />
      {items.map((one) => (
        <Panel key={one.key} {...props} item={one} title={titleOf(one)}
          active={one.key === sight.key} status={status} />
      ))}
      {adding !== undefined && (
        <NewDocument conference={conference} kind={adding} items={items} titleOf={titleOf}
          onMade={sight.choose} onClose={() => setAdding(undefined)} />
      )}
    </div>
  );
}

interface PanelProps extends StageProps {
  item: Item;
  title: string;
  active: boolean;
  status: HTMLElement | null;
}

/** Made when it is first in sight, and kept from then on. */
function Panel(props: PanelProps) {
  const { item, title, active, status, conference, connection, name, live, closed } = props;
  const { t } = useTranslation();
  const [visited, setVisited] = useState(active);
  useEffect(() => {
    if (active) setVisited(true);
  }, [active]);
  const kind = KINDS.get(item.kind);
  if (kind === undefined) return null;
  const open = kind.setting === undefined || closed(kind.setting) === undefined;
  return (
    <div
      role="tabpanel"
      id={`fm-document-${item.key}`}
      aria-labelledby={`fm-tab-${item.key}`}
      className="fm-document"
      hidden={!active}
    >
      {(visited || active) && (
        <ErrorBoundary compact>
          <Suspense fallback={<Loading text={t("documents.loading")} />}>
            <kind.View
              conference={conference}
              connection={connection}
              id={item.id}
              title={title}
              name={name}
              live={live}
              editable={live && open}
              active={active}
              statusSlot={active ? status : null}
            />
          </Suspense>
        </ErrorBoundary>
      )}
    </div>
  );
}

interface NewDocumentProps {
  conference: Conference;
  kind: "rich" | "text";
  items: readonly Item[];
  titleOf: (item: Item) => string;
  onMade: (key: string) => void;
  onClose: () => void;
}

function NewDocument({ conference, kind, items, titleOf, onMade, onClose }: NewDocumentProps) {
  const { t } = useTranslation();
  const [id] = useState(() => newDocumentId((bytes) => crypto.getRandomValues(bytes)));
  const [title] = useState(() => {
    const named = items.map((item) => ({ ...item, title: titleOf(item) }));
    return freeTitle(t(kind === "rich" ? "room.notes" : "room.pad"), named);
  });
  return (
    <TitleDialog
      conference={conference}
      heading={t(kind === "rich" ? "stage.newNotes" : "stage.newPad")}
      confirm={t("stage.create")}
      title={title}
      onTitle={(wanted) => conference.createDocument(id, kind, wanted)}
      onDone={() => {
        onMade(id);
        onClose();
      }}
      onClose={onClose}
    />
  );
}
