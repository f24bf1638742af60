/**
 * What keeps what alive: each way of holding each sort of thing, each way of losing it.
 *
 * The table is data (`things`, `holdings`, `impossible`). All cases go through one world together, in two
 * lives: in the first the holding is lost in the incarnation that made it; in the second the holding vat is
 * upgraded in between, which itself ends whatever was only in the heap or in virtual data.
 * What a case shows is read from the transcript and from the rows that are left (`docs/collection.md`).
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeliveryKind } from '../../src/protocol/worker/delivery.ts'
import type { TranscriptEntry } from '../../src/protocol/worker/transcript.ts'
import { writesOf } from '../kit/rows.ts'
import { answerOf, forTheFile, openWorld, puppet } from '../kit/world.ts'

// --- the table

/** Makes the thing `name`; `said` gives the name back through it. `given` is what another vat sent. */
const things = {
  'import': { make: 'given', outlives: true, death: ['dropImports', 'retireImports'] },
  'virtual object': { make: 'me.makeVirtual(name)', outlives: false, death: ['delete object'] },
  'durable object': { make: 'me.makeDurable(name)', outlives: true, death: ['delete object'] },
  'facet of a virtual object': {
    make: 'me.makeVirtualPair(name).b',
    outlives: false,
    death: ['delete object'],
  },
  'facet of a durable object': {
    make: 'me.makeDurablePair(name).b',
    outlives: true,
    death: ['delete object'],
  },
  'virtual collection': { make: 'me.collection(name, false)', outlives: false, death: ['delete collection'] },
  'durable collection': { make: 'me.collection(name, true)', outlives: true, death: ['delete collection'] },
  'ephemeral object': { make: 'me.ephemeral(name)', outlives: false, death: ['delete weak'] },
} as const
type Thing = keyof typeof things

interface Holding {
  /** Code over `thing` and `name`. */
  readonly hold: string
  /** Code that gives the thing, or nothing where the vat has no way to it. */
  readonly reach?: string
  /** Whether another vat is the one that reaches. */
  readonly from?: 'guest'
  /** Ways of losing, each with its code; in `guest` where it says so. */
  readonly lose: Readonly<Record<string, string>>
  /** Holds durable data only: what ends with the incarnation is refused. */
  readonly durableOnly?: true
  /** Whether it survives an upgrade of the vat, as far as the thing itself does. */
  readonly survives: boolean
  /** In virtual data: after an upgrade the heir lets go of what it held, in bounded steps. */
  readonly leftover?: true
  /** Another vat has it as a key of a weak collection. */
  readonly recognised?: true
  /** It does not keep the thing. */
  readonly weak?: true
}

const inGuest = (code: string): string => `return E(me.guest).run(${JSON.stringify(code)}, name, thing)`
const guestDrops = 'the other vat drops it'
const guestUpgraded = 'the other vat is upgraded'
const guestUpgradedFirst = 'the other vat is upgraded, and then drops it'
const virtualStore = 'VatData.makeScalarBigMapStore("holder")'
const durableStore = 'VatData.makeScalarBigMapStore("holder", { durable: true })'

