// Generated from src/folkmoot/conference/rights.py by `make web-types`. Do not edit.
export interface SettingEntry {
  /** Who has it in a new room, of participants and viewers. */
  readonly openTo: readonly string[];
  /** Whether it stops while activities are suspended. */
  readonly activity: boolean;
}

export const SETTINGS = {
  chat: { openTo: ["participant", "viewer"], activity: true },
  private_chat: { openTo: ["participant"], activity: true },
  notes: { openTo: ["participant"], activity: true },
  whiteboard: { openTo: ["participant"], activity: true },
  files: { openTo: ["participant"], activity: true },
  annotate: { openTo: [], activity: true },
  polls: { openTo: ["participant", "viewer"], activity: true },
  questions: { openTo: ["participant", "viewer"], activity: true },
  hand: { openTo: ["participant", "viewer"], activity: false },
  reactions: { openTo: ["participant", "viewer"], activity: true },
  rename: { openTo: ["participant", "viewer"], activity: false },
  see_people: { openTo: ["participant", "viewer"], activity: false },
  export: { openTo: ["participant", "viewer"], activity: false },
  microphone: { openTo: ["participant"], activity: true },
  camera: { openTo: ["participant"], activity: true },
  screen: { openTo: ["participant"], activity: true },
} as const satisfies Record<string, SettingEntry>;
