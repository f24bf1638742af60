/** Functions that their governor replaces: evaluated apart, checked, remembered, and kept over upgrades. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BundledVat, EndoBundle, Remote } from '../../src/host/index.ts'
import { bundleFunctionSource, bundleSource, withSpace } from '../kit/bundles.ts'
import {
  answerOf,
  forTheFile,
  openWorld,
  puppet,
  rejectionOf,
  type VatRecipe,
  type World,
} from '../kit/world.ts'

const world = await openWorld(forTheFile, { vats: { friend: puppet } })

/** What a shop is made with: its default fee, the endowments, and what else its root can do. */
interface Shop {
  readonly fee?: string
  readonly endowments?: string
  readonly more?: string
}

const shop = ({
  fee = '(amount) => amount / 100n',
  endowments = '{ floor: 3n, table }',
  more = '',
}: Shop = {}): VatRecipe => ({
  computronsPerDelivery: 30_000_000n,
  source: `import { Far, replaceable } from 'heirloom/vat'
    export function buildRootObject({ D }, _parameters, baggage) {
      const table = { rate: 7n }
      const fee = replaceable(baggage, 'fee', ${fee}, { D, endowments: ${endowments} })
      return Far('shop', {
        fee: (...args) => fee.call(...args),
        parts: () => harden({ reader: fee.reader, governor: fee.governor }),
        twice: () => replaceable(baggage, 'fee', () => 0n, { D }),
        table: () => harden({ ...table }),
        isFrozen: () => Object.isFrozen(fee.call(1n)),
        ${more}
      })
    }`,
})

interface Parts {
  readonly reader: Remote
  readonly governor: Remote
}

let next = 1
async function newShop(recipe = shop(), on: World = world): Promise<{ readonly name: string } & Parts> {
  const name = `shop${next++}`
  await on.create(name, recipe)
  return { name, ...((await on.ask(name, 'parts')) as Parts) }
}

/** The bundle cap of an installed bundle, and its id. */
async function capOf(
  bundle: BundledVat | EndoBundle,
  on: World = world,
): Promise<{ readonly id: string; readonly cap: Remote }> {
  const { id } = await on.controller.installBundle(bundle)
  return { id, cap: (await on.ask(await on.controller.vatAdmin(), 'getBundleCap', id)) as Remote }
}
const capOfFunction = async (
  source: string,
  on: World = world,
): Promise<{ readonly id: string; readonly cap: Remote }> => capOf(await bundleFunctionSource(source), on)

const entry = (number: number, bundle: string | null, current: boolean, note = ''): object => ({
  number,
  bundle,
  note,
  current,
})
const double = 'export default (amount: bigint) => amount * 2n'

const untouched = await newShop()
const doubler = await capOfFunction(double)
const friend = await world.root('friend')

test('what the governor installs is what is called from then on, with its history', async () => {
  const { name, reader, governor } = await newShop()
  assert.equal(await world.ask(name, 'fee', 500n), 5n)
  const one = await capOfFunction(double)
  const two = await capOfFunction(
    'const helper = (n: bigint) => n + 1n\nexport default function (amount: bigint) { return helper(amount) }',
  )
  assert.equal(await world.ask(governor, 'install', one.cap, 'voted'), 1)
  assert.equal(await world.ask(name, 'fee', 500n), 1000n)
  assert.equal(await world.ask(governor, 'install', two.cap), 2)
  assert.equal(await world.ask(name, 'fee', 500n), 501n)
  const all = [entry(0, null, false, 'default'), entry(1, one.id, false, 'voted'), entry(2, two.id, true)]
  assert.deepEqual(await world.ask(reader, 'installed'), all)
  assert.deepEqual(await world.ask(governor, 'installed', 1, 1), all.slice(1, 2))
  assert.deepEqual(await world.ask(reader, 'installed', 3), [])
})

