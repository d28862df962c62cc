/** Excalidraw as the binding sees it. */
import {
  CaptureUpdateAction,
  isInvisiblySmallElement,
  reconcileElements,
  restoreElements,
} from "@excalidraw/excalidraw";
import type { RemoteExcalidrawElement } from "@excalidraw/excalidraw/data/reconcile";
import type {
  ExcalidrawElement,
  OrderedExcalidrawElement,
} from "@excalidraw/excalidraw/element/types";
import type { ExcalidrawImperativeAPI } from "@excalidraw/excalidraw/types";
import { flushSync } from "react-dom";

import type { Refusal, ScenePort } from "./binding/binding";
import { isShared, type SceneElement } from "./binding/element";
import type { Pictures } from "./pictures";

export class ExcalidrawScene implements ScenePort {
  constructor(
    private readonly api: ExcalidrawImperativeAPI,
    private readonly pictures: Pictures,
    private readonly onRefused: (why: Refusal) => void,
  ) {}

  elements(): readonly OrderedExcalidrawElement[] {
    return this.api.getSceneElementsIncludingDeleted();
  }

  held(): ReadonlySet<string> {
    const state = this.api.getAppState();
    const held = new Set<string>();
    const { editingTextElement, newElement, resizingElement, multiElement } = state;
    for (const one of [editingTextElement, newElement, resizingElement, multiElement]) {
      if (one) held.add(one.id);
    }
    if (state.editingLinearElement) held.add(state.editingLinearElement.elementId);
    if (state.croppingElementId) held.add(state.croppingElementId);
    if (state.selectedElementsAreBeingDragged || state.isResizing || state.isRotating) {
      for (const id of Object.keys(state.selectedElementIds)) held.add(id);
    }
    return held;
  }

  drawing(): string | null {
    const { newElement } = this.api.getAppState();
    return newElement?.type === "freedraw" ? newElement.id : null;
  }

  storable(element: SceneElement): SceneElement | null {
    const real = element as ExcalidrawElement;
    if (isInvisiblySmallElement(real)) return null;
    if (real.type !== "image") return element;
    const file = real.fileId === null ? undefined : this.pictures.stored(real.fileId);
    if (file !== undefined) return { ...real, file } as SceneElement;
    this.pictures.take([real], this.api.getFiles());
    return null; // written once its picture is stored
  }

  show(changed: readonly SceneElement[], gone: readonly string[]): void {
    const arrived = restored(changed);
    const elements =
      replaced(this.elements(), arrived, gone) ?? this.reconciled(changed, arrived, gone);
    // Rendered now and not in a task of its own: the very next frame can draw it.
    flushSync(() => {
      this.api.updateScene({ elements, captureUpdate: CaptureUpdateAction.NEVER });
    });
    this.pictures.want(changed, this.api);
  }

  /** What came counts whatever its version: the binding has decided. */
  private reconciled(
    changed: readonly SceneElement[],
    arrived: readonly RemoteExcalidrawElement[],
    gone: readonly string[],
  ): OrderedExcalidrawElement[] {
    const out = new Set(gone);
    for (const { id } of changed) out.add(id);
    const rest = this.elements().filter(({ id }) => !out.has(id));
    return reconcileElements(rest, [...arrived], this.api.getAppState());
  }

  refused(id: string, why: Refusal): void {
    const elements = this.elements().filter((element) => element.id !== id);
    this.api.updateScene({ elements, captureUpdate: CaptureUpdateAction.NEVER });
    this.onRefused(why);
  }
}

/**
 * Elements as Excalidraw wants them. What others wrote may be anything: one that cannot be restored
 * is left out.
 *
 * Each by itself: among several, Excalidraw would give those that do not stand in their order new
 * places, and every page that looks on would write them back.
 */
export function restored(elements: readonly SceneElement[]): RemoteExcalidrawElement[] {
  return elements.filter(isShared).flatMap((element) => {
    try {
      const one = [element] as unknown as ExcalidrawElement[];
      return restoreElements(one, null) as RemoteExcalidrawElement[];
    } catch {
      return [];
    }
  });
}

/**
 * The elements with the new ones in the places of the old; null when the order changes, which takes
 * ten times as long.
 */
function replaced(
  elements: readonly OrderedExcalidrawElement[],
  arrived: readonly RemoteExcalidrawElement[],
  gone: readonly string[],
): OrderedExcalidrawElement[] | null {
  const fresh = new Map(arrived.map((element) => [element.id, element]));
  const out = new Set(gone);
  const result: OrderedExcalidrawElement[] = [];
  for (const element of elements) {
    const next = fresh.get(element.id);
    if (next === undefined) {
      if (!out.has(element.id)) result.push(element);
      continue;
    }
    if (next.index !== element.index) return null;
    fresh.delete(element.id);
    result.push(next as OrderedExcalidrawElement);
  }
  return fresh.size === 0 ? result : null;
}
