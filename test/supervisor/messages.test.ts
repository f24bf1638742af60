/**
 * Messages and promises between vats. Each test is a few lines that alice runs, with bob and carol at hand.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  forTheFile,
  openWorld,
  puppet,
  readTrace,
  reasonOf,
  rejectionOf,
  temporaryDirectory,
} from '../kit/world.ts'

const traceFile = join(temporaryDirectory(forTheFile), 'trace.jsonl')
const world = await openWorld(forTheFile, {
  vats: { alice: puppet, bob: puppet, carol: puppet },
  open: { traceFile },
})
const bob = await world.root('bob')
const carol = await world.root('carol')
const alice = await world.root('alice')

/** Prepares bob and carol: they keep an object, a gate that opens later, and so on. */
const atHome = (who: typeof bob, code: string): Promise<unknown> => world.run(who, code)
/** Runs in alice with `bob` and `carol` as presences. */
const inAlice = (code: string): Promise<unknown> =>
  world.run('alice', `const [bob, carol, alice] = args; ${code}`, bob, carol, alice)

test('a message to an unresolved answer goes ahead of it, to the vat that will decide it', async () => {
  await atHome(bob, 'me.make = Far("maker", { make: (n) => Far("made", { use: () => n }) })')
  await world.controller.commit()
  const before = readTrace(traceFile, 'delivery').length
  assert.equal(await inAlice('return E(E(E(bob).take("make")).make(7n)).use()'), 7n)
  await world.controller.commit()
  const kinds = readTrace(traceFile, 'delivery')
    .slice(before)
    .map((event) => `${String(event['vat'])} ${(event['delivery'] as { kind: string }).kind}`)
  assert.deepEqual(
    kinds.slice(0, 4),
    ['v1 message', 'v2 message', 'v2 message', 'v2 message'],
    'all three messages reach bob before alice hears of any',
  )
})

test('a message to an answer that is rejected is rejected with the same reason', async () => {
  const code =
    'return E(E(E(bob).throws("broken")).make()).use().then(() => "kept", (error) => `${error.name}: ${error.message}`)'
  assert.equal(await inAlice(code), 'RangeError: broken')
})

test('a message to an answer that is data is refused', async () => {
  const data = await inAlice('return E(E(bob).same("data")).use().catch((reason) => reason)')
  assert.equal((data as { code: string }).code, 'target-not-object')
})

test('an answer to sendOnly is not waited for', async () => {
  assert.equal(await inAlice('return String(E.sendOnly(bob).put("sent", 1n))'), 'undefined')
  assert.equal(await world.ask(bob, 'take', 'sent'), 1n)
})

test('a sendOnly that fails harms nobody', async () => {
  await inAlice('E.sendOnly(bob).throws("nobody hears"); E.sendOnly(bob).nothing()')
  assert.equal(await world.ask(bob, 'add', 1n, 1n), 2n)
})

/** Promises given to bob, with how and when they are settled. */
const promises: Readonly<Record<string, readonly [code: string, answer: unknown]>> = {
  'settled before it is sent': ['return E(bob).same(Promise.resolve("early"))', 'early'],
  'settled after it is sent': [
    'let keep; const p = new Promise((r) => { keep = r }); const back = E(bob).same(p); await E(carol).echo(); keep("late"); return back',
    'late',
  ],
  'rejected after it is sent': [
    'let end; const p = new Promise((_, r) => { end = r }); const back = E(bob).same(p); end(Error("late no")); return back.catch((e) => e.message)',
    'late no',
  ],
  'resolved with a promise': [
    'let keep; const p = new Promise((r) => { keep = r }); const back = E(bob).same(p); keep(E(carol).same("from carol")); return back',
    'from carol',
  ],
  'of another vat': ['return E(bob).same(E(carol).same("through"))', 'through'],
  'as an answer that comes later': [
    'me.later = new Promise((r) => { me.keep = r }); const got = E(bob).run("return E(args[0]).take(\\"later\\")", alice); await E(carol).echo(); me.keep("at last"); return got',
    'at last',
  ],
  'resolved with an object takes messages': [
    'const p = Promise.resolve(Far("x", { f: (n) => n + 1n })); return E(bob).run("return E(args[0].p).f(1n)", { p })',
    2n,
  ],
  'unresolved takes messages, which come in order': [
    'const got = []; let keep; const p = new Promise((r) => { keep = r }); const done = E(bob).run("const { p } = args[0]; E(p).f(1n); E(p).f(2n); return E(p).f(3n)", { p }); await E(carol).echo(); keep(Far("x", { f: (n) => { got.push(n) } })); await done; return harden(got)',
    [1n, 2n, 3n],
  ],
}

