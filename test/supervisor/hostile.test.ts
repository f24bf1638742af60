/**
 * Vats that mean ill: what they do ends as an error of their own or as harmless data. Their neighbours
 * notice nothing, and nothing of the supervisor or the host is reached.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answerOf, forTheFile, openWorld, rejectionOf, show } from '../kit/world.ts'

const setup = `
  me.refused = async (act) => { try { await act() } catch { return 'refused' } return 'taken' }
  me.said = async (act) => { try { return await act() } catch (error) { return 'refused' } }
  me.bomb = (target = {}) => new Proxy(target, new Proxy({}, { get: () => () => { throw Error('bomb') } }))
  me.handle = provide(baggage, 'handle', () => makeKindHandle('Counter'))
  me.make = defineDurableKind(me.handle, (count) => ({ count, more: undefined }), { add: ({ state }, by) => (state.count += by), put: ({ state }, more) => { state.more = more }, state: ({ state }) => { me.state = state } })
`
const world = await openWorld(forTheFile, { vats: { hostile: { setup }, victim: { setup }, guest: {} } })
const names = 'const [victim, guest] = args; const { refused, said, bomb } = me;'

/** Code in the hostile vat → what it gives. `refused`: an error, here or from the other side. */
const attacks: Readonly<Record<string, readonly [code: string, expected: unknown]>> = {
  // arguments
  'a getter in an argument': [
    'return await refused(() => E(victim).echo({ get x() { return 1 } }))',
    'refused',
  ],
  'a getter that is not even asked': [
    'let n = 0; await refused(() => E(victim).echo({ get x() { n++ } })); return n',
    0,
  ],
  'a setter': ['return await refused(() => E(victim).echo({ set x(v) {} }))', 'refused'],
  'a proxy whose every trap throws': ['return await refused(() => E(victim).echo(bomb()))', 'refused'],
  'such a proxy inside data': ['return await refused(() => E(victim).echo({ a: [bomb([])] }))', 'refused'],
  'such a proxy of a function': ['return await refused(() => E(victim).echo(bomb(() => 1)))', 'refused'],
  'a revoked proxy': [
    'const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return await refused(() => E(victim).echo(proxy))',
    'refused',
  ],
  'a proxy that is what it seems': ['return (await E(victim).echo(new Proxy({ a: 1n }, {})))[0].a', 1n],
  'a proxy that lies about its keys': [
    'return await refused(() => E(victim).echo(new Proxy({ a: 1 }, { ownKeys: () => ["a", "a"] })))',
    'refused',
  ],
  'an array whose length changes while it is read': [
    `let n = 0
    const list = new Proxy([], { get: (t, k) => k === 'length' ? ++n : t[k], getOwnPropertyDescriptor: (t, k) => k === 'length' ? { value: ++n, writable: true, enumerable: false, configurable: false } : Reflect.getOwnPropertyDescriptor(t, k) })
    return await refused(() => E(victim).echo(list))`, 'refused'],
  'a record that changes between two looks': [`let n = 0
    const record = new Proxy({ a: 1 }, { get: (t, k) => k === 'a' ? ++n : t[k], getOwnPropertyDescriptor: (t, k) => k === 'a' ? { value: ++n, writable: true, enumerable: true, configurable: true } : Reflect.getOwnPropertyDescriptor(t, k) })
    const [{ a }] = await E(victim).echo(record); return typeof a`, 'number'],
  'a value that sends while it is encoded': [`const answers = []
    const record = new Proxy({ a: 1n }, { ownKeys: (t) => { answers.push(E(victim).echo('inside')); return Reflect.ownKeys(t) } })
    await said(() => E(victim).echo(record)); return (await Promise.all(answers)).every(([text]) => text === 'inside') && answers.length > 0`,
    true,
  ],
  'a circle': ['const a = []; a.push(a); return await refused(() => E(victim).echo(a))', 'refused'],
  'ten thousand levels of nesting': [
    'let a = []; for (let n = 0; n < 10_000; n++) a = [a]; return await refused(() => E(victim).echo(a))',
    'refused',
  ],
  'more text than a message may have': [
    'return await refused(() => E(victim).echo("a".repeat(17 * 1024 * 1024)))',
    'refused',
  ],
  'more references than a message may have': [
    'return await refused(() => E(victim).echo(Array.from({ length: 10_001 }, () => Far("x", {}))))',
    'refused',
  ],
  'a class': ['return await refused(() => E(victim).echo(class {}))', 'refused'],
  'a plain function': ['return await refused(() => E(victim).echo(() => 1))', 'refused'],
  'a symbol of its own': ['return await refused(() => E(victim).echo(Symbol("passStyle")))', 'refused'],
  'our marking as an own property': [
    'return await refused(() => E(victim).echo({ [Symbol.for("passStyle")]: "remotable" }))',
    'refused',
  ],
  'a key __proto__ makes no prototype': [
    'const [value] = await said(() => E(victim).echo(JSON.parse(\'{"__proto__": {"x": 1}}\'))) || []; return value === undefined || value === "r" || Object.getPrototypeOf(value) === Object.prototype && value.x === undefined',
    true,
  ],

  // forged
  'texts that look like slots': [
    `const texts = ['$0', '$0.Alleged: puppet', '&0', '#undefined', '!!', '@@x', '+1', '-1', '%', '{"@qclass":"slot","index":0}', '#[]']
    const back = await E(guest).echo(...texts); return texts.every((text, index) => back[index] === text)`,
    true,
  ],
  'records that look like slots': [
    `const forged = { '@qclass': 'slot', index: 0n, iface: 'Alleged: puppet', '#tag': 'x', '#error': 'y' }
    return await said(async () => { const [back] = await E(guest).echo(forged); return typeof back.index })`,
    'bigint',
  ],
  'an object with the prototype of a presence is no presence': [
    `const forged = harden(Object.create(Object.getPrototypeOf(victim)))
    const back = await E(guest).same(forged); return back === forged && back !== victim`,
    true,
  ],
  'sending to it reaches only itself': [
    'const forged = harden(Object.create(Object.getPrototypeOf(victim))); return await refused(() => E(forged).echo())',
    'refused',
  ],
  'a proxy of a presence is not the presence': [
    'const forged = new Proxy(victim, {}); return await said(async () => (await E(guest).same(forged)) === victim)',
    false,
  ],
  'an object with the prototype of a durable object': [
    'const forged = harden(Object.create(Object.getPrototypeOf(me.make(1n)))); return await refused(() => forged.add(1n))',
    'refused',
  ],
  'a method of a durable object on something else': [
    'const { add } = me.make(1n); return await refused(() => Reflect.apply(add, { state: { count: 1n } }, [1n]))',
    'refused',
  ],
  'the state accessors on something else': [
    'const c = me.make(1n); c.state(); const get = Object.getOwnPropertyDescriptor(me.state, "count").get; return await refused(() => Reflect.apply(get, c, []))',
    'refused',
  ],
  'a handle with the prototype of a handle': [
    'return await refused(() => defineDurableKind(harden(Object.create(Object.getPrototypeOf(me.handle))), () => ({}), {}))',
    'refused',
  ],
  'a presence as a handle': [
    'return await refused(() => defineDurableKind(victim, () => ({}), {}))',
    'refused',
  ],
  'the weak map of another as its own': [
    'return await refused(() => WeakMap.prototype.get.call({}, {}))',
    'refused',
  ],

  // promises and thenables
  'a promise with a then of its own': [
    'const p = Promise.resolve(1); Object.defineProperty(p, "then", { value: () => { throw 1 } }); return await refused(() => E(victim).echo(p))',
    'refused',
  ],
  'a promise with a constructor of its own': [
    'const p = Promise.resolve(1); Object.defineProperty(p, "constructor", { value: { [Symbol.species]: function () { throw 1 } } }); return await refused(() => E(victim).echo(p))',
    'refused',
  ],
  'a promise of a class': [
    'return await refused(() => E(victim).echo(new (class extends Promise {})(() => {})))',
    'refused',
  ],
  'a thenable as an argument': ['return await refused(() => E(victim).echo({ then() {} }))', 'refused'],
  'a thenable as a target': [
    'let n = 0; await said(() => E({ get then() { n++; return undefined }, echo: () => 1 }).echo()); return typeof n',
    'number',
  ],
  'an answer that is a thenable which answers twice': [
    'me.back = Far("back", { go: () => ({ then(yes, no) { yes(1n); no(2n); yes(3n) } }) }); return await E(guest).run("return E(args[0]).go()", me.back)',
    1n,
  ],
  'an answer that is a thenable which throws after it answered': [
    'const back = Far("back", { go: () => ({ then(yes) { yes(1n); throw Error("late") } }) }); return await E(guest).run("return E(args[0]).go()", back)',
    1n,
  ],
  'an answer that is a thenable which never ends': [
    `let n = 0; const forever = { then(yes) { if (n++ < 1000) yes(forever); else yes('enough') } }
    const back = Far('back', { go: () => forever }); return await E(guest).run('return E(args[0]).go()', back)`,
    'enough',
  ],
  'a then that is a getter which throws': [
    'const back = Far("back", { go: () => ({ get then() { throw Error("no") } }) }); return await refused(() => E(guest).run("return E(args[0]).go()", back))',
    'refused',
  ],
  'a handler of traps': [
    'const p = new HandledPromise(() => {}, bomb()); return await refused(() => E(p).echo())',
    'refused',
  ],
  'a handler that answers with itself': [
    'const p = new HandledPromise((yes, no, withPresence) => withPresence({ applyMethod: (target) => target })); return await refused(async () => { await p })',
    'taken',
  ],
  'an executor that throws after it settled': [
    'return await refused(() => new HandledPromise((yes) => { yes(1n); throw Error("late") }))',
    'refused',
  ],

  // results and errors
  'an answer that cannot be passed': [
    'return await refused(() => E(guest).run("return E(args[0]).go()", Far("back", { go: () => new Map() })))',
    'refused',
  ],
  'an answer whose traps throw what cannot be passed': [
    'const evil = new Proxy({}, { ownKeys() { throw new Map() } }); return await refused(() => E(guest).run("return E(args[0]).go()", Far("back", { go: () => evil })))',
    'refused',
  ],
  'a thrown proxy': [
    'return await refused(() => E(guest).run("return E(args[0]).go()", Far("back", { go: () => { throw bomb() } })))',
    'refused',
  ],
  'an error whose message is a getter': [
    'const e = Error("x"); return await refused(() => E(guest).run("return E(args[0]).go()", Far("back", { go: () => { Object.defineProperty(e, "message", { get() { throw 1 } }); throw e } })))',
    'refused',
  ],
  'an error whose name is an object': [
    'const e = Error("x"); e.name = bomb(); return await refused(() => E(guest).run("return E(args[0]).go()", Far("back", { go: () => { throw e } })))',
    'refused',
  ],
  'an error that is its own cause': [
    'const e = Error("x"); e.cause = e; return await refused(() => E(guest).run("return E(args[0]).go()", Far("back", { go: () => { throw e } })))',
    'refused',
  ],
  'no stack of another vat comes in': [
    'try { await E(victim).throws("x") } catch (error) { return String(error.stack ?? "") }',
    '',
  ],

  // messages
  'the methods that every object has': [`const results = []
    for (const name of ['constructor', '__proto__', '__defineGetter__', '__defineSetter__', '__lookupGetter__', 'hasOwnProperty', 'valueOf', 'toString', 'isPrototypeOf', 'then']) results.push(typeof await said(() => E(victim)[name]('run', Far('x', {}))))
    return results.every((type) => ['string', 'boolean', 'object', 'undefined'].includes(type))`,
    true,
  ],
  'a message by a symbol of its own': [
    'return await refused(() => HandledPromise.applyMethod(victim, Symbol("x"), []))',
    'refused',
  ],
  'a message by an object that has no text': [
    'return await refused(() => HandledPromise.applyMethod(victim, { toString: () => ({}) }, []))',
    'refused',
  ],
  'a message by an object with a text': [
    'return await HandledPromise.applyMethod(victim, { toString: () => "echo" }, [1n]).then(([n]) => n)',
    1n,
  ],
  'arguments that are no list': [
    'return await refused(() => HandledPromise.applyMethod(victim, "echo", { length: 1e9 }))',
    'refused',
  ],
  'a call of what is no function': [
    'return await refused(() => HandledPromise.applyFunction(victim, []))',
    'refused',
  ],

  // the console
  'a hostile console argument': [
    `const hostile = [bomb(), bomb(() => 1), { toJSON() { throw 1 } }, { get x() { throw 1 } }, Symbol('s'), Object.create(null), (() => { const a = []; a.push(a); return a })(), new (class extends Error { get message() { throw 1 } })(), 'a'.repeat(100_000), 1n, undefined]
    for (const level of ['log', 'error', 'debug', 'dir', 'trace', 'group', 'assert']) for (const value of hostile) console[level](value, value)
    return 'written'`,
    'written',
  ],
  'a console argument that sends': [
    'const p = []; console.log({ toJSON() { p.push(E(victim).echo(1n)); return 1 } }); return (await Promise.all(p)).length',
    1,
  ],

  // stored data
  'state that is a proxy': ['const c = me.make(1n); return await refused(() => c.put(bomb()))', 'refused'],
  'state that changes afterwards': [
    'const c = me.make(1n); const list = [1n]; c.put(list); return await refused(() => { list.push(2n) })',
    'refused',
  ],
  'a first state that is a proxy': ['return await refused(() => me.make(bomb()))', 'refused'],
  'keys of the baggage': [
    'for (const key of ["__proto__", "constructor", "", "a.b", "\\u0000", "\\u00e4", "kind.a2", "../x"]) { baggage.init(key, key + "!"); if (baggage.get(key) !== key + "!") return key; baggage.delete(key) } return "kept"',
    'kept',
  ],
  'a key of the baggage that is not text': [
    'return await refused(() => baggage.init({ toString: () => "x" }, 1n))',
    'refused',
  ],
  'a tag that is not text': [
    'return await refused(() => makeKindHandle({ toString: () => "x" }))',
    'refused',
  ],
  'a behaviour of getters and traps': [
    'return await refused(() => defineDurableKind(makeKindHandle("x" + Math.abs(1)), () => ({}), bomb()))',
    'refused',
  ],

  // the globals
  'globals of its own in place of ours': [
    `const c = new Compartment({ globals: { E, victim, harden }, __options__: true })
    return await c.evaluate('globalThis.Object = globalThis.Promise = globalThis.Reflect = globalThis.JSON = undefined; E(victim).echo(1n)').then(([n]) => n)`,
    1n,
  ],
  'a change of what all share': [
    `const results = []
    for (const object of [Object.prototype, Array.prototype, Promise.prototype, Map.prototype, Function.prototype, Error.prototype, HandledPromise, VatData, console, assert, WeakMap.prototype, TextEncoder.prototype, Object.getPrototypeOf(victim), Object.getPrototypeOf(baggage), Compartment.prototype])
      results.push(await refused(() => { 'use strict'; object.mine = 1 }))
    return results.findIndex((result) => result !== 'refused')`,
    -1,
  ],
  'the supervisor and the host are not there': [
    'return [typeof hostSyscall, typeof hostEntries, typeof getStackString, typeof std].join()',
    'undefined,undefined,undefined,undefined',
  ],
}