const holdings: Readonly<Record<string, Holding>> = {
  'a variable of the heap': {
    hold: 'me[name] = thing',
    reach: 'me[name]',
    lose: { cleared: 'me[name] = undefined', overwritten: 'me[name] = {}' },
    survives: false,
  },
  'a variable of the heap, while another vat has it as a weak key': {
    hold: `me[name] = thing; ${inGuest('me.weakMap ??= new WeakMap(); me.weakMap.set(args[1], 1n)')}`,
    reach: 'me[name]',
    lose: { cleared: 'me[name] = undefined' },
    recognised: true,
    survives: false,
  },
  'a closure': {
    hold: 'me[name] = () => thing',
    reach: 'me[name]()',
    lose: { dropped: 'me[name] = undefined' },
    survives: false,
  },
  'a value of a Map': {
    hold: 'me.map.set(name, thing)',
    reach: 'me.map.get(name)',
    lose: { 'entry deleted': 'me.map.delete(name)', overwritten: 'me.map.set(name, 1)' },
    survives: false,
  },
  'a value of a WeakMap under a live object': {
    hold: 'me.weakMap.set((me[name] = {}), thing)',
    reach: 'me.weakMap.get(me[name])',
    lose: {
      'entry deleted': 'me.weakMap.delete(me[name])',
      overwritten: 'me.weakMap.set(me[name], 1)',
      'key dropped': 'me[name] = undefined',
    },
    survives: false,
  },
  'a value of a WeakMap under a stored object': {
    hold: 'baggage.init(name, me.makeDurable("key")); me.weakMap.set(baggage.get(name), thing)',
    reach: 'me.weakMap.get(baggage.get(name))',
    lose: { 'entry deleted': 'me.weakMap.delete(baggage.get(name))', 'key dropped': 'baggage.delete(name)' },
    survives: false,
  },
  'a virtual object': {
    hold: 'me[name] = me.makeVirtual(thing)',
    reach: 'me[name].said()',
    lose: { overwritten: 'me[name].set(1n)', 'holder dropped': 'me[name] = undefined' },
    leftover: true,
    survives: false,
  },
  'a durable object': {
    hold: 'baggage.init(name, me.makeDurable(thing))',
    reach: 'baggage.get(name).said()',
    lose: { overwritten: 'baggage.get(name).set(1n)', 'holder dropped': 'baggage.delete(name)' },
    durableOnly: true,
    survives: true,
  },
  'a value of a virtual map': {
    hold: `me[name] = ${virtualStore}; me[name].init(1n, thing)`,
    reach: 'me[name].get(1n)',
    lose: {
      'entry deleted': 'me[name].delete(1n)',
      overwritten: 'me[name].set(1n, 1n)',
      'holder dropped': 'me[name] = undefined',
    },
    leftover: true,
    survives: false,
  },
  'a value of a durable map': {
    hold: `baggage.init(name, ${durableStore}); baggage.get(name).init(1n, thing)`,
    reach: 'baggage.get(name).get(1n)',
    lose: {
      'entry deleted': 'baggage.get(name).delete(1n)',
      overwritten: 'baggage.get(name).set(1n, 1n)',
      'holder dropped': 'baggage.delete(name)',
      cleared: 'baggage.get(name).clear()',
    },
    durableOnly: true,
    survives: true,
  },
  'a key of a virtual map': {
    hold: `me[name] = ${virtualStore}; me[name].init(thing, 1n)`,
    reach: '[...me[name].keys()][0]',
    lose: {
      'entry deleted': 'me[name].delete([...me[name].keys()][0])',
      'holder dropped': 'me[name] = undefined',
    },
    leftover: true,
    survives: false,
  },
  'a key of a durable set': {
    hold: 'baggage.init(name, VatData.makeScalarBigSetStore("holder", { durable: true })); baggage.get(name).add(thing)',
    reach: '[...baggage.get(name).keys()][0]',
    lose: {
      'entry deleted': 'baggage.get(name).delete([...baggage.get(name).keys()][0])',
      'holder dropped': 'baggage.delete(name)',
      cleared: 'baggage.get(name).clear()',
    },
    durableOnly: true,
    survives: true,
  },
  'a value of a weak map under a live key': {
    hold: `baggage.init(name, me.makeDurable("key")); baggage.get("weak values").init(baggage.get(name), thing)`,
    reach: 'baggage.get("weak values").get(baggage.get(name))',
    lose: {
      'entry deleted': 'baggage.get("weak values").delete(baggage.get(name))',
      'key dropped': 'baggage.delete(name)',
    },
    durableOnly: true,
    survives: true,
  },
  'the baggage': {
    hold: 'baggage.init(name, thing)',
    reach: 'baggage.get(name)',
    lose: { 'entry deleted': 'baggage.delete(name)', overwritten: 'baggage.set(name, 1n)' },
    durableOnly: true,
    survives: true,
  },
  'an argument of a watched promise': {
    hold: `VatData.watchPromise(E(me.owner).run("return new Promise((resolve) => { me[args[0]] = resolve })", name), me.watcher, thing)`,
    lose: { 'promise settled': 'return E(me.owner).run("me[args[0]]()", name)' },
    durableOnly: true,
    survives: true,
  },
  'a named export': {
    hold: 'vatPowers.nameExport(name, Far("holder", { open: () => thing }))',
    lose: { released: 'vatPowers.releaseExport(name)' },
    survives: false,
  },
  'the heap of another vat': {
    hold: inGuest('me[args[0]] = args[1]'), reach: 'me[name]', from: 'guest',
    lose: { [guestDrops]: inGuest('me[args[0]] = undefined'), [guestUpgraded]: '' }, survives: true,
  },
  'the baggage of another vat': {
    hold: inGuest('baggage.init(args[0], args[1])'),
    reach: 'baggage.get(name)',
    from: 'guest',
    lose: {
      [guestDrops]: inGuest('baggage.delete(args[0])'),
      [guestUpgradedFirst]: inGuest('baggage.delete(args[0])'),
    },
    survives: true,
  },
  'no more than a key of a WeakMap': {
    weak: true,
    hold: 'me[name] = new WeakMap([[thing, 1n]])',
    lose: { 'holder dropped': 'me[name] = undefined' },
    survives: false,
  },
  'no more than a key of a virtual weak set': {
    weak: true,
    hold: 'me[name] = VatData.makeScalarBigWeakSetStore("holder"); me[name].add(thing)',
    lose: { 'holder dropped': 'me[name] = undefined' },
    survives: false,
  },
  'no more than a key of a durable weak map': {
    weak: true,
    hold: 'baggage.init(name, VatData.makeScalarBigWeakMapStore("holder", { durable: true })); baggage.get(name).init(thing, 1n)',
    lose: { 'holder dropped': 'baggage.delete(name)' },
    durableOnly: true,
    survives: true,
  },
}