for (const [name, [code, answer]] of Object.entries(promises)) {
  test(`a promise ${name}`, async () => {
    const wrapped = `const [bob, carol, alice] = args; return (async () => { ${code} })()`
    assert.deepEqual(await world.run('alice', wrapped, bob, carol, alice), answer)
  })
}

test('a promise that is resolved to a record holding itself arrives as that', async () => {
  const code = `let keep; const p = new Promise((r) => { keep = r }); keep(harden({ p })); const v = await E(bob).run('const v = await args[0].p; return (await v.p) === v', { p }); return v`
  assert.equal(await inAlice(code), true)
})

test('two promises that are resolved to records holding each other arrive as that', async () => {
  const code = `let keepA, keepB
    const a = new Promise((r) => { keepA = r }); const b = new Promise((r) => { keepB = r })
    keepA(harden({ b })); keepB(harden({ a }))
    return E(bob).run('let at = await args[0].a; const names = []; for (let n = 0; n < 6; n += 1) { const [name] = Object.keys(at); names.push(name); at = await at[name] } return names.join("")', { a })`
  assert.equal(await inAlice(code), 'bababa')
})

test('a promise that was settled can be sent again', async () => {
  const code = `me.p = Promise.resolve({ n: 1n }); await E(bob).echo(me.p); await E(bob).echo(me.p); return (await E(bob).same(me.p)).n`
  assert.equal(await inAlice(code), 1n)
})

test('an answer that is passed to the vat which will give it is settled there too', async () => {
  await atHome(
    bob,
    'me.gate = Far("gate", { open: () => new Promise((r) => { me.keep = r }), see: ({ p }) => { me.seen = "pending"; p.then((v) => { me.seen = v }) } })',
  )
  await inAlice(
    'const gate = await E(bob).take("gate"); const p = E(gate).open(); E(gate).see({ p }); await E(bob).echo(); E(bob).run("me.keep(5n)"); return p',
  )
  assert.equal(await atHome(bob, 'return me.seen'), 5n)
})

test('an answer that a vat gives to itself, through a promise, is settled', async () => {
  assert.equal(
    await inAlice('me.mine = Far("mine", { f: (n) => n + 1n }); return E(E(bob).same(me.mine)).f(1n)'),
    2n,
  )
})

// M6.
test('a promise that was named for a message which could not be sent harms nobody', async () => {
  const code =
    'const p = Promise.resolve(1n); const first = await E(bob).echo(p, () => 1).catch((error) => error.name); return harden([first, await E(bob).same(p)])'
  assert.deepEqual(await inAlice(code), ['CodedError', 1n])
})

test('a message to an answer goes to whichever vat gets to decide it', async () => {
  await atHome(carol, 'me.thing = Far("thing", { whose: () => "of carol" })')
  assert.equal(
    await inAlice('const p = E(bob).run("return E(args[0]).take(\\"thing\\")", carol); return E(p).whose()'),
    'of carol',
  )
})

test('messages to one target come in the order in which they were sent', async () => {
  await atHome(bob, 'me.got = []; me.log = Far("log", { note: (n) => { me.got.push(n) } })')
  await inAlice(
    'const log = await E(bob).take("log"); for (let n = 0n; n < 20n; n += 1n) (n % 2n === 0n ? E(log) : E.sendOnly(log)).note(n)',
  )
  assert.deepEqual(
    await atHome(bob, 'return [...me.got]'),
    Array.from({ length: 20 }, (_, n) => BigInt(n)),
  )
})

test('messages sent ahead of an answer come before those sent after it', async () => {
  await atHome(bob, 'me.got = []; me.log = Far("log", { note: (n) => { me.got.push(n) } })')
  await inAlice(
    'const p = E(bob).take("log"); E(p).note(1n); const log = await p; E(log).note(2n); await E(p).note(3n)',
  )
  assert.deepEqual(await atHome(bob, 'return [...me.got]'), [1n, 2n, 3n])
})

