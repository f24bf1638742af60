/**
 * Replacing the code of a vat by replay: what lives on, what makes it differ, and what a patch may change.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Rejection, ReplayRefusal, ReplayUpgrade } from '../../src/protocol/results.ts'
import type { Remote, Status } from '../../src/host/index.ts'
import {
  answerOf,
  forTheFile,
  openWorld,
  puppet,
  rejectionOf,
  type VatRecipe,
  type World,
} from '../kit/world.ts'

const world = await openWorld(forTheFile, { vats: { friend: puppet }, config: { snapshotInterval: 7 } })

/** A vat that counts in its heap, keeps a promise open, and answers with what `fee` says. */
const teller = (fee: string, more = ''): VatRecipe => ({
  source: `import { E, Far, patched } from 'heirloom/vat'
    export function buildRootObject(_powers, parameters, baggage) {
      let count = 0n
      let settle
      const waiters = []
      void patched
      return Far('teller', {
        add(n) { count += n; return count },
        fee(amount) { return ${fee} },
        later() { return new Promise((resolve) => { settle = resolve }) },
        settle(value) { settle(value) },
        thing() { return Far('thing', { count: () => count }) },
        tell(whom, what) { return E(whom).echo(what) },
        parameters() { return parameters },
        store(key, value) { if (baggage.has(key)) baggage.set(key, value); else baggage.init(key, value) },
        ${more}
      })
    }`,
})

let next = 1
async function newTeller(recipe = teller('amount / 100n'), from: World = world): Promise<string> {
  const name = `teller${next++}`
  await from.create(name, { ...recipe, parameters: { name: 'first' } })
  return name
}

const replace = async (
  name: string,
  recipe: VatRecipe,
  mode: 'replay' | 'auto' = 'replay',
  from: World = world,
): Promise<Status> =>
  from.settle(await from.controller.upgradeVat(name, await from.install(recipe), { mode }))

/** Some work of all sorts; gives the object that the teller exports. */
async function work(name: string, from: World = world): Promise<Remote> {
  for (let n = 1n; n <= 10n; n += 1n) await from.ask(name, 'add', n)
  await from.ask(name, 'store', 'key', 'value')
  assert.deepEqual(await from.ask(name, 'tell', await from.root('friend'), 'hello'), ['hello'])
  return (await from.ask(name, 'thing')) as Remote
}

/** The incarnation of a vat, what it stores, and its names. */
async function estateOf(name: string): Promise<unknown> {
  const { vat, incarnation } = await world.controller.vat(name)
  const names = [...(await world.rows('kernel'))].filter(([key]) => key.startsWith(`c.${vat}.`))
  return [incarnation, await world.rows(`vat/${vat}`), names]
}

// U1.
test('heap, ephemeral exports and open promises live on in code that does the same', async () => {
  const name = await newTeller()
  const thing = await work(name)
  const later = await world.controller.send(name, 'later')
  await world.controller.run()
  const before = await estateOf(name)
  const { computrons, ...result } = answerOf(
    await replace(name, teller('amount / 100n', "extra() { return 'new' },")),
  ) as ReplayUpgrade
  assert.ok(computrons > 0n)
  assert.deepEqual(result, {
    mode: 'replay',
    incarnationNumber: 0,
    abandonedExports: 0,
    disconnectedPromises: 0,
    deliveries: 16,
  })
  assert.deepEqual(await estateOf(name), before)
  assert.equal(await world.ask(name, 'extra'), 'new')
  assert.equal(await world.ask(name, 'add', 1n), 56n)
  assert.equal(await world.ask(thing, 'count'), 56n)
  await world.ask(name, 'settle', 'kept')
  assert.equal(answerOf(await world.take(later)), 'kept')
  assert.deepEqual(await world.ask(name, 'parameters'), { name: 'first' })
})

// U3.
test('the new code is there after an eviction, and after the store was opened again', async () => {
  const name = await newTeller()
  await work(name)
  answerOf(await replace(name, teller('amount / 100n', "extra() { return 'new' },")))
  await world.controller.evictWorkers()
  assert.equal(await world.ask(name, 'extra'), 'new')
  await world.reopen()
  assert.equal(await world.ask(name, 'add', 1n), 56n)
  assert.equal(await world.ask(name, 'extra'), 'new')
})