const ofOthers = 'an import is kept by its owner, not by the vat that passes it on'
const endsHere = 'durable data cannot refer to what ends with the incarnation'

/** Why a thing cannot be held so; undefined when it can. */
function impossible(thing: Thing, { durableOnly, from, recognised }: Holding): string | undefined {
  if (durableOnly === true && !things[thing].outlives) return endsHere
  if ((from === 'guest' || recognised === true) && thing === 'import') return ofOthers
  return undefined
}

// --- the cases

const lives = ['in its incarnation', 'after an upgrade'] as const
type Life = (typeof lives)[number]
/** The upgrade itself takes the holding away. */
const byUpgrade = 'upgrade of the vat'

interface Case {
  /** `<12>`: in the text of the thing, and in nothing else that is stored. */
  readonly name: string
  readonly thing: Thing
  readonly how: string
  readonly holding: Holding
  readonly loss: string
  readonly life: Life
}

/** Whether the thing is still there in the next incarnation. */
const survives = (thing: Thing, holding: Holding): boolean => holding.survives && things[thing].outlives

function* casesOf(life: Life): Generator<Omit<Case, 'name'>> {
  for (const [how, holding] of Object.entries(holdings)) {
    for (const thing of Object.keys(things) as Thing[]) {
      if (impossible(thing, holding) !== undefined) continue
      const losses =
        life === 'after an upgrade' && !survives(thing, holding) ? [byUpgrade] : Object.keys(holding.lose)
      for (const loss of losses) yield { thing, how, holding, loss, life }
    }
  }
}

const cases = lives
  .flatMap((life) => [...casesOf(life)])
  .map((one, index): Case => ({ ...one, name: `<${index}>` }))

// --- the world

const setup = `
  const single = { said: ({ state }) => state.value, set: ({ state }, value) => { state.value = value } }
  const pair = { a: { said: ({ state }) => state.value }, b: { said: ({ state }) => state.value } }
  const init = (value) => ({ value })
  const handle = (tag) => provide(baggage, 'kind ' + tag, () => makeKindHandle(tag))
  me.makeVirtual = VatData.defineKind('Virtual', init, single)
  me.makeVirtualPair = VatData.defineKindMulti('VirtualPair', init, pair)
  me.makeDurable = VatData.defineDurableKind(handle('Durable'), init, single)
  me.makeDurablePair = VatData.defineDurableKindMulti(handle('DurablePair'), init, pair)
  me.collection = (name, durable) => { const map = VatData.makeScalarBigMapStore(name, { durable }); map.init('said', name); return map }
  // The rows of an ephemeral object are those of a weak set that knows it.
  me.witness = VatData.makeScalarBigWeakSetStore('witness')
  me.ephemeral = (name) => { const thing = Far('ephemeral', { said: () => name }); me.witness.add(thing); return thing }
  me.watcher = VatData.providePromiseWatcher(handle('watcher'), () => {}, () => {})
  me.weakMap = new WeakMap()
  me.map = new Map()
  provide(baggage, 'weak values', () => VatData.makeScalarBigWeakMapStore('weak values', { durable: true }))
  for (const name of baggage.has('labels') ? baggage.get('labels') : []) vatPowers.releaseExport(name)
`
const world = await openWorld(forTheFile, {
  vats: { home: { setup }, guest: puppet, owner: puppet },
  config: { collectionInterval: 2 },
})
const [homeRoot, guestRoot, ownerRoot] = await Promise.all([
  world.root('home'),
  world.root('guest'),
  world.root('owner'),
])
const { vat: home } = await world.controller.vat('home')
const introduce = (): Promise<unknown> =>
  world.run('home', 'me.guest = args[0]; me.owner = args[1]', guestRoot, ownerRoot)
