/**
 * Pictures on their way into the notes: where each will stand, how far it is, why it was not taken.
 *
 * They live longer than an editor, which is made anew when the document is: a place is kept as a
 * relative position of the shared document.
 */
import { Extension, type Editor } from "@tiptap/core";
import { Plugin, PluginKey, type EditorState } from "@tiptap/pm/state";
import { Decoration, DecorationSet } from "@tiptap/pm/view";
import {
  absolutePositionToRelativePosition,
  relativePositionToAbsolutePosition,
  ySyncPluginKey,
} from "@tiptap/y-tiptap";
import type { RelativePosition } from "yjs";

import { IMAGES_AT_ONCE_MAX } from "./limits";
import { PictureRefused, shrunk, type Picture, type Refusal } from "./shrink";

/** Where pictures are put; the conference's files. */
export interface PictureStore {
  upload: (
    data: Blob,
    options: {
      name: string;
      purpose: "image";
      onProgress: (done: number, of: number) => void;
      signal: AbortSignal;
    },
  ) => Promise<{ file: string }>;
}

export interface Upload {
  readonly id: number;
  readonly name: string;
  /** 0 to 1. */
  done: number;
  /** A sentence, once it failed. */
  failure: string | null;
  /** Whether the same picture may be taken another time. */
  again: boolean;
}

interface Kept extends Upload {
  place: RelativePosition | null;
  file: File;
  abort: AbortController;
}

interface Words {
  /** Why a picture cannot be taken. */
  refused: (reason: Refusal, name: string) => string;
  /** What went wrong on the way. */
  failed: (error: unknown, name: string) => string;
}

type Binding = {
  type: Parameters<typeof absolutePositionToRelativePosition>[1];
  doc: Parameters<typeof relativePositionToAbsolutePosition>[0];
  binding: { mapping: Parameters<typeof absolutePositionToRelativePosition>[2] } | null;
};

function bindingOf(state: EditorState): Binding {
  return ySyncPluginKey.getState(state) as Binding;
}

/** Where a picture goes that comes now: beside the text that its place is in, never into it.
 * Whoever writes there would lose the place: half of a split paragraph is new to all others. */
function besideText(state: EditorState, at: number): number {
  const place = state.doc.resolve(at);
  const { parent } = place;
  if (!parent.isTextblock || parent.content.size === 0) return at;
  return place.parentOffset === 0 ? place.before() : place.after();
}

export class ImageUploads {
  private readonly kept = new Map<number, Kept>();
  private readonly listeners = new Set<() => void>();
  private last = 0;
  private editor: Editor | null = null;

  constructor(
    private readonly store: () => PictureStore,
    private readonly words: () => Words,
    private readonly prepare: (file: File) => Promise<Picture> = shrunk,
  ) {}

  get all(): readonly Upload[] {
    return [...this.kept.values()];
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }

  attach(editor: Editor): void {
    this.editor = editor;
  }

  /** Shape: `at` is a position in the editor's text. */
  add(files: readonly File[], at: number): void {
    const { editor } = this;
    if (editor === null || editor.isDestroyed) return;
    const { type, binding } = bindingOf(editor.state);
    for (const file of files.slice(0, IMAGES_AT_ONCE_MAX)) {
      this.last += 1;
      const place = binding
        ? (absolutePositionToRelativePosition(at, type, binding.mapping) as RelativePosition)
        : null;
      this.kept.set(this.last, {
        id: this.last,
        name: file.name,
        done: 0,
        failure: null,
        again: true,
        place,
        file,
        abort: new AbortController(),
      });
      void this.run(this.last);
    }
    this.tell();
  }

  private async run(id: number): Promise<void> {
    const upload = this.kept.get(id);
    if (upload === undefined) return;
    try {
      const { data, name, ratio } = await this.prepare(upload.file);
      const { file } = await this.store().upload(data, {
        name,
        purpose: "image",
        signal: upload.abort.signal,
        onProgress: (done, of) => {
          upload.done = of > 0 ? Math.min(1, done / of) : 0;
          this.tell();
        },
      });
      if (!this.kept.has(id)) return;
      this.place(upload, file, ratio);
      this.kept.delete(id);
    } catch (error) {
      const words = this.words();
      upload.again = !(error instanceof PictureRefused);
      upload.failure = error instanceof PictureRefused
        ? words.refused(error.reason, upload.name)
        : words.failed(error, upload.name);
    }
    this.tell();
  }