test('a second replay begins with the start of the incarnation again', async () => {
  const name = await newTeller()
  await work(name)
  answerOf(await replace(name, teller('amount / 100n', 'two() { return 2n },')))
  assert.equal(await world.ask(name, 'two'), 2n)
  answerOf(await replace(name, teller('amount / 100n', 'two() { return 2n }, three() { return 3n },')))
  assert.deepEqual(
    [await world.ask(name, 'two'), await world.ask(name, 'three'), await world.ask(name, 'add', 0n)],
    [2n, 3n, 55n],
  )
})

test('code that did something else is refused with the delivery and both syscalls, and changes nothing', async () => {
  const name = await newTeller()
  await work(name)
  await world.ask(name, 'fee', 1000n)
  await world.ask(name, 'add', 1n)
  const before = await world.imageOf(name)
  const rejection = rejectionOf(await replace(name, teller('amount / 50n')), 'upgrade-refused')
  const reason = rejection.reason as ReplayRefusal
  assert.equal(reason.code, 'replay/diverged')
  assert.equal(reason.divergence?.why, 'differs')
  assert.match(reason.divergence?.delivery ?? '', /\[\\"fee\\",\[\\"\+1000\\"\]\]/)
  assert.match(reason.divergence?.recorded ?? '', /resolve.*#\\"\+10\\"/)
  assert.match(reason.divergence?.sent ?? '', /resolve.*#\\"\+20\\"/)
  assert.equal(await world.imageOf(name), before)
  assert.equal(await world.ask(name, 'add', 0n), 56n)
})

const differing: Readonly<Record<string, readonly [VatRecipe, RegExp, string]>> = {
  'answers less': [teller('undefined'), /something else/, 'replay/diverged'],
  'sends more': [
    {
      source:
        teller('amount / 100n').source?.replace(
          'return E(whom)',
          'E.sendOnly(whom).echo(1n); return E(whom)',
        ) ?? '',
    },
    /something else|more than/,
    'replay/diverged',
  ],
  'sends nothing': [
    { source: teller('amount / 100n').source?.replace('return E(whom).echo(what)', 'return [what]') ?? '' },
    /something else|not send/,
    'replay/diverged',
  ],
  'does not start': [
    { source: 'export const buildRootObject = () => { throw new Error("no") }' },
    /result is another|something else|not send/,
    'replay/diverged',
  ],
  'does not evaluate': [
    { source: 'export const buildRootObject = () => {}; null.x' },
    /result is another|something else|not send/,
    'replay/diverged',
  ],
  'never ends': [
    { source: teller('amount / 100n').source?.replace('count += n', 'for (;;);') ?? '' },
    /exhausted/,
    'replay/exhausted',
  ],
}

for (const [what, [recipe, message, code]] of Object.entries(differing)) {
  test(`code that ${what} does not take over`, async () => {
    const name = await newTeller({ ...teller('amount / 100n'), computronsPerDelivery: 30_000_000n })
    await work(name)
    await world.ask(name, 'fee', 1000n)
    const { reason } = rejectionOf(await replace(name, recipe), 'upgrade-refused') as Rejection & {
      reason: ReplayRefusal
    }
    assert.equal(reason.code, code)
    assert.match(reason.message, message)
    assert.equal(reason.divergence?.why, what === 'never ends' ? 'exhausted' : 'differs')
    assert.equal(await world.ask(name, 'add', 0n), 55n)
  })
}

test('parameters cannot be given to a replay', async () => {
  const name = await newTeller()
  const bundle = await world.install(teller('amount / 100n'))
  const status = await world.settle(
    await world.controller.upgradeVat(name, bundle, { mode: 'replay', parameters: { name: 'second' } }),
  )
  assert.equal(rejectionOf(status, 'upgrade-refused').reason?.code, 'replay/parameters')
})

// --- patches

const patchedFee = "patched('half') ? amount / 50n : amount / 100n"

// Rp2.
test('a patch changes what happens from now on and nothing that happened', async () => {
  const name = await newTeller()
  assert.equal(await world.ask(name, 'fee', 1000n), 10n)
  answerOf(await replace(name, teller(patchedFee)))
  assert.equal(await world.ask(name, 'fee', 1000n), 20n)
  assert.equal(await world.ask(name, 'fee', 1000n), 20n)
  await world.controller.evictWorkers()
  assert.equal(await world.ask(name, 'fee', 1000n), 20n)
})

// Rp2.
test('a patch applies in later replays to what happened under it, and not to what was before', async () => {
  const name = await newTeller()
  await world.ask(name, 'fee', 1000n)
  answerOf(await replace(name, teller(patchedFee)))
  await world.ask(name, 'fee', 1000n)
  const again = teller("patched('third') ? amount / 33n : patched('half') ? amount / 50n : amount / 100n")
  answerOf(await replace(name, again))
  assert.equal(await world.ask(name, 'fee', 990n), 30n)
  const withoutPast = await replace(name, teller("patched('third') ? amount / 33n : amount / 50n"))
  assert.equal(rejectionOf(withoutPast, 'upgrade-refused').reason?.code, 'replay/diverged')
})

// Rp2.
test('a patch that is not asked about any more does not make a difference when the code does the same', async () => {
  const name = await newTeller(teller("(patched('one'), amount)"))
  await world.ask(name, 'fee', 5n)
  answerOf(await replace(name, teller('amount')))
  assert.equal(await world.ask(name, 'fee', 6n), 6n)
})

for (const [what, id] of Object.entries({
  'no text': '5',
  empty: "''",
  'too long': "'x'.repeat(201)",
  'half a character': "'\\ud800'",
})) {
  test(`a patch whose id is ${what} is refused`, async () => {
    const name = await newTeller(teller(`patched(${id})`))
    const status = await world.outcome(name, 'fee', 1n)
    assert.match(String(status.kind === 'rejected' && status.reason), /the id of a patch/)
  })
}

// --- auto

test('auto takes over by replay when it holds', async () => {
  const name = await newTeller()
  await work(name)
  assert.equal(
    (answerOf(await replace(name, teller('amount / 100n', 'more() {},'), 'auto')) as { mode: string }).mode,
    'replay',
  )
  assert.equal(await world.ask(name, 'add', 0n), 55n)
})

// U2.
test('auto begins the next incarnation when it does not, and says why', async () => {
  const name = await newTeller()
  await work(name)
  await world.ask(name, 'fee', 1000n)
  const result = answerOf(await replace(name, teller('amount / 50n'), 'auto')) as {
    mode: string
    incarnationNumber: number
    replayRefused: ReplayRefusal
  }
  assert.deepEqual(
    [result.mode, result.incarnationNumber, result.replayRefused.code],
    ['durable', 1, 'replay/diverged'],
  )
  assert.equal(await world.ask(name, 'add', 0n), 0n)
})

test('the admin node takes the mode', async () => {
  const name = `teller${next++}`
  const { adminNode } = await world.create(name, teller('amount / 100n'))
  await world.ask(name, 'add', 5n)
  const bundle = await world.install(teller('amount / 100n', 'more() { return true },'))
  assert.deepEqual(await world.ask(adminNode, 'upgrade', bundle, { mode: 'replay' }), {
    incarnationNumber: 0,
  })
  assert.equal((await world.controller.history(name)).at(-1)?.mode, 'replay')
  assert.deepEqual([await world.ask(name, 'more'), await world.ask(name, 'add', 0n)], [true, 5n])
  assert.match(
    rejectionOf(await world.outcome(adminNode, 'upgrade', bundle, { mode: 'fast' }), 'service-refused')
      .message,
    /mode is one of/,
  )
})

test('two nodes of which one evicts after each crank agree at every crank of a life with replays', async (t) => {
  const run = async (eviction: 'when-needed' | 'after-each-crank'): Promise<unknown> => {
    const node = await openWorld(t, {
      vats: { friend: puppet },
      config: { snapshotInterval: 5 },
      open: { eviction },
    })
    await node.create('teller', teller('amount / 100n'))
    await node.ask('teller', 'fee', 100n)
    answerOf(await replace('teller', teller(patchedFee), 'replay', node))
    await node.ask('teller', 'fee', 100n)
    await replace('teller', teller('amount'), 'replay', node)
    answerOf(await replace('teller', teller('amount'), 'auto', node))
    await node.ask('teller', 'fee', 100n)
    return [await node.activityHash(), await node.controller.heapHash('teller')]
  }
  assert.deepEqual(await run('after-each-crank'), await run('when-needed'))
})
