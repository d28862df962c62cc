/** Hocuspocus as it comes, at the port in argv; documents in memory. */
"use strict";
const { Server } = require("@hocuspocus/server");

new Server({ port: Number(process.argv[2]), address: "127.0.0.1", quiet: true }).listen();