  private place(upload: Kept, file: string, ratio: number): void {
    const { editor } = this;
    if (editor === null || editor.isDestroyed) return;
    const at = besideText(editor.state, this.positionOf(upload, editor.state));
    const alt = "";
    editor.commands.insertContentAt(
      at,
      { type: "image", attrs: { file, alt, width: null, ratio } },
      { updateSelection: false },
    );
  }

  private positionOf(upload: Kept, state: EditorState): number {
    const { doc, type, binding } = bindingOf(state);
    const found =
      binding && upload.place
        ? relativePositionToAbsolutePosition(doc, type, upload.place, binding.mapping)
        : null;
    return Math.min(found ?? state.doc.content.size, state.doc.content.size);
  }

  again(id: number): void {
    const upload = this.kept.get(id);
    if (upload === undefined) return;
    upload.failure = null;
    upload.done = 0;
    upload.abort = new AbortController();
    this.tell();
    void this.run(id);
  }

  dismiss(id: number): void {
    this.kept.get(id)?.abort.abort();
    this.kept.delete(id);
    this.tell();
  }

  decorations(state: EditorState, draw: (upload: Upload) => HTMLElement): DecorationSet {
    const places = [...this.kept.values()].map((upload) =>
      Decoration.widget(this.positionOf(upload, state), () => draw(upload), {
        key: `upload-${upload.id}-${upload.failure === null ? "runs" : "failed"}`,
        side: -1,
        ignoreSelection: true,
        stopEvent: () => true,
      }),
    );
    return DecorationSet.create(state.doc, places);
  }

  destroy(): void {
    for (const { abort } of this.kept.values()) abort.abort();
    this.kept.clear();
    this.listeners.clear();
  }
}

export interface UploadLabels {
  progress: (name: string) => string;
  cancel: string;
  again: string;
  dismiss: string;
}

function button(label: string, onClick: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "fm-upload-button";
  made.textContent = label;
  made.addEventListener("click", onClick);
  return made;
}

/** What stands in the text while a picture is on its way. */
function drawn(upload: Upload, uploads: ImageUploads, labels: UploadLabels): HTMLElement {
  const box = document.createElement("span");
  box.className = "fm-upload";
  box.contentEditable = "false";
  const text = document.createElement("span");
  text.className = "fm-upload-text";
  text.dir = "auto";
  if (upload.failure !== null) {
    box.setAttribute("role", "alert");
    box.dataset["failed"] = "true";
    text.textContent = upload.failure;
    box.append(text);
    if (upload.again) box.append(button(labels.again, () => uploads.again(upload.id)));
    box.append(button(labels.dismiss, () => uploads.dismiss(upload.id)));
    return box;
  }
  text.textContent = labels.progress(upload.name);
  const bar = document.createElement("progress");
  bar.max = 1;
  bar.setAttribute("aria-label", labels.progress(upload.name));
  const move = () => {
    if (upload.done > 0) bar.value = upload.done;
  };
  const stop = uploads.subscribe(() => {
    if (box.isConnected) move();
    else stop();
  });
  move();
  box.append(text, bar, button(labels.cancel, () => uploads.dismiss(upload.id)));
  return box;
}

const KEY = new PluginKey<DecorationSet>("imageUploads");

interface UploadsOptions {
  uploads: ImageUploads | null;
  labels: UploadLabels | null;
}

export const UploadPlaces = Extension.create<UploadsOptions>({
  name: "uploadPlaces",

  addOptions() {
    return { uploads: null, labels: null };
  },

  onCreate() {
    this.options.uploads?.attach(this.editor);
  },

  addProseMirrorPlugins() {
    const { uploads, labels } = this.options;
    if (uploads === null || labels === null) return [];
    const draw = (upload: Upload) => drawn(upload, uploads, labels);
    return [
      new Plugin<DecorationSet>({
        key: KEY,
        state: {
          init: () => DecorationSet.empty,
          apply: (transaction, before, _, state) => {
            if (uploads.all.length === 0) return DecorationSet.empty;
            const moved = transaction.docChanged || transaction.getMeta(KEY) === true;
            return moved ? uploads.decorations(state, draw) : before;
          },
        },
        props: { decorations: (state) => KEY.getState(state) },
        view: (view) => {
          let known = "";
          const stop = uploads.subscribe(() => {
            const now = uploads.all.map((one) => `${one.id}${one.failure ?? ""}`).join();
            if (now === known) return; // the bars move by themselves
            known = now;
            if (!view.isDestroyed) view.dispatch(view.state.tr.setMeta(KEY, true));
          });
          return { destroy: stop };
        },
      }),
    ];
  },
});