test('any function that was in place is put there again, the default one too', async () => {
  const { name, reader, governor } = await newShop()
  await world.ask(governor, 'install', (await capOfFunction(double)).cap)
  await world.ask(governor, 'install', (await capOfFunction('export default () => 9n')).cap)
  await world.ask(governor, 'revert', 1)
  assert.equal(await world.ask(name, 'fee', 500n), 1000n)
  await world.ask(governor, 'revert', 0)
  assert.equal(await world.ask(name, 'fee', 500n), 5n)
  assert.deepEqual(
    ((await world.ask(reader, 'installed')) as { current: boolean }[]).map(({ current }) => current),
    [true, false, false],
  )
})

// --- what is not taken

const refusedInstalls: Readonly<Record<string, readonly [source: string, message: RegExp]>> = {
  'throws while it is evaluated': ['throw new RangeError("no"); export default () => 1n', /RangeError: no/],
  'exports a number': ['export default 5n', /does not export a function as default/],
  'exports an object': ['export default { call() {} }', /does not export a function as default/],
  'needs what is not endowed': [
    'declare const clock: { now(): bigint }\nconst now = clock.now()\nexport default () => now',
    /TypeError/,
  ],
  'reaches for the powers of the vat': [
    'declare const VatData: { makeKindHandle(tag: string): object }\nVatData.makeKindHandle("x")\nexport default () => 1n',
    /makeKindHandle/,
  ],
  'changes an endowment': [
    'declare const table: { rate: bigint }\ntable.rate = 8n\nexport default () => 1n',
    /TypeError/,
  ],
  'changes an intrinsic': ['Array.prototype.map = () => []\nexport default () => 1n', /TypeError/],
}

for (const [what, [source, message]] of Object.entries(refusedInstalls)) {
  test(`a function that ${what} is refused and the old one stays`, async () => {
    const { name, reader, governor } = await newShop()
    const refusal = (await world.refusal(governor, 'install', (await capOfFunction(source)).cap)) as Error & {
      code: string
    }
    assert.equal(refusal.code, 'function/refused')
    assert.match(refusal.message, message)
    assert.deepEqual(
      [
        await world.ask(name, 'fee', 500n),
        await world.ask(reader, 'installed'),
        await world.ask(name, 'table'),
      ],
      [5n, [entry(0, null, true, 'default')], { rate: 7n }],
    )
  })
}

test('a function that loops while it is evaluated costs the delivery, and the old one stays', async () => {
  const { name, reader, governor } = await newShop()
  rejectionOf(
    await world.outcome(governor, 'install', (await capOfFunction('for (;;);\nexport default () => 1n')).cap),
    'computrons-exhausted',
  )
  assert.deepEqual(
    [await world.ask(name, 'fee', 500n), await world.ask(reader, 'installed')],
    [5n, [entry(0, null, true, 'default')]],
  )
})

test('bundles of other sorts are refused and the old function stays', async () => {
  const { name, governor } = await newShop()
  const vat = await bundleSource('export const buildRootObject = () => Far("r", {})')
  const endo: EndoBundle = { moduleFormat: 'nestedEvaluate', source: '() => ({ default: () => 1n })' }
  for (const bundle of [vat, endo]) {
    assert.equal(
      ((await world.refusal(governor, 'install', (await capOf(bundle)).cap)) as { code?: string }).code,
      'function/refused',
    )
  }
  assert.equal(await world.ask(name, 'fee', 500n), 5n)
})

test('a bundle of bundle-source that exports a function as default is taken', async () => {
  const { name, governor } = await newShop()
  const endo: EndoBundle = {
    moduleFormat: 'getExport',
    source: 'function getExport() { return { default: (n) => n + floor } }',
  }
  await world.ask(governor, 'install', (await capOf(endo)).cap)
  assert.equal(await world.ask(name, 'fee', 500n), 503n)
})

const garbage: Readonly<
  Record<string, readonly [method: string, args: readonly unknown[], message: RegExp]>
> = {
  'an install of nothing': ['install', [], /D takes a bundle cap/],
  'an install of a text': ['install', ['b1-00'], /D takes a bundle cap/],
  'an install of another object': ['install', [friend], /D takes a bundle cap/],
  'a note that is no text': ['install', [doubler.cap, 5n], /a note is a text/],
  'a note that is too long': [
    'install',
    [doubler.cap, 'x'.repeat(10_001)],
    /a note is a text of at most 10000/,
  ],
  'a revert to what was never there': ['revert', [1], /there is no function 1; the last one is 0/],
  'a revert to a negative number': ['revert', [-1], /there is no function -1/],
  'a revert to a text': ['revert', ['0'], /there is no function 0/],
  'a revert to nothing': ['revert', [], /there is no function undefined/],
  'a list from a text': ['installed', ['0'], /installed takes a number/],
  'a list without end': ['installed', [0, -1], /installed takes a number/],
}

