/**
 * The code of the two vats of a history: `home` has the objects, `guest` is another vat that is given some.
 */
/** `name` of a value is what the model calls it. */
const naming = `
  const name = (value) => {
    if (value === undefined || value === null) return null
    if (typeof value === 'number') return value
    return typeof value.name === 'function' ? value.name() : value[Symbol.toStringTag].slice('Alleged: '.length)
  }
`

export const home = `${naming}
  const facet = (number) => ({
    name: ({ state }) => state.id + '.' + number,
    read: ({ state }) => harden([state.id, state.n, name(state.ref)]),
    setN: ({ state }, n) => { state.n = n },
    add: ({ state }, n) => (state.n += n),
    setRef: ({ state }, ref) => { state.ref = ref },
    ref: ({ state }) => state.ref,
    state: ({ state }) => state,
    other: ({ self, facets }) => self ?? (number === 0 ? facets.b : facets.a),
  })
  const init = (id, n) => ({ id, n, ref: undefined })
  const handle = (tag) => provide(baggage, 'kind ' + tag, () => makeKindHandle(tag))
  const makers = {
    V: VatData.defineKind('V', init, facet(0)),
    W: VatData.defineKindMulti('W', init, { a: facet(0), b: facet(1) }),
    D: VatData.defineDurableKind(handle('D'), init, facet(0)),
    E: VatData.defineDurableKindMulti(handle('E'), init, { a: facet(0), b: facet(1) }),
  }
  const durable = { durable: true }
  const tables = {
    baggage, ram: new Map(), states: new Map(),
    dmap: provide(baggage, 'dmap', () => VatData.makeScalarBigMapStore('dmap', durable)), vmap: VatData.makeScalarBigMapStore('vmap'),
    dset: provide(baggage, 'dset', () => VatData.makeScalarBigSetStore('dset', durable)), vset: VatData.makeScalarBigSetStore('vset'),
    weakMap: new WeakMap(), weakSet: new WeakSet(),
    dWeakMap: provide(baggage, 'dWeakMap', () => VatData.makeScalarBigWeakMapStore('dWeakMap', durable)), vWeakMap: VatData.makeScalarBigWeakMapStore('vWeakMap'),
    dWeakSet: provide(baggage, 'dWeakSet', () => VatData.makeScalarBigWeakSetStore('dWeakSet', durable)), vWeakSet: VatData.makeScalarBigWeakSetStore('vWeakSet'),
  }
  me.ram = tables.ram
  const far = [0, 1].map((number) => Far('far', { name: () => 'f' + number }))
  const isSet = (place) => place.endsWith('set')
  /** A path: [place, slot], ['ref', path], or ['far', number]. */
  const at = ([place, where]) => {
    if (place === 'far') return far[where]
    if (place === 'ref') return at(where).ref()
    return isSet(place) ? [...tables[place].keys()].find((value) => name(value) === where) : tables[place].get(where)
  }
  const put = (table, key, value) => (table instanceof Map || table.has(key) ? table.set(key, value) : table.init(key, value))
  const keep = (place, slot, value) => {
    if (place === 'guest' || place === 'guestBaggage') return void E(me.guest).run(place === 'guest' ? 'me.held.set(args[0], args[1])' : 'me.store(args[0], args[1])', slot, value)
    if (isSet(place)) return void tables[place].add(value)
    put(tables[place], slot, value)
  }
  const operations = {
    make: (kind, id, n, place, slot) => { const made = makers[kind](id, n); keep(place, slot, made.a ?? made) },
    keep: (path, place, slot) => keep(place, slot, at(path)),
    other: (path, place, slot) => keep(place, slot, at(path).other()),
    drop: (place, slot) => { isSet(place) ? tables[place].delete(at([place, slot])) : tables[place].delete(slot) },
    state: (path, slot) => { tables.states.set(slot, at(path).state()) },
    readState: (slot) => { const { id, n, ref } = tables.states.get(slot); return [id, n, name(ref)] },
    setState: (slot, n) => { tables.states.get(slot).n = n },
    read: (path) => at(path).read(),
    setN: (path, n) => at(path).setN(n),
    add: (path, n) => at(path).add(n),
    refer: (path, to) => at(path).setRef(to === null ? undefined : at(to)),
    putWeak: (weak, path, value) => {
      const table = tables[weak]
      const key = at(path)
      if (weak.endsWith('Set')) return void table.add(key)
      const given = typeof value === 'number' ? value : at(value)
      if (weak === 'weakMap' || table.has(key)) table.set(key, given)
      else table.init(key, given)
    },
    dropWeak: (weak, path) => { tables[weak].delete(at(path)) },
    getWeak: (weak, path) => { const has = tables[weak].has(at(path)); return weak.endsWith('Map') && has ? [true, name(tables[weak].get(at(path)))] : [has] },
  }
  me.apply = (list) => list.map(([operation, ...args]) => {
    try { return operations[operation](...args) } catch (error) { return 'threw' }
  })
  /**
   * Everything that can be had, by name; what has one name must be one object, and what is one object must
   * have one name.
   */
  me.look = (weakNames) => {
    const byName = new Map()
    const see = (value) => {
      const called = name(value)
      if (byName.has(called) && byName.get(called) !== value) throw Error(called + ' is two objects')
      byName.set(called, value)
      return called
    }
    const seen = {}
    for (const place of ['ram', 'dmap', 'vmap']) seen[place] = [...tables[place].entries()].map(([slot, value]) => [slot, see(value)]).sort()
    seen.baggage = [...baggage.entries()].filter(([key]) => /^\\d$/.test(key)).map(([slot, value]) => [slot, see(value)]).sort()
    for (const place of ['dset', 'vset']) seen[place] = [...tables[place].keys()].map((value) => [see(value), name(value)]).sort()
    for (const value of byName.values()) {
      if (typeof value.ref !== 'function') continue
      if (value.ref() !== undefined) see(value.ref())
      see(value.other())
      if (value.other().other() !== value) throw Error('the facets of ' + name(value) + ' lead elsewhere')
    }
    if (new Set(byName.values()).size !== byName.size) throw Error('two names are one object')
    const things = [...byName].filter(([, value]) => typeof value.read === 'function').map(([called, value]) => [called, value.read()]).sort()
    const weak = {}
    for (const one of weakNames) weak[one] = [...byName].filter(([, value]) => tables[one].has(value)).map(([called, value]) => [called, one.endsWith('Map') ? name(tables[one].get(value)) : 0]).sort()
    return { seen, things, weak }
  }
`

export const guest = `${naming}
  me.held = new Map()
  me.weak = new WeakSet()
  const thing = (number) => defineKind(baggage, 't' + number, () => ({}), { touch: () => number })
  const makers = [0, 1, 2].map(thing)
  me.things = provide(baggage, 'things', () => harden(makers.map((make) => make())))
  me.store = (slot, value) => (baggage.has(slot) ? baggage.set(slot, value) : baggage.init(slot, value))
  /** Groups of what is the same object, by the first of each; and which are known as weak keys. */
  me.look = () => {
    const all = [...[...me.held].map(([slot, value]) => ['guest ' + slot, value]), ...[...baggage.entries()].filter(([key]) => /^\\d$/.test(key)).map(([slot, value]) => ['guestBaggage ' + slot, value])].sort()
    return all.map(([where, value]) => [where, all.find(([, other]) => other === value)[0], me.weak.has(value)])
  }
  me.at = (place, slot) => (place === 'guest' ? me.held.get(slot) : baggage.get(slot))
`
