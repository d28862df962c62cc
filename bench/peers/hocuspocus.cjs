/** Hocuspocus as it comes. argv: folder of its packages, port. Documents are in memory. */
"use strict";
const { createRequire } = require("node:module");
const { Server } = createRequire(`${process.argv[2]}/package.json`)("@hocuspocus/server");

new Server({ port: Number(process.argv[3]), address: "127.0.0.1", quiet: true }).listen();
