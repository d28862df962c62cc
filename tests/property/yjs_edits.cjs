// Makes random edits with the real Yjs and prints each update as hex, one a line: client, first
// clock, end clock, update. Arguments: path of yjs, seed, number of edits, and `emoji` to type some
// and to insert between their halves.
const [, , yjs, seedText, countText, emoji] = process.argv
const Y = require(yjs)

let state = Number(seedText) >>> 0
const random = (limit) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return Math.floor((state / 4294967296) * limit)
}
const pick = (list) => list[random(list.length)]
const values = [1, -70000, 2.5, 'té😀', true, null, { a: [1, { b: 'c' }] }, [[]], new Uint8Array([1, 2])]

const docs = [1, 2, 70000].map((id) => {
  const doc = new Y.Doc()
  doc.clientID = id
  return doc
})
const queue = []
for (const doc of docs) {
  let clock = 0
  doc.on('update', (update, origin) => {
    if (origin === 'remote') return
    const end = Y.getState(doc.store, doc.clientID)
    console.log([doc.clientID, clock, end, Buffer.from(update).toString('hex')].join(' '))
    clock = end
    queue.push(update)
  })
}

const types = (doc) => {
  const found = [doc.getText('text'), doc.getMap('map'), doc.getArray('array'), doc.getXmlFragment('notes')]
  for (let i = 0; i < found.length && i < 40; i++) {
    const children = found[i] instanceof Y.Map ? [...found[i].values()]
      : found[i].toArray ? found[i].toArray() : []
    found.push(...children.filter((child) => child instanceof Y.AbstractType))
  }
  return found
}
const child = () => pick([() => new Y.Map(), () => new Y.Array(), () => new Y.Text('sub')])()
const node = () => pick([() => new Y.XmlElement('p'), () => new Y.XmlText('xml')])()

const edit = (doc) => {
  const type = pick(types(doc))
  if (type instanceof Y.Text) {
    const at = random(type.length + 1)
    const what = random(5)
    if (what === 0 && type.length > at) type.delete(at, Math.min(type.length - at, 3))
    else if (what === 1 && type.length > at) type.format(at, type.length - at, { bold: pick([true, null, { x: [1] }]) })
    else if (what === 2) type.insertEmbed(at, { image: 'x' })
    else type.insert(at, pick(['a', 'hello', emoji ? 'é😀' : 'é', '\ud800']))
  } else if (type instanceof Y.Map) {
    if (random(4) === 0) type.delete(pick(['a', 'b']))
    else type.set(pick(['a', 'b', 'c']), random(3) ? pick(values) : child())
  } else if (type instanceof Y.XmlFragment) {
    const at = random(type.length + 1)
    if (random(4) === 0 && type.length > at) type.delete(at, 1)
    else if (type instanceof Y.XmlElement && random(2)) type.setAttribute('level', pick(['1', '2']))
    else type.insert(at, [node()])
  } else {
    const at = random(type.length + 1)
    if (random(4) === 0 && type.length > at) type.delete(at, 1)
    else type.insert(at, random(3) ? [pick(values), pick(values)] : [child()])
  }
}

for (let i = 0; i < Number(countText); i++) {
  const doc = pick(docs)
  doc.transact(() => { for (let n = random(3); n >= 0; n--) edit(doc) })
  if (random(3) === 0) {
    for (const update of queue.splice(0)) for (const other of docs) Y.applyUpdate(other, update, 'remote')
  }
}