test('an object that comes twice is the same object, also in another message', async () => {
  await atHome(bob, 'me.thing = Far("thing", {})')
  assert.equal(
    await inAlice(
      'me.first = await E(bob).take("thing"); return me.first === (await E(bob).take("thing")) && me.first === (await E(carol).same(me.first))',
    ),
    true,
  )
})

// --- rejections

// M4.
test('an error keeps its name and message and nothing else', async () => {
  const reason = await inAlice(
    'try { await E(bob).throws("out of range") } catch (error) { return harden([error instanceof RangeError, error.message, Object.keys(error).join(), String(error.stack).includes("puppet")]) }',
  )
  assert.deepEqual(reason, [true, 'out of range', '', false])
})

test('a rejection with data is that data', async () => {
  assert.deepEqual(
    await inAlice(
      'return E(bob).run("return Promise.reject(harden({ why: [1n] }))").catch((reason) => reason)',
    ),
    { why: [1n] },
  )
})

test('a rejection with what cannot be sent is an error that says so', async () => {
  const reason = reasonOf(await world.outcome('bob', 'run', 'return Promise.reject({ f() {} })'))
  assert.ok(reason instanceof Error)
})

test('a method that is not there is named, with those that are', async () => {
  const reason = await world.refusal('bob', 'fly')
  assert.ok(reason instanceof TypeError)
  assert.equal(
    reason.message,
    'target has no method "fly", has ["add","echo","put","run","same","take","throws"]',
  )
})

test('methods may have the names that functions have', async () => {
  await atHome(bob, 'me.named = Far("named", { name: () => "a name", length: () => 3n })')
  assert.deepEqual(
    await inAlice(
      'const named = await E(bob).take("named"); return Promise.all([E(named).name(), E(named).length()]).then(harden)',
    ),
    ['a name', 3n],
  )
})

test('methods are named by symbols too', async () => {
  await atHome(
    bob,
    'me.odd = Far("odd", { [Symbol.for("odd")]: () => "registered", [Symbol.asyncIterator]: () => "well-known" })',
  )
  assert.deepEqual(
    await inAlice(
      'const odd = await E(bob).take("odd"); return Promise.all([E(odd)[Symbol.for("odd")](), E(odd)[Symbol.asyncIterator]()]).then(harden)',
    ),
    ['registered', 'well-known'],
  )
})

test('a function can be called', async () => {
  await atHome(bob, 'me.twice = Far("twice", (n) => 2n * n)')
  assert.equal(await inAlice('return HandledPromise.applyFunction(E(bob).take("twice"), [4n])'), 8n)
})

test('a rejection that nobody handles harms nobody', async () => {
  await inAlice(
    'Promise.reject(Error("unheard")); new Promise((_, no) => no(harden({}))); void E(bob).throws("unheard too")',
  )
  assert.equal(await world.ask('alice', 'add', 1n, 2n), 3n)
})

// --- what code gets and sees

// Hpr4.
test('promises that code gets are frozen, whether it asked for them or was sent them', async () => {
  await atHome(
    bob,
    'me.isFrozen = Far("isFrozen", { ask: (p) => [Object.isFrozen(p), Object.isFrozen(E(p).x())] })',
  )
  const code =
    'const asked = E(bob).take("isFrozen"); return harden([Object.isFrozen(asked), Object.isFrozen(E(E(bob).same(bob)).echo()), ...await E(asked).ask(new Promise(() => {}))])'
  assert.deepEqual(await inAlice(code), [true, true, true, true])
})

test('a property of an answer is that of what the answer turns out to be', async () => {
  const code =
    'return Promise.all([HandledPromise.get(E(bob).same(harden({ x: 7n })), "x"), HandledPromise.get(E(bob).same(bob), "x"), HandledPromise.get(bob, "x")]).then(harden)'
  assert.deepEqual(await inAlice(code), [7n, undefined, undefined])
})

test('the promise of a presence is always the same and takes messages as the presence does', async () => {
  assert.deepEqual(
    await inAlice(
      'const p = HandledPromise.resolve(bob); return harden([p === HandledPromise.resolve(bob), await p === bob, await E(p).add(1n, 2n)])',
    ),
    [true, true, 3n],
  )
})

