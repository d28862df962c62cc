/**
 * Every sentence of the page, in English: one file for each area. Other languages mirror this
 * shape.
 */
import { agenda } from "./agenda";
import { app } from "./app";
import { board } from "./board";
import { breakouts } from "./breakouts";
import { chat } from "./chat";
import { closed } from "./closed";
import { codes } from "./codes";
import { connection } from "./connection";
import { documents } from "./documents";
import { editors } from "./editors";
import { ended } from "./ended";
import { errors } from "./errors";
import { exporting } from "./export";
import { files } from "./files";
import { hands } from "./hands";
import { history } from "./history";
import { home } from "./home";
import { invite } from "./invite";
import { join } from "./join";
import { notes } from "./notes";
import { offered } from "./offered";
import { people } from "./people";
import { polls } from "./polls";
import { questions } from "./questions";
import { reasons } from "./reasons";
import { roles } from "./roles";
import { room } from "./room";
import { site } from "./site";
import { slides } from "./slides";
import { stage } from "./stage";
import { zone } from "./zone";

export const en = {
  app,
  home,
  history,
  join,
  zone,
  errors,
  room,
  site,
  people,
  roles,
  connection,
  editors,
  ended,
  board,
  breakouts,
  chat,
  documents,
  stage,
  slides,
  export: exporting,
  notes,
  offered,
  questions,
  polls,
  files,
  hands,
  agenda,
  codes,
  closed,
  invite,
  reasons,
};

/** The one and other of English; other languages have more or fewer forms of a number. */
type Plural = `${string}_${"one" | "other"}`;
type Base<K> = K extends `${infer B}_other` ? B : never;
type Sentences<T> = {
  [K in Exclude<keyof T, Plural>]: T[K] extends string ? string : Sentences<T[K]>;
} & { [K in Base<keyof T> as `${K}_other`]: string } & {
  [K in Base<keyof T> as `${K}_${"one" | "many"}`]?: string;
};
/** Every sentence in another language; a test asks for exactly its forms of a number. */
export type Translation = Sentences<typeof en>;