for (const [what, [method, args, message]] of Object.entries(garbage)) {
  test(`${what} is refused and changes nothing`, async () => {
    assert.match(String(await world.refusal(untouched.governor, method, ...args)), message)
    assert.deepEqual(
      [await world.ask(untouched.name, 'fee', 500n), await world.ask(untouched.reader, 'installed')],
      [5n, [entry(0, null, true, 'default')]],
    )
  })
}

test('the reader installs nothing', async () => {
  const { reader } = await newShop()
  assert.match(String(await world.refusal(reader, 'install', (await capOfFunction(double)).cap)), /install/)
})

test('a default that is no function, and the name a second time in an incarnation, are refused', async () => {
  const bad = await world.tryCreate('bad', shop({ fee: '5n' }))
  assert.match(rejectionOf(bad, 'start-refused').message, /the default of fee is a function/)
  const { name } = await newShop()
  assert.match(String(await world.refusal(name, 'twice')), /replaceable fee/)
})

test('no vat is made of a function', async () => {
  const rejection = rejectionOf(
    await world.settle(await world.controller.createVat('none', (await capOfFunction(double)).id)),
    'start-refused',
  )
  assert.equal(rejection.reason?.code, 'start/bundle-broken')
  assert.match(rejection.message, /does not export a function buildRootObject/)
})

// --- what a function reaches

const probe =
  'const seen = ["Compartment", "harden", "VatData", "HandledPromise", "console", "D", "vatPowers", "baggage", "floor", "table", "mark"]'

test('a function reaches the language, its endowments, and nothing else', async () => {
  const { name, governor } = await newShop()
  await world.ask(
    governor,
    'install',
    (await capOfFunction(`${probe}\nexport default () => seen.filter((name) => name in globalThis)`)).cap,
  )
  assert.deepEqual(await world.ask(name, 'fee'), [
    'Compartment',
    'harden',
    'HandledPromise',
    'floor',
    'table',
  ])
})

test('functions share nothing with each other, not even with another of the same bundle', async () => {
  const { name, governor } = await newShop()
  const marking = await capOfFunction(
    'declare global { var mark: bigint | undefined }\nglobalThis.mark = (globalThis.mark ?? 0n) + 1n\nexport default () => globalThis.mark',
  )
  for (const number of [1, 2]) {
    assert.equal(await world.ask(governor, 'install', marking.cap), number)
    assert.equal(await world.ask(name, 'fee'), 1n)
  }
  await world.ask(
    governor,
    'install',
    (await capOfFunction(`${probe}\nexport default () => seen.includes("mark") && "mark" in globalThis`)).cap,
  )
  assert.equal(await world.ask(name, 'fee'), false)
})

test('what a function gives is hardened, and what it throws is thrown', async () => {
  const { name, governor } = await newShop()
  await world.ask(governor, 'install', (await capOfFunction('export default () => ({ list: [1n] })')).cap)
  assert.equal(await world.ask(name, 'isFrozen'), true)
  await world.ask(
    governor,
    'install',
    (await capOfFunction('export default () => { throw new RangeError("too much") }')).cap,
  )
  assert.match(String(await world.refusal(name, 'fee')), /RangeError: too much/)
})

// --- what outlives what

