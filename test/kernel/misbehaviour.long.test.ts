/**
 * Vats that misbehave within what user code can do: their delivery is undone, and the others do not notice.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KernelRejection } from '../../src/protocol/results.ts'
import type { Remote } from '../../src/host/index.ts'
import type { WakeupHandler } from '../../src/vat/index.ts'
import { rawBundle } from '../kit/bundles.ts'
import { malloryStore } from '../kit/mallory.ts'
import {
  answerOf,
  forTheFile,
  openWorld,
  puppet,
  reasonOf,
  rejectionOf,
  type VatRecipe,
} from '../kit/world.ts'

const counting =
  "me.make = defineKind(baggage, 'Counter', () => ({ n: 0n }), { add: ({ state }) => (state.n += 1n) }); me.counter = provide(baggage, 'counter', () => me.make())"
const small = { computronsPerDelivery: 20_000_000n, heapLimitBytes: 48 * 1024 * 1024 }
const { directory, worker } = await malloryStore()
const world = await openWorld(forTheFile, {
  from: directory,
  vats: { honest: puppet, rogue: { setup: counting, ...small }, mallory: { worker, ...small } },
})

/** What a delivery does at its end, after it has done all sorts of things that must be undone. */
const faults: Readonly<Record<string, readonly [code: string, rejected: KernelRejection['code']]>> = {
  'loops for ever': ['for (;;);', 'computrons-exhausted'],
  'loops for ever in a job': ['Promise.resolve().then(() => { for (;;); })', 'computrons-exhausted'],
  'makes jobs for ever': [
    'const again = () => Promise.resolve().then(again); again()',
    'computrons-exhausted',
  ],
  'sends for ever': ['for (;;) E(honest).echo()', 'computrons-exhausted'],
  'fills the heap': ['const all = []; for (;;) all.push(new Uint8Array(1_000_000))', 'heap-exhausted'],
  'fills the heap with text': [
    'let text = "x"; for (;;) text = (text + text).slice(0, -1) + "yz"',
    'heap-exhausted',
  ],
  'loops in a regular expression': ['/(a+)+$/.test("a".repeat(40) + "!")', 'computrons-exhausted'],
  'loops in a getter of what it answers': [
    'return new Proxy({}, { ownKeys: () => { for (;;); } })',
    'computrons-exhausted',
  ],
}

for (const [name, [code, rejected]] of Object.entries(faults)) {
  // Dy1, Sy1.
  test(`a vat that ${name} is undone to the byte, and the sender is told`, async () => {
    const honest = await world.root('honest')
    await world.run('honest', 'me.heard = []; me.ear = Far("ear", { hear: (n) => { me.heard.push(n) } })')
    const ear = await world.run('honest', 'return me.ear')
    const before = await world.imageOf('rogue')
    const entries = (await world.transcript('rogue')).length
    const rejection = rejectionOf(
      await world.outcome(
        'rogue',
        'run',
        `const [honest, ear] = args; me.counter.add(); baggage.init('left', 1n); E(ear).hear(1n); ${code}`,
        honest,
        ear,
      ),
      rejected,
    )
    assert.match(rejection.message, /vat rogue \(v2\)/)
    assert.equal(rejection.vat, 'v2')
    assert.equal(await world.imageOf('rogue'), before)
    assert.equal((await world.transcript('rogue')).length, entries)
    assert.deepEqual(await world.run('honest', 'return [...me.heard]'), [], 'nothing that it sent went out')
    assert.equal(
      await world.run('rogue', 'return me.counter.add()'),
      await world.run('rogue', 'return me.counter.add()').then((n) => (n as bigint) - 1n),
    )
  })
}

test('a vat that recurses for ever gets an exception it can catch', async () => {
  assert.equal(
    await world.run('rogue', 'const f = () => f() + 1; try { f() } catch (error) { return error.name }'),
    'RangeError',
  )
  assert.ok(
    reasonOf(await world.outcome('rogue', 'run', 'const f = () => f() + 1; return f()')) instanceof Error,
  )
})

const refusing = (code: string): object => ({
  begin: `{"batch":[],"result":{"kind":"refused","refusal":{"code":${JSON.stringify(code)},"message":"as I say","names":["x"],"stack":""}}}`,
})

/** What a malicious supervisor says of a start, and with what code the start is refused. */
const liesAtStart: Readonly<Record<string, readonly [parameters: object, code: string, message: RegExp]>> = {
  'refuses its start with a code that a supervisor has': [refusing('start/threw'), 'start/threw', /as I say/],
  'refuses its start with a code that there is not': [
    refusing('start/bored'),
    'start/fault',
    /end of the delivery has no result/,
  ],
  'refuses its start with a text of another list': [
    refusing('upgrade-refused'),
    'start/fault',
    /end of the delivery has no result/,
  ],
  'refuses its start with what only the kernel says': [
    refusing('start/parameters-unknown'),
    'start/fault',
    /end of the delivery has no result/,
  ],
}
for (const [name, [parameters, code, message]] of Object.entries(liesAtStart)) {
  test(`a supervisor that ${name}: ${code}`, async () => {
    const rejection = rejectionOf(await world.tryCreate('liar', { worker, parameters }), 'start-refused')
    const reason = rejection.reason as { code: string; names: readonly string[] }
    assert.equal(reason.code, code)
    assert.match(rejection.message, message)
    if (code === 'start/fault') assert.deepEqual(reason.names, ['illegal-syscall'])
    assert.equal(await world.ask('honest', 'add', 1n, 2n), 3n)
  })
}