await introduce()

/** Collections in all vats, until nothing more falls. */
async function settle(): Promise<void> {
  await world.forgetAll()
  for (let round = 0; round < 6; round += 1)
    for (const vat of ['home', 'guest', 'owner']) await world.ask(vat, 'echo')
  await world.forgetAll()
}

const inOrder = (codes: readonly string[]): string =>
  `const done = []; ${codes.map((code) => `done.push((() => { ${code} })());`).join('\n')} await Promise.all(done)`

/** Makes the things and holds them. Gives their names in the vat. */
async function holdAll(group: readonly Case[]): Promise<Map<Case, string>> {
  const before = (await world.transcript('home')).length
  const labels = group.filter(({ how }) => how === 'a named export').map(({ name }) => name)
  const code = inOrder(group.map(({ name, thing, holding }, index) =>
    `const name = '${name}', given = args[${index}]; const thing = ${things[thing].make}; ${holding.hold}`))
  // The owner keeps them: what is merely recognised here is not gone there.
  const given = `(me.things = args[2].map((name) => name === '' ? undefined : Far(name, { said: () => name })))`
  await world.run(
    'home',
    'if (args[0].length > 0) { if (baggage.has("labels")) baggage.set("labels", args[0]); else baggage.init("labels", args[0]) }',
    labels,
  )
  await world.run(
    'owner',
    `return E(args[0]).run(args[1], ...${given})`,
    homeRoot,
    code,
    group.map(({ name, thing }) => (thing === 'import' ? name : '')),
  )
  return namesOf(group, before, await world.rows(`vat/${home}`))
}

/**
 * Which vref is which: imports came in order, ephemeral ones were seen in order, stored ones say it
 * themselves.
 */
async function namesOf(
  group: readonly Case[],
  before: number,
  rows: ReadonlyMap<string, string>,
): Promise<Map<Case, string>> {
  const entries = (await world.transcript('home')).slice(before)
  const imports =
    entries
      .flatMap(({ delivery }) => (delivery.kind === 'message' ? [delivery.methargs.slots] : []))
      .find(({ length }) => length > 2) ?? []
  const ephemeral = entries
    .flatMap(({ syscalls }) => syscalls)
    .flatMap(writesOf)
    .flatMap(([key, value]) =>
      value !== null && /^weak\.o\+[0-9]+\./.test(key) ? [key.split('.')[1] ?? ''] : [],
    )
  const seen = { import: imports.values(), ephemeral: [...new Set(ephemeral)].values() }
  const stored = [...entries.flatMap(({ syscalls }) => syscalls.flatMap(writesOf)), ...rows].filter(([key]) =>
    /^(?:object|collection)\./.test(key),
  )
  return new Map(
    group.map((one) => {
      const vref =
        one.thing === 'import'
          ? seen.import.next().value
          : one.thing === 'ephemeral object'
            ? seen.ephemeral.next().value
            : stored.find(([, value]) => value?.includes(one.name))?.[0].replace(/^\w+\./, '')
      assert.ok(vref, `${one.name} ${one.thing} has a name`)
      return [one, vref]
    }),
  )
}

// --- what is seen

/** In the order of their names: what said that the thing is gone, or is on the way there. */
function endings(vref: string, entries: readonly TranscriptEntry[]): string[] {
  const isIt = (name: string): boolean => name === vref || name.startsWith(`${vref}:`)
  const said: string[] = []
  for (const { delivery, syscalls } of entries) {
    for (const syscall of syscalls) {
      const endings =
        syscall.kind === 'dropImports' || syscall.kind === 'retireImports'
          ? syscall.imports.some(isIt)
            ? [syscall.kind]
            : []
          : syscall.kind === 'retireExports'
            ? syscall.exports.some(isIt)
              ? [syscall.kind]
              : []
            : writesOf(syscall).flatMap(([key, value]) => (value === null ? [deletion(vref, key)] : []))
      for (const ending of endings) {
        if (ending !== undefined)
          said.push(
            delivery.kind === ('bringOutYourDead' satisfies DeliveryKind)
              ? ending
              : `${delivery.kind}: ${ending}`,
          )
      }
    }
  }
  // An ephemeral object may be known to more than one weak set.
  return said.filter((ending, index) => ending !== 'delete weak' || said.indexOf(ending) === index).sort()
}