test('a presence with a handler of user code takes messages of other vats by its handler', async () => {
  const code = `let relay
    new HandledPromise((_yes, _no, withPresence) => { relay = withPresence({ applyMethod: (target, verb, args, returned) => harden([verb, ...args, returned instanceof Promise]) }) })
    Object.setPrototypeOf(relay, Object.getPrototypeOf(Far("relay", {})))
    return E(bob).run("return E(args[0]).anything(5n)", harden(relay))`
  assert.deepEqual(await inAlice(code), ['anything', 5n, true])
})

// Hpr2.
test('messages wait for a promise of this vat, and go ahead when it follows one of another', async () => {
  await atHome(bob, 'me.got = []; me.log = Far("log", { note: (n) => { me.got.push(n) } })')
  const code =
    'let follow; const p = new HandledPromise((resolve) => { follow = resolve }); E(p).note(1n); E.sendOnly(p).note(2n); follow(E(bob).take("log")); E(p).note(3n); await E(p).note(4n)'
  await inAlice(code)
  assert.deepEqual(await atHome(bob, 'return [...me.got]'), [1n, 2n, 3n, 4n])
})

// --- local targets

// Hpr3.
test('a local object is called in a later turn, never in the same', async () => {
  const code =
    'const seen = []; const here = Far("here", { f: () => { seen.push("called") } }); const p = E(here).f(); seen.push("sent"); return p.then(() => harden(seen))'
  assert.deepEqual(await inAlice(code), ['sent', 'called'])
})

test('a local promise is waited for, and its object called', async () => {
  const code =
    'const seen = []; const p = E(Promise.resolve(Far("here", { f: (n) => { seen.push(n); return n } }))).f(1n); seen.push("sent"); return p.then((n) => harden([...seen, n]))'
  assert.deepEqual(await inAlice(code), ['sent', 1n, 1n])
})

// Hpr1.
test('E throws for nothing; what is wrong comes as a rejection', async () => {
  const code =
    'return Promise.all([E(undefined).f(), E(5).toFixed(2), E(Far("x", {})).gone(), E(Promise.reject(Error("no"))).f()].map((p) => p.then((v) => v, (e) => e.name))).then(harden)'
  assert.deepEqual(await inAlice(code), ['TypeError', '5.00', 'TypeError', 'Error'])
})

// --- the console

test('the console goes to the trace and nowhere else', async () => {
  await world.run(
    'bob',
    'console.log("written by bob", { n: 5n }, Error("with an error")); console.error("loud")',
  )
  await world.controller.commit()
  const lines = readTrace(traceFile, 'console')
    .filter(({ vat }) => vat === 'v2')
    .map(({ line }) => line as { level: string; text: string })
  const log = lines.find(({ text }) => text.startsWith('written by bob'))
  assert.equal(log?.level, 'log')
  assert.match(log.text, /^written by bob \{"n":"5n"\} Error: with an error/)
  assert.ok(lines.some(({ level, text }) => level === 'error' && text === 'loud'))
  assert.ok(!JSON.stringify(await world.transcript('bob')).includes('"console"'))
})

test('a request of an unknown object is refused by the kernel', async () => {
  const { Remote } = await import('../../src/host/index.ts')
  rejectionOf(await world.outcome(new Remote('ko999999' as never), 'f'), 'object-unknown')
})

test('a message that waited for a promise is delivered before a later one that did not have to wait', async () => {
  await atHome(bob, 'me.heard = []; me.ear = Far("ear", { hear: (word) => { me.heard.push(word) } })')
  await inAlice(
    'me.gate = E(bob).run("return new Promise((resolve) => { me.open = resolve })"); E.sendOnly(me.gate).hear("first")',
  )
  // Both are in the run-queue when the promise is settled: the second message, and what settles it.
  await world.controller.sendOnly(alice, 'run', ['E.sendOnly(me.gate).hear("second")'])
  await world.controller.sendOnly(bob, 'run', ['me.open(me.ear)'])
  await world.controller.run()
  assert.deepEqual(await world.run(bob, 'return [...me.heard]'), ['first', 'second'])
})
