/**
 * One Yjs document in an unchanged editor's provider, driven by lines of JSON.
 *
 * argv: folder of the packages, then what to connect to:
 *   {"kind": "y-websocket", "url", "document", "token", "address"}
 *   {"kind": "hocuspocus", "url", "documents": [{"name", "token"}]}
 * Every line that is read is answered by one line.
 */
"use strict";
const { createRequire } = require("node:module");
const readline = require("node:readline");

const load = createRequire(process.argv[2] + "/package.json");
const Y = load("yjs");
const asked = JSON.parse(process.argv[3]);

/** Of each document: the document, its provider's state, and what it was told. */
const places = new Map();

function place(name, ydoc, awareness) {
  const told = { synced: false, unsynced: 0, denied: [], closed: null, scope: "" };
  places.set(name, { ydoc, awareness, told, text: ydoc.getText("text") });
  return told;
}

function openPlain() {
  const { WebsocketProvider } = load("y-websocket");
  const ydoc = new Y.Doc();
  const how = asked.address
    ? { params: { token: asked.token } }
    : { protocols: ["folkmoot", asked.token] };
  const provider = new WebsocketProvider(asked.url, asked.document, ydoc, {
    ...how,
    disableBc: true,
  });
  const told = place(asked.document, ydoc, provider.awareness);
  provider.on("sync", (synced) => (told.synced = synced));
  provider.on("closed", ({ code, reason }) => (told.closed = { code, reason }));
  console.warn = (text) => told.denied.push(String(text).split("\n").pop());
  return provider;
}

function openAddressed() {
  const { HocuspocusProvider, HocuspocusProviderWebsocket } = load("@hocuspocus/provider");
  const websocketProvider = new HocuspocusProviderWebsocket({ url: asked.url });
  for (const { name, token } of asked.documents) {
    const ydoc = new Y.Doc();
    const provider = new HocuspocusProvider({ websocketProvider, name, document: ydoc, token });
    const told = place(name, ydoc, provider.awareness);
    provider.on("synced", () => (told.synced = true));
    provider.on("close", ({ event }) => {
      told.synced = false;
      told.closed = { code: event.code, reason: event.reason };
    });
    provider.on("authenticated", ({ scope }) => (told.scope = scope));
    provider.on("authenticationFailed", ({ reason }) => told.denied.push(reason));
    provider.on("unsyncedChanges", ({ number }) => (told.unsynced = number));
    provider.attach();
  }
  return websocketProvider;
}

const provider = asked.kind === "hocuspocus" ? openAddressed() : openPlain();

const commands = {
  insert: ({ text }, { at, text: inserted }) => text.insert(at ?? text.length, inserted),
  delete: ({ text }, { at, count }) => text.delete(at, count),
  caret: ({ awareness }, { state }) => awareness.setLocalState(state),
  state: () => {},
  end: () => {
    provider.destroy();
    setTimeout(() => process.exit(0), 50);
  },
};

for (const signal of ["uncaughtException", "unhandledRejection"]) {
  process.on(signal, (error) => {
    process.stderr.write(`${signal}: ${error?.stack ?? error}\n`);
    process.exit(1);
  });
}

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const command = JSON.parse(line);
  const where = places.get(command.document ?? [...places.keys()][0]);
  commands[command.do](where, command);
  const { ydoc, awareness, told, text } = where;
  const states = Object.fromEntries(awareness.getStates());
  const answer = { ...told, text: text.toString(), client: ydoc.clientID, states };
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}).on("close", () => process.exit(0));
