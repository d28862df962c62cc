/** What a document held at a version or a point, read-only, with who wrote it. */
import type { Authors, Conference, VersionContent } from "@folkmoot/client";
import { Button, SegmentedControl } from "@mantine/core";
import { Suspense, useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type * as Y from "yjs";

import { isolated } from "../../i18n";
import { refusalOf, sentenceOf } from "../../session/sentence";
import { useColourOf } from "../../ui/colours";
import { ErrorBoundary } from "../../ui/ErrorBoundary";
import { Loading } from "../../ui/Loading";
import { documentOf, keptOf, runsOf, sharesOf, type Texts } from "./authors";
import { PAST_KINDS, type PastKind, type PreviewProps, type Shown } from "./kinds";

const SHARES_MAX = 8;

/** A past document. */
export interface Past {
  kind: string;
  ydoc: Y.Doc;
  authors: Authors;
}

interface ReadProps {
  conference: Pick<Conference, "library">;
  document: string;
  version: string;
}

type Read = { state: "loading" | "failed"; error: string } | { state: "read"; past: Past };

/** Reads a version; another one is asked for when the choice changes. */
function useVersion({ conference, document, version }: ReadProps): [Read, () => void] {
  const { i18n } = useTranslation();
  const [read, setRead] = useState<Read>({ state: "loading", error: "" });
  const [turn, setTurn] = useState(0);
  const wanted = useMemo(() => ({ document, version, turn }), [document, version, turn]);
  useEffect(() => {
    let over = false;
    let ydoc: Y.Doc | undefined;
    setRead({ state: "loading", error: "" });
    conference.library
      .version(wanted.document, wanted.version)
      .then(({ kind, authors, state }: VersionContent) => {
        if (over) return;
        ydoc = documentOf({ state });
        setRead({ state: "read", past: { kind, authors, ydoc } });
      })
      .catch((error: unknown) => {
        if (!over) setRead({ state: "failed", error: sentenceOf(i18n, refusalOf(error)) });
      });
    return () => {
      over = true;
      ydoc?.destroy();
    };
  }, [conference, wanted, i18n]);
  return [read, () => setTurn((before) => before + 1)];
}

function Legend({ texts, authors }: { texts: Texts; authors: Authors }) {
  const { t } = useTranslation();
  const colourOf = useColourOf();
  const shares = useMemo(
    () => sharesOf(runsOf(texts), authors, colourOf),
    [texts, authors, colourOf],
  );
  if (shares.length === 0) return <p className="fm-history-note">{t("history.noText")}</p>;
  return (
    <ul className="fm-legend" aria-label={t("history.writers")}>
      {shares.slice(0, SHARES_MAX).map(({ key, name, color, characters }) => (
        <li key={key}>
          <span className="fm-author" style={{ ["--fm-person" as string]: color }}>
            <bdi>{name === "" ? t("history.nobody") : name}</bdi>
          </span>
          <span className="fm-history-note">
            {t("history.characters", { count: characters })}
          </span>
        </li>
      ))}
      {shares.length > SHARES_MAX && (
        <li>{t("history.moreWriters", { count: shares.length - SHARES_MAX })}</li>
      )}
    </ul>
  );
}

function Gone({ texts, now }: { texts: Texts; now: Y.Doc | null }) {
  const { t } = useTranslation();
  const count = useMemo(() => {
    if (now === null) return 0;
    return keptOf(texts, now).reduce((sum, { gone, length }) => sum + (gone ? length : 0), 0);
  }, [texts, now]);
  return (
    <p className="fm-history-note">
      {count === 0 ? t("history.nothingGone") : t("history.gone", { count })}
    </p>
  );
}

/** Says why something of the history is not to be seen, and tries again. */
export function Unreadable({ reason, onAgain }: { reason: string; onAgain: () => void }) {
  const { t } = useTranslation();
  return (
    <div className="fm-history-failed" role="alert">
      <p>{t("history.unreadable", { reason })}</p>
      <Button variant="default" size="xs" onClick={onAgain}>{t("history.again")}</Button>
    </div>
  );
}

interface PastPreviewProps {
  past: Past;
  /** How it is called in sentences. */
  title: string;
  now: Y.Doc | null;
}

export function PastPreview(props: PastPreviewProps) {
  const { t } = useTranslation();
  const kind = PAST_KINDS[props.past.kind];
  // A page of before an upgrade, or a kind that is only kept.
  if (kind === undefined) return <p className="fm-history-note">{t("history.noPreview")}</p>;
  return <KnownPreview kind={kind} {...props} />;
}

function KnownPreview({ kind, past, title, now }: PastPreviewProps & { kind: PastKind }) {
  const { t } = useTranslation();
  const { ydoc, authors } = past;
  const [show, setShow] = useState<Shown>(kind.shows[0] ?? "plain");
  const texts = useMemo(() => kind.textsIn(ydoc), [kind, ydoc]);
  return (
    <section className="fm-preview" aria-label={t("history.previewOf", { title: isolated(title) })}>
      {kind.shows.length > 1 && (
        <div className="fm-preview-bar">
          <SegmentedControl
            size="xs"
            value={show}
            onChange={(value) => setShow(value as Shown)}
            aria-label={t("history.show")}
            data={kind.shows.map((value) => ({ value, label: t(`history.show_${value}`) }))}
          />
          {show === "authors" && <Legend texts={texts} authors={authors} />}
          {show === "gone" && <Gone texts={texts} now={now} />}
        </div>
      )}
      <ErrorBoundary compact>
        <Suspense fallback={<Loading text={t("history.opening")} />}>
          <Drawn View={kind.View} ydoc={ydoc} authors={authors} now={now} show={show} />
        </Suspense>
      </ErrorBoundary>
    </section>
  );
}

/** Gives the view the same properties as long as nothing changed, for it draws all of a version. */
function Drawn(props: Omit<PreviewProps, "colourOf"> & Pick<PastKind, "View">) {
  const { View, ydoc, authors, now, show } = props;
  const colourOf = useColourOf();
  const given = useMemo<PreviewProps>(
    () => ({ ydoc, authors, now, show, colourOf }),
    [ydoc, authors, now, show, colourOf],
  );
  return <View {...given} />;
}

interface VersionPreviewProps extends ReadProps {
  title: string;
  now: Y.Doc | null;
}

export function VersionPreview(props: VersionPreviewProps) {
  const { t } = useTranslation();
  const [read, again] = useVersion(props);
  if (read.state === "read") {
    return <PastPreview past={read.past} title={props.title} now={props.now} />;
  }
  return read.state === "loading" ? (
    <Loading text={t("history.opening")} />
  ) : (
    <Unreadable reason={read.error} onAgain={again} />
  );
}
