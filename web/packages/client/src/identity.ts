/** Who this browser is: one random word for all rooms, and in each room the person it was there. */
import type { KeyValues } from "./store";

const DEVICE = "folkmoot:device";
const PERSON = "folkmoot:person:";

function read(storage: KeyValues | null, key: string): string | null {
  try {
    return storage?.getItem(key) ?? null;
  } catch {
    return null;
  }
}

function write(storage: KeyValues | null, key: string, value: string): void {
  try {
    storage?.setItem(key, value);
  } catch {
    // Then the next visit is that of somebody new.
  }
}

export function keptDevice(storage: KeyValues | null, random: () => string): string {
  const known = read(storage, DEVICE);
  if (known !== null) return known;
  const made = random();
  write(storage, DEVICE, made);
  return made;
}

export function keptPerson(storage: KeyValues | null, slug: string): string | null {
  return read(storage, PERSON + slug);
}

export function keepPerson(storage: KeyValues | null, slug: string, token: string): void {
  write(storage, PERSON + slug, token);
}