test('function, history and both facets outlive an upgrade, in the hands of other vats too', async () => {
  const { name, reader, governor } = await newShop()
  await world.ask('friend', 'put', 'governor', governor)
  const { id, cap } = await capOfFunction(double)
  await world.ask(governor, 'install', cap, 'voted')
  answerOf(await world.upgrade(name, shop({ fee: '() => 77n' })))
  assert.equal(await world.ask(name, 'fee', 500n), 1000n)
  const parts = (await world.ask(name, 'parts')) as Parts
  assert.deepEqual([parts.reader.kref, parts.governor.kref], [reader.kref, governor.kref])
  assert.deepEqual(await world.ask(reader, 'installed'), [
    entry(0, null, false, 'default'),
    entry(1, id, true, 'voted'),
  ])
  await world.run('friend', 'return E(me.governor).revert(0)')
  assert.equal(await world.ask(name, 'fee', 500n), 77n, 'the default is of the new code')
  await world.run('friend', 'return E(me.governor).revert(1)')
  assert.equal(await world.ask(name, 'fee', 500n), 1000n)
})

test('in an heir without its endowments a function cannot be called, and another can be installed', async () => {
  const { name, reader, governor } = await newShop()
  const flooring = await capOfFunction(
    'declare const floor: bigint\nexport default (amount: bigint) => amount + floor',
  )
  await world.ask(governor, 'install', flooring.cap)
  assert.equal(await world.ask(name, 'fee', 500n), 503n)
  answerOf(await world.upgrade(name, shop({ endowments: '{ table, more: 1n }' })))
  for (const attempt of ['first', 'second']) {
    const refusal = (await world.refusal(name, 'fee', 500n)) as Error & { code: string }
    assert.equal(refusal.code, 'function/unloadable', attempt)
    assert.match(refusal.message, /fee: function 1 cannot be evaluated: .* without the endowment floor/)
  }
  assert.equal(((await world.refusal(governor, 'revert', 1)) as { code?: string }).code, 'function/refused')
  await world.ask(governor, 'revert', 0)
  assert.equal(await world.ask(name, 'fee', 500n), 5n)
  assert.equal(await world.ask(governor, 'install', (await capOfFunction(double)).cap), 2)
  assert.equal(await world.ask(name, 'fee', 500n), 1000n)
  answerOf(await world.upgrade(name, shop()))
  await world.ask(governor, 'revert', 1)
  assert.equal(await world.ask(name, 'fee', 500n), 503n, 'with its endowments back it is called again')
  assert.equal(((await world.ask(reader, 'installed')) as unknown[]).length, 3)
})

test('an heir that leaves the replaceable out is refused', async () => {
  const { name } = await newShop()
  assert.deepEqual(rejectionOf(await world.upgrade(name, puppet), 'upgrade-refused').reason?.names, [
    'replaceable fee',
  ])
})

const passages: Readonly<Record<string, (on: World, name: string) => Promise<unknown>>> = {
  'an eviction': (on) => on.controller.evictWorkers(),
  'closing and opening the store': (on) => on.reopen(),
  'an upgrade by replay': async (on, name) =>
    answerOf(
      await on.settle(
        await on.controller.upgradeVat(
          name,
          (await on.controller.installBundle(withSpace(await bundleSource(shop().source ?? '')))).id,
          { mode: 'replay' },
        ),
      ),
    ),
  'an upgrade that fails': async (on, name) =>
    rejectionOf(
      await on.upgrade(name, { source: 'export const buildRootObject = () => { throw Error("no") }' }),
      'upgrade-refused',
    ),
  'an upgrade, closing, opening and another upgrade': async (on, name) => {
    answerOf(await on.upgrade(name, shop()))
    await on.reopen()
    answerOf(await on.upgrade(name, shop()))
  },
}

for (const [what, pass] of Object.entries(passages)) {
  test(`what was installed is called after ${what}, whether the worker was in memory or not`, async (t) => {
    const own = await openWorld(t, { config: { snapshotInterval: 7 } })
    const { name, governor } = await newShop(shop(), own)
    await own.ask(governor, 'install', (await capOfFunction(double, own)).cap)
    assert.equal(await own.ask(name, 'fee', 500n), 1000n)
    await pass(own, name)
    assert.equal(await own.ask(name, 'fee', 500n), 1000n)
    await own.controller.evictWorkers()
    assert.equal(await own.ask(name, 'fee', 4n), 8n)
    await own.ask(governor, 'install', (await capOfFunction('export default () => 9n', own)).cap)
    await own.reopen()
    assert.equal(await own.ask(name, 'fee', 4n), 9n)
  })
}