/** Bundles that do not start, and what the reason says. */
const unstartable: Readonly<Record<string, readonly [vat: VatRecipe, code: string, message: RegExp]>> = {
  'throws at start': [{ setup: 'throw RangeError("not today")' }, 'start/threw', /RangeError: not today/],
  'rejects at start': [
    { setup: 'return Promise.reject(Error("not today"))' },
    'start/threw',
    /Error: not today/,
  ],
  'rejects with nothing': [{ setup: 'return Promise.reject()' }, 'start/threw', /undefined/],
  'never settles its start': [
    { setup: 'return new Promise(() => {})' },
    'start/never-settled',
    /still pending/,
  ],
  'waits for another vat to start': [
    { setup: 'return E(E(Far("x", { f: () => new Promise(() => {}) })).f()).g()' },
    'start/never-settled',
    /still pending/,
  ],
  'loops at start': [{ setup: 'for (;;);', ...small }, 'start/fault', /computrons/],
  'fills the heap at start': [
    { setup: 'const all = []; for (;;) all.push(new Uint8Array(1_000_000))', ...small },
    'start/fault',
    /heap/,
  ],
  'gives data for a root': [
    { source: 'export const buildRootObject = () => 5' },
    'start/root-not-remotable',
    /not a remotable/,
  ],
  'gives nothing for a root': [
    { source: 'export const buildRootObject = () => {}' },
    'start/root-not-remotable',
    /not a remotable/,
  ],
  'gives a plain object for a root': [
    { source: 'export const buildRootObject = () => ({ f: () => 1 })' },
    'start/root-not-remotable',
    /not a remotable/,
  ],
  'gives an object for a root that it has sent before': [
    {
      source:
        'export const buildRootObject = (_p: unknown, other: any) => { const root = Far("r", {}); E(other).echo(root); return root }',
    },
    'start/root-not-remotable',
    /not exported before/,
  ],
  'throws while it is evaluated': [
    { source: 'throw RangeError("at once"); export const buildRootObject = () => Far("r", {})' },
    'start/bundle-broken',
    /RangeError: at once/,
  ],
  'loops while it is evaluated': [
    { source: 'for (;;); export const buildRootObject = () => Far("r", {})', ...small },
    'start/fault',
    /computrons/,
  ],
  'has something else for buildRootObject': [
    { source: 'export const buildRootObject = 5' },
    'start/bundle-broken',
    /buildRootObject/,
  ],
  'looks for powers that it does not have': [
    {
      source:
        'declare const process: any; process.exit(1); export const buildRootObject = () => Far("r", {})',
    },
    'start/bundle-broken',
    /TypeError|ReferenceError/,
  ],
}

for (const [name, [recipe, code, message]] of Object.entries(unstartable)) {
  test(`a vat that ${name} is refused, and nothing of it is left`, async () => {
    const vats = await world.controller.vats()
    const parameters = recipe.source === undefined ? undefined : await world.root('honest')
    const rejection = rejectionOf(
      await world.tryCreate('hopeless', parameters === undefined ? recipe : { ...recipe, parameters }),
      'start-refused',
    )
    assert.equal(rejection.reason?.code, code)
    assert.match(rejection.reason.message, message)
    assert.match(rejection.message, /vat hopeless \(v\d+\) did not start/)
    assert.deepEqual(await world.controller.vats(), vats)
    const rows = [...(await world.rows('kernel')).keys()].filter(
      (key) => key.includes(`.${rejection.vat}.`) || key.endsWith(`.${rejection.vat}`),
    )
    assert.deepEqual(rows, [])
    assert.equal((await world.rows(`vat/${rejection.vat}`)).size, 0)
  })
}

test('a bundle that does not parse as a script is refused at its start', async () => {
  const id = await world.installBundle(rawBundle('('))
  const rejection = rejectionOf(
    await world.settle(await world.controller.createVat('hopeless', id)),
    'start-refused',
  )
  assert.equal(rejection.reason?.code, 'start/bundle-broken')
  assert.match(rejection.reason.message, /SyntaxError/)
})

test('messages to a vat that does not start are rejected', async () => {
  const request = await world.controller.createVat('hopeless', await world.install(), {
    parameters: { setup: 'throw Error("no")' },
  })
  const sent = await world.controller.send('hopeless', 'echo', [])
  await world.settle(request)
  rejectionOf(await world.take(sent), 'vat-terminated')
})

