/** What a version holds, read-only, with who wrote it. */
import {
  RICH_FIELD,
  TEXT_FIELD,
  type Authors,
  type Conference,
  type VersionContent,
} from "@folkmoot/client";
import { Button, SegmentedControl } from "@mantine/core";
import { Suspense, useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type * as Y from "yjs";

import { isolated } from "../../i18n";
import { lazily } from "../../lib/lazily";
import { refusalOf, sentenceOf } from "../../session/sentence";
import { type ColourOf, useColourOf } from "../../ui/colours";
import { ErrorBoundary } from "../../ui/ErrorBoundary";
import { Loading } from "../../ui/Loading";
import { documentOf, keptOf, runsOf, sharesOf, textsOf } from "./authors";

export type Shown = "authors" | "gone" | "plain";

export interface PreviewProps {
  ydoc: Y.Doc;
  authors: Authors;
  /** The document as it is; null while that is not known. */
  now: Y.Doc | null;
  show: Shown;
  colourOf: ColourOf;
}

const RichPreview = lazily<PreviewProps>(() => import("./RichPreview"));
const TextPreview = lazily<PreviewProps>(() => import("./TextPreview"));

const SHARES_MAX = 8;

interface ReadProps {
  conference: Pick<Conference, "library">;
  document: string;
  version: string;
}

type Read = { state: "loading" | "failed"; error: string } | { state: "read"; content: Content };
interface Content extends VersionContent {
  ydoc: Y.Doc;
}

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
      .then((content) => {
        if (over) return;
        ydoc = documentOf(content);
        setRead({ state: "read", content: { ...content, ydoc } });
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

function textsIn(content: Content): ReturnType<typeof textsOf> {
  return content.kind === "rich"
    ? textsOf(content.ydoc.getXmlFragment(RICH_FIELD))
    : [content.ydoc.getText(TEXT_FIELD)];
}

function Legend({ content }: { content: Content }) {
  const { t } = useTranslation();
  const colourOf = useColourOf();
  const shares = useMemo(
    () => sharesOf(runsOf(textsIn(content)), content.authors, colourOf),
    [content, colourOf],
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

function Gone({ content, now }: { content: Content; now: Y.Doc | null }) {
  const { t } = useTranslation();
  const count = useMemo(() => {
    if (now === null) return 0;
    const kept = keptOf(textsIn(content), now);
    return kept.reduce((sum, { gone, length }) => sum + (gone ? length : 0), 0);
  }, [content, now]);
  return (
    <p className="fm-history-note">
      {count === 0 ? t("history.nothingGone") : t("history.gone", { count })}
    </p>
  );
}

interface VersionPreviewProps extends ReadProps {
  /** How the version is called in sentences. */
  title: string;
  now: Y.Doc | null;
}

export function VersionPreview(props: VersionPreviewProps) {
  const { title, now } = props;
  const { t } = useTranslation();
  const [read, again] = useVersion(props);
  const [show, setShow] = useState<Shown>("authors");
  if (read.state !== "read") {
    return read.state === "loading" ? (
      <Loading text={t("history.opening")} />
    ) : (
      <div className="fm-history-failed" role="alert">
        <p>{t("history.unreadable", { reason: read.error })}</p>
        <Button variant="default" size="xs" onClick={again}>{t("history.again")}</Button>
      </div>
    );
  }
  const { content } = read;
  const View = content.kind === "rich" ? RichPreview : TextPreview;
  return (
    <section className="fm-preview" aria-label={t("history.previewOf", { title: isolated(title) })}>
      <div className="fm-preview-bar">
        <SegmentedControl
          size="xs"
          value={show}
          onChange={(value) => setShow(value as Shown)}
          aria-label={t("history.show")}
          data={[
            { value: "authors", label: t("history.showAuthors") },
            { value: "gone", label: t("history.showGone") },
            { value: "plain", label: t("history.showPlain") },
          ]}
        />
        {show === "authors" && <Legend content={content} />}
        {show === "gone" && <Gone content={content} now={now} />}
      </div>
      <ErrorBoundary compact>
        <Suspense fallback={<Loading text={t("history.opening")} />}>
          <Drawn View={View} content={content} now={now} show={show} />
        </Suspense>
      </ErrorBoundary>
    </section>
  );
}

interface DrawnProps {
  View: typeof RichPreview;
  content: Content;
  now: Y.Doc | null;
  show: Shown;
}

/** Gives the view the same properties as long as nothing changed, for it draws all of a version. */
function Drawn({ View, content, now, show }: DrawnProps) {
  const colourOf = useColourOf();
  const props = useMemo<PreviewProps>(
    () => ({ ydoc: content.ydoc, authors: content.authors, now, show, colourOf }),
    [content, now, show, colourOf],
  );
  return <View {...props} />;
}
