/** What one can do with people, doors and settings; who may is the log's to say. */
import { SETTINGS } from "./generated/settings.gen";
import type { Locks, Role } from "./apps/doors";
import type { Submitted } from "./operations";
import { isMap } from "./wire";

export interface PeopleHost {
  submit(app: string, type: string, body: unknown): Submitted;
  get(query: string, args: unknown): Promise<unknown>;
}

/** What can be changed of the doors; what is missing stays. */
export interface DoorsChange {
  readonly lobby?: boolean;
  readonly locked?: boolean;
  readonly passcode?: string;
  readonly participants_max?: number;
  readonly close_when_empty_ms?: number;
  readonly host_grace_ms?: number;
  readonly muted_on_entry?: boolean;
}

export type SettingName = keyof typeof SETTINGS;
export type Lockable = "participant" | "viewer";

/** To whom a setting is open, of participants and viewers. */
export function openTo(locks: Locks, setting: SettingName): readonly string[] {
  return locks.openTo.get(setting) ?? SETTINGS[setting].openTo;
}

/** Whether somebody of this role has the setting just now. */
export function isOpen(locks: Locks, setting: SettingName, role: Role | undefined): boolean {
  if (role === "host" || role === "co-host") return true;
  if (locks.suspended && SETTINGS[setting].activity) return false;
  return role === "presenter" || (role !== undefined && openTo(locks, setting).includes(role));
}

export class People {
  constructor(private readonly host: PeopleHost) {}

  private do(type: string, body: unknown): Submitted {
    return this.host.submit("roster", type, body);
  }

  renamePerson(person: string, name: string): Submitted {
    return this.do("rename_person", { person, name });
  }

  setRole(person: string, role: Role): Submitted {
    return this.do("set_role", { person, role });
  }

  /** Makes somebody else host, and oneself co-host. */
  handOver(person: string): Submitted {
    return this.do("hand_over", { person });
  }

  remove(person: string, ban: boolean): Submitted {
    return this.do("remove", { person, ban });
  }

  unban(person: string): Submitted {
    return this.do("unban", { person });
  }

  admit(persons: readonly string[]): Submitted {
    return this.do("admit", { persons });
  }

  admitAll(): Submitted {
    return this.do("admit_all", {});
  }

  deny(person: string): Submitted {
    return this.do("deny", { person });
  }

  toLobby(person: string): Submitted {
    return this.do("to_lobby", { person });
  }

  tellWaiting(text: string): Submitted {
    return this.do("tell_waiting", { text });
  }

  configure(change: DoorsChange): Submitted {
    const { passcode } = change;
    if (passcode === undefined) return this.do("configure", change);
    const normal = passcode.replace(/\s+/gu, " ").trim().normalize("NFC");
    return this.do("configure", { ...change, passcode: normal });
  }

  allow(setting: SettingName, roles: readonly Lockable[]): Submitted {
    return this.do("allow", { setting, roles });
  }

  suspend(on: boolean): Submitted {
    return this.do("suspend", { on });
  }

  /** Ends the room for everyone. */
  end(): Submitted {
    return this.do("end", {});
  }

  /** What follows the `#` in a link of this kind. Throws `ApiError`. */
  async link(kind: "viewer" | "own"): Promise<string> {
    const answer = await this.host.get("link", { kind });
    if (!isMap(answer)) return "";
    const { key, person } = answer;
    return typeof key === "string" ? `v=${key}` : `p=${String(person)}`;
  }

  /** What follows the `#` in a link for one person, with this name and role. Throws `ApiError`. */
  async invite(name: string, role: Role): Promise<string> {
    const answer = await this.host.get("link", { kind: "personal", name, role });
    return isMap(answer) ? `p=${String(answer["person"])}` : "";
  }

  /** Who was here, when and for how long, as CSV. Throws `ApiError`. */
  async attendance(): Promise<string> {
    const answer = await this.host.get("attendance", {});
    return isMap(answer) ? String(answer["csv"]) : "";
  }
}