// --- deliveries that are no messages

/** Ways for a notification to go wrong in the supervisor. */
for (const [how, code] of [
  ['throw', 'worker-trapped'],
  ['loop', 'computrons-exhausted'],
  ['{"batch":[{"kind":"exit"}],"result":{"kind":"ok"}}', 'illegal-syscall'],
] as const) {
  test(`a notification that ends with ${how} suspends the vat; its deliveries wait and an upgrade delivers them in order`, async () => {
    const name = `patient-${code}`
    await world.create(name, { worker, ...small })
    const log = await world.run(
      'honest',
      'me.log = []; return Far("log", { note: (n) => { me.log.push(n) } })',
    )
    await world.ask(name, 'arm', 'notify', how)
    const subscribe = `[{"kind":"send","target":"o-1","methargs":{"body":"#[\\"echo\\",[]]","slots":[]},"result":"p+1"},{"kind":"resolve","resolutions":[{"promise":$R,"outcome":"fulfilled","data":{"body":"#1","slots":[]}}]}]`
    await world.ask(name, 'finish', subscribe, await world.root('honest'))
    const { status } = await world.controller.vat(name)
    assert.equal(status.kind, 'suspended')
    assert.equal(status.kind === 'suspended' && status.cause, code)

    const waiting = []
    for (let n = 1n; n <= 5n; n += 1n)
      waiting.push(
        await world.controller.send(name, 'run', ['E(args[0]).note(args[1]); return args[1]', log, n]),
      )
    await world.controller.run()
    assert.equal((await world.controller.vat(name)).parked, 6, 'the notification is the first')
    assert.deepEqual(await world.controller.status(waiting[0]!), { kind: 'pending' })
    await world.reopen()

    const upgraded = answerOf(await world.upgrade(name)) as { collectionSkipped: string }
    assert.match(upgraded.collectionSkipped, /suspended/)
    const answers = []
    for (const one of waiting) answers.push(answerOf(await world.take(one)))
    assert.deepEqual(answers, [1n, 2n, 3n, 4n, 5n])
    assert.deepEqual(await world.run('honest', 'return [...me.log]'), [1n, 2n, 3n, 4n, 5n])
    assert.deepEqual(
      [(await world.controller.vat(name)).status.kind, (await world.controller.vat(name)).parked],
      ['running', 0],
    )
  })
}

test('a suspended vat whose upgrade fails stays suspended, and what waits goes on waiting', async () => {
  await world.create('stuck', { worker, ...small })
  await world.ask('stuck', 'arm', 'notify', 'throw')
  await world.ask(
    'stuck',
    'finish',
    '[{"kind":"send","target":"o-1","methargs":{"body":"#[\\"echo\\",[]]","slots":[]},"result":"p+1"},{"kind":"resolve","resolutions":[{"promise":$R,"outcome":"fulfilled","data":{"body":"#1","slots":[]}}]}]',
    await world.root('honest'),
  )
  const waits = await world.controller.send('stuck', 'add', [1n, 1n])
  rejectionOf(await world.upgrade('stuck', { setup: 'throw Error("no")' }), 'upgrade-refused')
  assert.deepEqual(
    [(await world.controller.vat('stuck')).status.kind, (await world.controller.vat('stuck')).parked],
    ['suspended', 2],
  )
  answerOf(await world.upgrade('stuck'))
  assert.equal(answerOf(await world.take(waits)), 2n)
})

/** With what a handler of the timer may reject. */
const answers: Readonly<Record<string, string>> = {
  'is no smallcaps': 'no smallcaps',
  'is no JSON': '#{',
  'names a slot that there is not': '#"$7"',
  'is nothing at all': '',
  'is nested deeper than data may be': `#${'['.repeat(300)}${']'.repeat(300)}`,
}
for (const [name, body] of Object.entries(answers)) {
  test(`a handler of a repeated wakeup that rejects with what ${name} is not woken again, and nobody else notices`, async () => {
    const { controller } = world
    const timer = await controller.timer()
    const { root } = await world.create(`sleeper-${Object.keys(answers).indexOf(name)}`, { worker })
    await controller.sendOnly(timer, 'repeatAfter', [10n, 10n, root as Remote<WakeupHandler>])
    await controller.run()
    // Her second promise is the result of `wake`.
    const data = { body, slots: [] }
    const reject = JSON.stringify({
      batch: [{ kind: 'resolve', resolutions: [{ promise: 'p-2', outcome: 'rejected', data }] }],
      result: { kind: 'ok' },
    })
    assert.equal(answerOf(await world.outcome(root, 'arm', 'message', reject)), undefined)
    await controller.advanceTime((await controller.currentTime()) + 10n)
    await controller.run()
    assert.ok(
      ![...(await world.rows('kernel')).keys()].some((key) => key.startsWith('wakeup.')),
      'the repetition has ended',
    )
    assert.deepEqual(await world.ask('honest', 'echo', 5n), [5n])
  })
}