for (const [name, [code, expected]] of Object.entries(attacks)) {
  test(name, async () => {
    const victim = await world.root('victim')
    const status = await world.outcome('hostile', 'run', names + code, victim, await world.root('guest'))
    assert.deepEqual(answerOf(status), expected, show(status))
    assert.deepEqual(await world.ask('victim', 'echo', 'well'), ['well'])
    assert.equal(await world.ask('hostile', 'add', 1n, 2n), 3n)
  })
}

/**
 * Roots that are not remotables, or are more than they seem → why the vat does not start, or null when it
 * does.
 */
const roots: Readonly<Record<string, readonly [root: string, code: string | null]>> = {
  'a proxy of a remotable': ['new Proxy(Far("root", { echo: () => "proxied" }), {})', null],
  'a promise of a remotable': ['Promise.resolve(Far("root", { echo: () => "proxied" }))', null],
  'a promise with a then of its own': [
    'Object.defineProperty(Promise.resolve(Far("root", { echo: () => "proxied" })), "then", { value() {} })',
    null,
  ],
  'a proxy whose traps throw': [
    'new Proxy(Far("root", {}), new Proxy({}, { get: () => () => { throw Error("trap") } }))',
    'start/root-not-remotable',
  ],
  'a proxy whose getPrototypeOf throws': [
    'new Proxy(Far("root", {}), { getPrototypeOf() { throw Error("trap") } })',
    'start/root-not-remotable',
  ],
  'a revoked proxy': [
    '(() => { const { proxy, revoke } = Proxy.revocable(Far("root", {}), {}); revoke(); return proxy })()',
    'start/root-not-remotable',
  ],
  'a forged marking': ['({ [Symbol.for("passStyle")]: "remotable" })', 'start/root-not-remotable'],
  'a thenable that gives a root twice': [
    '({ then(yes) { yes(Far("one", { echo: () => "proxied" })); yes(Far("two", {})) } })',
    'start/root-not-remotable',
  ],
  'a thenable that throws': ['({ then() { throw Error("no") } })', 'start/root-not-remotable'],
  'a remotable with a method then': ['Far("root", { then: () => {} })', 'start/root-not-remotable'],
  'a remotable that inherits a method then': [
    'Far("root", Object.create(harden({ then() {} })))',
    'start/root-not-remotable',
  ],
  'a remotable that gets a method then when it is read': [
    'Far("root", Object.defineProperty({}, "then", { get: () => () => {} }))',
    'start/root-not-remotable',
  ],
  'a remotable whose then throws when it is read': [
    'Far("root", Object.create(Object.defineProperty({}, "then", { get: () => { throw Error("no") } })))',
    'start/root-not-remotable',
  ],
  'a proxy that seems to have a method then': [
    'new Proxy(Far("root", {}), { get: (target, name) => (name === "then" ? () => {} : target[name]) })',
    'start/root-not-remotable',
  ],
  'a promise of a remotable that gets a method then': [
    'Promise.resolve(new Proxy(Far("root", {}), { n: 0, get(target, name) { return name === "then" && this.n++ > 0 ? () => {} : target[name] } }))',
    'start/root-not-remotable',
  ],
  'an asynchronous function that returns a remotable with a method then': [
    '(async () => Far("root", { then: () => {} }))()',
    'start/never-settled',
  ],
  'the baggage': ['baggage', 'start/root-not-remotable'],
}
let made = 0
for (const [name, [root, code]] of Object.entries(roots)) {
  test(`as a root, ${name}`, async () => {
    made += 1
    const status = await world.tryCreate(`root${made}`, {
      source: `export function buildRootObject(powers, parameters, baggage) { return ${root} }`,
    })
    if (code === null) assert.equal(status.kind, 'fulfilled', show(status))
    else assert.equal(rejectionOf(status, 'start-refused').reason?.code, code, show(status))
    if (code === null) assert.equal(await world.ask(`root${made}`, 'echo'), 'proxied')
    assert.deepEqual(await world.ask('victim', 'echo', 'well'), ['well'])
  })
}

