/** What this device remembers: rooms that were opened here, and the name used last. */
import { read, readJson, write } from "./storage";

export interface RecentRoom {
  slug: string;
  title: string;
  /** The host's key, when this device has it: with it one comes back as host. */
  key?: string;
  opened_ms: number;
}

const ROOMS = "folkmoot.rooms";
const NAME = "folkmoot.name";
const ROOMS_MAX = 8;

function isRoom(value: unknown): value is RecentRoom {
  if (typeof value !== "object" || value === null) return false;
  const room = value as Record<string, unknown>;
  return (
    typeof room["slug"] === "string" &&
    typeof room["title"] === "string" &&
    typeof room["opened_ms"] === "number" &&
    (room["key"] === undefined || typeof room["key"] === "string")
  );
}

export function recentRooms(): RecentRoom[] {
  const stored = readJson(ROOMS);
  return Array.isArray(stored) ? stored.filter(isRoom).slice(0, ROOMS_MAX) : [];
}

export function rememberRoom(room: RecentRoom): void {
  const known = recentRooms();
  const key = room.key ?? known.find((other) => other.slug === room.slug)?.key;
  const kept = known.filter((other) => other.slug !== room.slug);
  const entry: RecentRoom = key === undefined ? room : { ...room, key };
  write(ROOMS, JSON.stringify([entry, ...kept].slice(0, ROOMS_MAX)));
}

export function forgetRoom(slug: string): void {
  write(ROOMS, JSON.stringify(recentRooms().filter((room) => room.slug !== slug)));
}

export function rememberedName(): string {
  return read(NAME) ?? "";
}

export function rememberName(name: string): void {
  write(NAME, name);
}
