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

import type { ScenePort } from "./binding/binding";
import type { SceneElement } from "./binding/element";
import type { Pictures } from "./pictures";

export class ExcalidrawScene implements ScenePort {
  constructor(
    private readonly api: ExcalidrawImperativeAPI,
    private readonly pictures: Pictures,
    private readonly tooLarge: () => void,
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
    return file === undefined ? null : ({ ...real, file } as SceneElement);
  }

  show(changed: readonly SceneElement[], gone: readonly string[]): void {
    const replaced = new Set(gone);
    for (const { id } of changed) replaced.add(id);
    const arrived = restored(changed);
    const rest = this.elements().filter(({ id }) => !replaced.has(id));
    const elements = reconcileElements(rest, arrived, this.api.getAppState());
    this.api.updateScene({ elements, captureUpdate: CaptureUpdateAction.NEVER });
    this.pictures.want(changed, this.api);
  }

  refused(id: string): void {
    const elements = this.elements().filter((element) => element.id !== id);
    this.api.updateScene({ elements, captureUpdate: CaptureUpdateAction.NEVER });
    this.tooLarge();
  }
}

/** What others wrote may be anything: an element that cannot be restored is left out. */
export function restored(elements: readonly SceneElement[]): RemoteExcalidrawElement[] {
  const restore = (some: readonly SceneElement[]) =>
    restoreElements(some as unknown as ExcalidrawElement[], null) as RemoteExcalidrawElement[];
  try {
    return restore(elements);
  } catch {
    return elements.flatMap((element) => {
      try {
        return restore([element]);
      } catch {
        return [];
      }
    });
  }
}
