/** The stage of a conference: what is shown to everybody, and what presenters do about it. */
import { NO_STAGE, type Stage, stageAfter, stageOfView } from "./apps/stage";
import type { Event } from "./generated/frames.gen";
import { Cell, type Observable } from "./observable";
import type { Submitted } from "./operations";

type Submit = (app: string, type: string, body: unknown) => Submitted;

export class StageHandle {
  readonly shown: Observable<Stage>;
  private readonly cell = new Cell<Stage>(NO_STAGE);

  constructor(private readonly submit: Submit) {
    this.shown = this.cell;
  }

  /** Puts something before everybody. */
  show(kind: string, id: string): Submitted {
    return this.submit("stage", "show", { kind, id });
  }

  hide(): Submitted {
    return this.submit("stage", "hide", {});
  }

  // What the log says

  replaced(view: unknown): void {
    this.cell.set(stageOfView(view));
  }

  followed(event: Event): void {
    this.cell.set(stageAfter(this.cell.getSnapshot(), event));
  }
}