function deletion(vref: string, key: string): string | undefined {
  const [table = '', ...rest] = key.split('.')
  if (table === 'object' || table === 'collection') return rest[0] === vref ? `delete ${table}` : undefined
  return /^o\+\d+$/.test(vref) &&
    table === 'weak' &&
    rest[0] === vref &&
    rest[1]?.startsWith('o+v5/') === true
    ? 'delete weak'
    : undefined
}

const rowsAbout = (vref: string, rows: ReadonlyMap<string, string>): string[] =>
  [...rows.keys()].filter((key) =>
    key.split('.').some((part) => part === vref || part === `r${vref}` || part.startsWith(`${vref}:`)),
  )

interface Evidence {
  /** After collections, before anything was lost. */
  readonly whileHeld: readonly string[]
  readonly said: string | undefined
  readonly afterUpgrade: readonly string[]
  readonly rowsHeld: readonly string[]
  readonly afterOtherUpgrade: readonly string[]
  readonly afterLoss: readonly string[]
  readonly rowsLeft: readonly string[]
  readonly entriesLeft: readonly string[]
}
const evidence = new Map<Case, Evidence>()

/** The names that the things say, through whoever holds them. */
async function sayAll(group: readonly Case[]): Promise<Map<Case, string>> {
  const said = new Map<Case, string>()
  for (const vat of ['home', 'guest'] as const) {
    const those = group.filter(
      ({ holding }) => holding.reach !== undefined && (holding.from ?? 'home') === vat,
    )
    const code = those.map(({ name, thing, holding }) => {
      const [method, args] = thing.endsWith('collection') ? ['get', '"said"'] : ['said', '']
      return `(async () => { const name = '${name}'; return E(${holding.reach}).${method}(${args}) })().catch(String)`
    })
    const answers = (await world.run(vat, `return await Promise.all([${code.join(',\n')}])`)) as string[]
    those.forEach((one, index) => said.set(one, answers[index] ?? ''))
  }
  return said
}

/** Before the other vat is upgraded: afterwards its heap holds nothing. */
const isLostFirst = ({ loss, holding }: Case): boolean => loss === guestDrops || holding.recognised === true

const loseAll = (group: readonly Case[]): Promise<unknown> =>
  world.run(
    'home',
    inOrder(
      group
        .filter(({ loss }) => loss !== byUpgrade)
        .map(
          ({ name, holding, loss }) =>
            `const name = '${name}', thing = undefined; ${holding.lose[loss] ?? ''}`,
        ),
    ),
  )

async function live(life: Life): Promise<void> {
  const group = cases.filter((one) => one.life === life)
  const start = (await world.transcript('home')).length
  const names = await holdAll(group)
  await settle()
  const said = await sayAll(group)
  await settle()
  const held = (await world.transcript('home')).length
  if (life === 'after an upgrade') {
    answerOf(await world.upgrade('home', { setup }))
    await introduce()
    await settle()
    for (const [one, text] of await sayAll(group.filter(({ loss }) => loss !== byUpgrade)))
      said.set(one, text)
    await settle()
  }
  const upgraded = (await world.transcript('home')).length
  const rowsHeld = await world.rows(`vat/${home}`)
  await loseAll(group.filter(isLostFirst))
  await settle()
  const dropped = (await world.transcript('home')).length
  answerOf(await world.upgrade('guest'))
  await settle()
  const otherUpgraded = (await world.transcript('home')).length
  await loseAll(group.filter((one) => !isLostFirst(one)))
  await settle()
  const transcript = await world.transcript('home')
  const rows = await world.rows(`vat/${home}`)
  const kernel = await world.rows('kernel')
  for (const [one, vref] of names) {
    evidence.set(one, {
      whileHeld: endings(vref, transcript.slice(start, held)),
      said: said.get(one),
      afterUpgrade: endings(vref, transcript.slice(held, upgraded)),
      rowsHeld: rowsAbout(vref, rowsHeld),
      afterOtherUpgrade: endings(vref, transcript.slice(dropped, otherUpgraded)),
      afterLoss: [
        ...endings(vref, transcript.slice(upgraded, dropped)),
        ...endings(vref, transcript.slice(otherUpgraded)),
      ],
      rowsLeft: rowsAbout(vref, rows),
      entriesLeft: [...kernel.keys()].filter(
        (key) => key === `c.${home}.${vref}` || key.startsWith(`c.${home}.${vref}:`),
      ),
    })
  }
}

for (const life of lives) await live(life)
// --- what is expected

