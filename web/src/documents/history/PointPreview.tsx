/** The document at one of its points, and the slider that goes from one to the next. */
import type { Conference, DocumentVersion } from "@folkmoot/client";
import { useDebouncedValue } from "@mantine/hooks";
import { useEffect, useId, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type * as Y from "yjs";

import { clock } from "../../lib/time";
import { refusalOf, sentenceOf } from "../../session/sentence";
import { Loading } from "../../ui/Loading";
import { authorOf, documentAt } from "./points";
import { PastPreview, Unreadable, type Past } from "./Preview";
import type { Part, PointsRead } from "./usePoints";

/** A slider is moved faster than a long document is drawn. */
const SETTLE_MS = 120;
/** Points that the keys for pages go over. */
const PAGE = 20;

interface PointPreviewProps {
  conference: Pick<Conference, "library">;
  document: string;
  kind: string;
  read: PointsRead;
  /** Versions with a name, by their positions. */
  named: ReadonlyMap<number, DocumentVersion>;
  /** Place among the points. */
  chosen: number;
  title: string;
  now: Y.Doc | null;
  onChoose: (point: number) => void;
}

type Ground = { bytes: Uint8Array | null } | { error: string };

/** What a part begins with; read once for each, the one of before is let go. */
function useGround(
  { conference, document }: Pick<PointPreviewProps, "conference" | "document">,
  part: Part | undefined,
): [Ground | undefined, () => void] {
  const { i18n } = useTranslation();
  const [turn, setTurn] = useState(0);
  const [known, setKnown] = useState<{ key: string; ground: Ground }>();
  const stretch = part?.stretch;
  const key = stretch === undefined ? "" : `${stretch.since} ${stretch.ground} ${turn}`;
  useEffect(() => {
    if (stretch === undefined) return undefined;
    let over = false;
    conference.library.ground(document, stretch).then(
      (bytes) => {
        if (!over) setKnown({ key, ground: { bytes } });
      },
      (error: unknown) => {
        const told = sentenceOf(i18n, refusalOf(error));
        if (!over) setKnown({ key, ground: { error: told } });
      },
    );
    return () => {
      over = true;
    };
    // A stretch that was listed anew and begins with the same is the same.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [conference, document, key, i18n]);
  return [known?.key === key ? known.ground : undefined, () => setTurn((last) => last + 1)];
}

function usePast(props: PointPreviewProps): [Past | null, string | undefined, () => void] {
  const { kind, read } = props;
  const [chosen] = useDebouncedValue(props.chosen, SETTLE_MS, { leading: true });
  const position = read.points[chosen]?.position ?? 0;
  const part = read.parts.findLast(({ edits }) => (edits[0]?.position ?? Infinity) <= position);
  const [ground, again] = useGround(props, part);
  const bytes = ground !== undefined && "bytes" in ground ? ground.bytes : undefined;
  const past = useMemo<Past | null>(() => {
    if (part === undefined || bytes === undefined) return null;
    return { kind, authors: read.authors, ydoc: documentAt(bytes, part.edits, position) };
  }, [kind, read.authors, part, bytes, position]);
  useEffect(() => () => past?.ydoc.destroy(), [past]);
  const error = ground !== undefined && "error" in ground ? ground.error : undefined;
  return [past, error, again];
}

function Slider({ read, named, chosen, onChoose }: PointPreviewProps) {
  const { t, i18n } = useTranslation();
  const marks = useId();
  const point = read.points[chosen];
  if (point === undefined) return null;
  const names = point.numbers.map((number) => {
    const { name } = authorOf(read.authors, number);
    return name === "" ? t("history.nobody") : name;
  });
  const name = named.get(point.position)?.name;
  const moment = t("history.point", {
    names: new Intl.ListFormat(i18n.language).format(names),
    time: clock(point.timeMs, i18n.language),
    at: chosen + 1,
    of: read.points.length,
  });
  const text = name === undefined ? moment : t("history.pointNamed", { name, moment });
  const last = read.points.length - 1;
  return (
    <div className="fm-points-slider">
      <input
        type="range"
        min={0}
        max={last}
        step={1}
        list={marks}
        value={chosen}
        aria-label={t("history.slider")}
        aria-valuetext={text}
        onChange={(event) => onChoose(Number(event.currentTarget.value))}
        onKeyDown={(event) => {
          const step = { PageUp: PAGE, PageDown: -PAGE }[event.key];
          if (step === undefined) return;
          event.preventDefault();
          onChoose(Math.min(last, Math.max(0, chosen + step)));
        }}
      />
      <datalist id={marks}>
        {read.points.map(({ position }, at) => {
          const label = named.get(position)?.name;
          return label !== undefined && <option key={position} value={at}>{label}</option>;
        })}
      </datalist>
      <p className="fm-history-note" aria-hidden="true">{text}</p>
    </div>
  );
}

export function PointPreview(props: PointPreviewProps) {
  const { title, now } = props;
  const { t } = useTranslation();
  const [past, error, again] = usePast(props);
  return (
    <>
      <Slider {...props} />
      {error !== undefined && <Unreadable reason={error} onAgain={again} />}
      {error === undefined && past === null && <Loading text={t("history.opening")} />}
      {error === undefined && past !== null && (
        <PastPreview past={past} title={title} now={now} />
      )}
    </>
  );
}
