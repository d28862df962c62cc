/** The hand over a page: strokes, shapes, the eraser, the pointer, and turning by a swipe. */
import type { MarkPoint, SlideMark } from "@folkmoot/client";
import { useRef, useState, type PointerEvent } from "react";

import { filled, placeIn, touches } from "./geometry";
import { draws, type Tool } from "./tools";
import { swipeOf } from "./turning";
import { type Drafting, sentPoints } from "./useDrafts";
import { newMarkId, type Pen } from "./useMarking";

/** A stroke goes on over this many places at most; then it is sent, and another begins. */
const PLACES_MAX = 4_000;
/** In the units of drawing: about a finger's tip on a phone. */
const ERASER_REACH = 9;

interface HandProps {
  tool: Tool;
  pen: Pen | null;
  ratio: number;
  marks: readonly SlideMark[];
  /** Those that this person may take away. */
  erasable: (mark: SlideMark) => boolean;
  swipes: boolean;
  onMark: (pen: Pen, points: readonly MarkPoint[], id: string) => void;
  /** Told of what is drawn while it is. */
  drafting: Drafting;
  onText: (at: MarkPoint) => void;
  onErase: (marks: readonly string[]) => void;
  onPoint: (at: MarkPoint | null) => void;
  onTurn: (step: 1 | -1) => void;
}

interface Way {
  readonly pointer: number;
  readonly x: number;
  readonly y: number;
  /** The mark that this becomes. */
  mark: string;
  readonly points: MarkPoint[];
  readonly erased: Set<string>;
}

type Press = PointerEvent<HTMLElement>;

function placesOf(event: Press): MarkPoint[] {
  const rect = event.currentTarget.getBoundingClientRect();
  const native = event.nativeEvent;
  const all = native.getCoalescedEvents?.() ?? [];
  return (all.length > 0 ? all : [native]).map((one) => placeIn(rect, one.clientX, one.clientY));
}

/** Shape: `draft` is what is being drawn, `erased` what the eraser has touched so far. */
export function useDrawing(props: HandProps) {
  const { tool, pen, ratio, marks, erasable, swipes, drafting } = props;
  const way = useRef<Way | null>(null);
  const [draft, setDraft] = useState<readonly MarkPoint[]>([]);
  const [erased, setErased] = useState<ReadonlySet<string>>(new Set());

  const finish = ({ mark, points }: Way) => {
    if (pen === null) return;
    const sent = sentPoints(pen, points, ratio);
    if (sent.length === 0) {
      drafting.drop();
      return;
    }
    props.onMark(pen, sent, mark);
    drafting.done();
  };
  const draw = ({ mark, points }: Way) => {
    setDraft([...points]);
    if (pen !== null) drafting.drawing(mark, pen, points);
  };
  const eraseAt = (reached: readonly MarkPoint[], gone: Set<string>) => {
    const places = filled(reached);
    for (const mark of marks) {
      if (gone.has(mark.id) || !erasable(mark)) continue;
      if (places.some((place) => touches(mark, place, ratio, ERASER_REACH))) gone.add(mark.id);
    }
    setErased(new Set(gone));
  };
  const end = () => {
    way.current = null;
    setDraft([]);
    setErased(new Set());
  };

  return {
    draft,
    erased,
    handlers: {
      onPointerDown: (event: Press) => {
        if (event.button !== 0 || !event.isPrimary) return;
        const points = placesOf(event);
        if (tool === "text") {
          event.preventDefault();
          if (points[0] !== undefined) props.onText(points[0]);
          return;
        }
        if (tool === "hand" && event.pointerType === "mouse") return;
        const { pointerId: pointer, clientX: x, clientY: y } = event;
        way.current = { pointer, x, y, mark: newMarkId(), points, erased: new Set() };
        if (tool === "hand") return;
        event.preventDefault();
        event.currentTarget.setPointerCapture(pointer);
        if (draws(tool)) draw(way.current);
        else if (tool === "eraser") eraseAt(points, way.current.erased);
        else props.onPoint(points[0] ?? null);
      },
      onPointerMove: (event: Press) => {
        if (tool === "pointer") props.onPoint(placesOf(event).at(-1) ?? null);
        const { current } = way;
        if (current?.pointer !== event.pointerId) return;
        const places = placesOf(event);
        if (tool === "eraser") {
          eraseAt([...current.points.slice(-1), ...places], current.erased);
          current.points.splice(0, current.points.length, ...places.slice(-1));
        }
        if (!draws(tool)) return;
        current.points.push(...places);
        if (current.points.length > PLACES_MAX) {
          finish(current);
          current.points.splice(0, current.points.length - 1);
          current.mark = newMarkId();
        }
        draw(current);
      },
      onPointerUp: (event: Press) => {
        const { current } = way;
        if (current?.pointer !== event.pointerId) return;
        if (draws(tool)) finish(current);
        else if (tool === "eraser") props.onErase([...current.erased]);
        else if (tool === "hand" && swipes) {
          const rtl = getComputedStyle(event.currentTarget).direction === "rtl";
          const step = swipeOf(event.clientX - current.x, event.clientY - current.y, rtl);
          if (step !== 0) props.onTurn(step);
        }
        end();
      },
      onPointerCancel: () => {
        drafting.drop();
        end();
      },
      onPointerLeave: () => {
        if (tool === "pointer") props.onPoint(null);
      },
    },
  };
}