/** Who recognises an export, and cannot reach it, is told when it is gone. */
const deathOf = ({ thing, holding }: Case): readonly string[] =>
  holding.recognised === true ? [...things[thing].death, 'retireExports'] : things[thing].death

/**
 * An import that the heap alone held goes without a word: the kernel knows what the new incarnation can still
 * name. So do exports of what ends with the incarnation: the kernel abandons them itself.
 */
function endsWithIncarnation(one: Case): readonly string[] {
  const { death, outlives } = things[one.thing]
  if (one.thing === 'import') return one.holding.leftover === true ? death : []
  return outlives ? deathOf(one) : death
}

for (const one of cases) {
  const { thing, how, holding, loss, life } = one
  test(`${thing} held by ${how}, ${life}: ${loss}`, () => {
    const death = deathOf(one)
    const seen = evidence.get(one) as Evidence
    const { whileHeld, afterUpgrade, afterLoss, rowsLeft, entriesLeft } = seen
    const isEnded = loss === byUpgrade
    if (holding.weak === true) {
      // Who knows an import as a key lets go of it, and keeps its name until the key is gone.
      assert.deepEqual(whileHeld, thing === 'import' ? ['dropImports'] : death, 'held by nothing')
      assert.deepEqual(afterUpgrade, [])
      assert.deepEqual(
        afterLoss,
        thing === 'import' && !isEnded ? ['retireImports'] : [],
        'when the key is gone',
      )
    } else {
      assert.deepEqual(whileHeld, [], 'while it is held')
      if (holding.reach !== undefined) assert.equal(seen.said, one.name, 'it works')
      assert.deepEqual(afterUpgrade, isEnded ? endsWithIncarnation(one) : [], 'in the upgrade')
      if (!isEnded && thing !== 'import') assert.notDeepEqual(seen.rowsHeld, [], 'its rows are there')
      assert.deepEqual(
        seen.afterOtherUpgrade,
        loss === guestUpgraded ? death : [],
        'in the upgrade of the other vat',
      )
      assert.deepEqual(afterLoss, isEnded || loss === guestUpgraded ? [] : death, 'when it is lost')
    }
    assert.deepEqual(rowsLeft, [], 'no rows are left')
    assert.deepEqual(entriesLeft, [], 'nobody else knows it')
  })
}

test('what ends with the incarnation is refused by all that holds durable data', async () => {
  const those = Object.entries(holdings).flatMap(([how, holding]) =>
    (Object.keys(things) as Thing[])
      .filter((thing) => impossible(thing, holding) === endsHere)
      .map((thing) => ({ how, thing, holding })),
  )
  const code = those.map(
    ({ how, thing, holding }, index) =>
      `try { const name = 'refused ${index}'; const thing = ${things[thing].make}; ${holding.hold}; told.push(${JSON.stringify(`${how}: ${thing}`)}) } catch (error) { if (!/ends with this incarnation/.test(error.message)) told.push(error.message) }`,
  )
  assert.ok(those.length > 0)
  assert.deepEqual(await world.run('home', `const told = []; ${code.join('\n')}; return told`), [])
})

const storedThings = async (): Promise<number> =>
  [...(await world.rows(`vat/${home}`)).keys()].filter((key) => /^(?:object|collection)\.o\+d/.test(key))
    .length

/** Circles that keep themselves, each with how many stored things it has for ever. */
const circles: Readonly<Record<string, readonly [make: string, stay: number]>> = {
  'a durable map and a value of it': [
    `const map = ${durableStore}; map.init('there', me.makeDurable(map))`,
    2,
  ],
  'a durable object and itself': ['const object = me.makeDurable(1n); object.set(object)', 1],
  'an entry of a WeakMap in use whose value leads to its stored key': [
    'const key = me.makeDurable(1n); me.weakMap.set(key, { key })',
    1,
  ],
  'an entry of a WeakMap out of use whose value leads to its stored key': [
    'const key = me.makeDurable(1n); new WeakMap([[key, { key }]])',
    0,
  ],
  'objects of the heap that refer to each other and to a durable one': [
    'const a = { it: me.makeDurable(1n) }; a.b = { a }',
    0,
  ],
}
for (const [name, [make, stay]] of Object.entries(circles)) {
  test(`a circle ${stay > 0 ? 'is not collected' : 'is collected'}: ${name}`, async () => {
    await settle()
    const before = await storedThings()
    await world.run('home', make)
    await settle()
    assert.equal(await storedThings(), before + stay)
  })
}
