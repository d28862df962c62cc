// Applies updates, given as hex, one a line on standard input, to a document of the real Yjs, and
// prints what is in it as JSON. Argument: path of yjs.
const Y = require(process.argv[2])
const doc = new Y.Doc()
for (const line of require('fs').readFileSync(0, 'utf8').split('\n')) {
  if (line) Y.applyUpdate(doc, Buffer.from(line, 'hex'))
}
console.log(JSON.stringify({
  text: doc.getText('text').toDelta(),
  map: doc.getMap('map').toJSON(),
  array: doc.getArray('array').toJSON(),
  notes: doc.getXmlFragment('notes').toString(),
  pending: doc.store.pendingStructs !== null || doc.store.pendingDs !== null,
}))