/** Odd things to throw. */
const oddities: Readonly<Record<string, string>> = {
  'an error whose message throws':
    'Object.defineProperty(Error(), "message", { get() { throw Error("inner") } })',
  'an error whose name is a symbol': 'Object.defineProperty(Error(), "name", { value: Symbol("name") })',
  'a proxy whose traps throw':
    'new Proxy({}, { get() { throw Error("get") }, getPrototypeOf() { throw Error("prototype") } })',
  'a proxy of an error': 'new Proxy(Error(), { get() { throw Error("get") } })',
  'a revoked proxy':
    '(() => { const { proxy, revoke } = Proxy.revocable(Error(), {}); revoke(); return proxy })()',
  'an object without a text': 'Object.create(null)',
  'a symbol': 'Symbol("odd")',
  undefined: 'undefined',
  'an error with a long message': 'Error("x".repeat(9_000_000))',
  'an error whose message sends a message':
    'Object.defineProperty(Error(), "message", { get() { E(parameters).echo(1); return E(parameters).echo(2) } })',
}
for (const [name, code] of Object.entries(oddities)) {
  for (const [when, source] of Object.entries({
    throws: `throw ${code}`,
    'rejects with': `return Promise.reject(${code})`,
    'throws after a turn': `return Promise.resolve().then(() => { throw ${code} })`,
  })) {
    test(`a start that ${when} ${name} has thrown`, async () => {
      made += 1
      const status = await world.tryCreate(`odd${made}`, {
        source: `export function buildRootObject(powers, parameters) { ${source} }`,
        parameters: await world.root('victim'),
      })
      assert.equal(rejectionOf(status, 'start-refused').reason?.code, 'start/threw', show(status))
    })
  }
}

test('after all of it the vats can be evicted, restored and upgraded', async () => {
  await world.controller.evictWorkers()
  assert.equal(await world.ask('hostile', 'add', 1n, 2n), 3n)
  answerOf(await world.upgrade('victim', { setup }))
  assert.deepEqual(await world.ask('victim', 'echo', 'well'), ['well'])
})
