/** Heaps of garbage: ways to have many things, and to need none of them any more. */
import assert from 'node:assert/strict'
import type { StoreConfig } from '../../../src/host/index.ts'
import type { TranscriptEntry } from '../../../src/protocol/worker/transcript.ts'
import type { VatRecipe, World } from '../../kit/world.ts'

/**
 * No collection may take more; it is a little over half of what the vats of these tests have for a delivery.
 */
export const maxComputrons = 11_000_000
export const collectionInterval = 40
export const config: StoreConfig = { collectionInterval, computronsPerDelivery: 20_000_000n }

export const home: VatRecipe = {
  setup: `
    me.durable = defineKind(baggage, 'Box', (value) => ({ value }), { read: ({ state }) => state.value })
    me.virtual = VatData.defineKind('Passing', (value) => ({ value }), { read: ({ state }) => state.value })
    me.map = (durable) => VatData.makeScalarBigMapStore('map', { durable })
    me.set = (durable) => VatData.makeScalarBigSetStore('set', { durable })
    me.weak = (durable) => VatData.makeScalarBigWeakMapStore('weak', { durable })
  `,
}

interface Heap {
  readonly begin: string
  /** Makes number `n`. */
  readonly make: string
  /** How many are made in a delivery. */
  readonly together: number
  readonly drop?: string
}

const drop = 'me.many = undefined'

export const heaps = {
  'a durable map': { begin: 'me.many = me.map(true)', make: 'me.many.init(n, n)', together: 1_000 },
  'a virtual map': {
    begin: 'me.many = me.map(false)',
    make: 'me.many.init(`key ${n}`, { n })',
    together: 1_000,
  },
  'a durable map in the baggage': {
    begin: 'baggage.init("many", me.map(true))',
    make: 'baggage.get("many").init(n, n)',
    together: 1_000,
    drop: 'baggage.delete("many")',
  },
  'a durable map of objects': {
    begin: 'me.many = me.map(true)',
    make: 'me.many.init(n, me.durable(n))',
    together: 400,
  },
  'a durable set of objects': {
    begin: 'me.many = me.set(true)',
    make: 'me.many.add(me.durable(n))',
    together: 400,
  },
  'a weak map whose keys live': {
    begin: 'me.many = me.weak(true); me.keys ??= me.map(true)',
    make: 'if (!me.keys.has(n)) me.keys.init(n, me.durable(n)); me.many.init(me.keys.get(n), me.durable(n))',
    together: 300,
    drop: 'me.many = undefined; me.keys.clear(); me.keys = undefined',
  },
  'one key of many weak maps': {
    begin: 'me.many = me.durable(0); me.maps = me.map(true)',
    make: 'const weak = me.weak(true); me.maps.init(n, weak); weak.init(me.many, n)',
    together: 200,
    drop: 'me.many = undefined; me.maps = undefined',
  },
  'maps in maps': {
    begin: 'me.many = me.map(true)',
    make: 'const inner = me.map(true); for (let at = 0; at < 8; at += 1) inner.init(at, at); me.many.init(n, inner)',
    together: 100,
  },
  'a chain': { begin: 'me.many = me.durable(0)', make: 'me.many = me.durable(me.many)', together: 400 },
  'objects in the heap': { begin: 'me.many = []', make: 'me.many.push(me.durable(n))', together: 400 },
  'virtual objects in the heap': {
    begin: 'me.many = []',
    make: 'me.many.push(me.virtual(n))',
    together: 400,
  },
} as const satisfies Readonly<Record<string, Heap>>
export type HeapName = keyof typeof heaps

/** Makes so many, in deliveries of the vat `home`. */
export async function pile(world: World, name: HeapName, count: number): Promise<void> {
  const { begin, make, together } = heaps[name]
  await world.run('home', begin)
  for (let from = 0; from < count; from += together) {
    await world.run(
      'home',
      `for (let n = args[0]; n < args[1]; n += 1) { ${make} }`,
      from,
      Math.min(from + together, count),
    )
  }
}

export async function letGo(world: World, name: HeapName): Promise<void> {
  const heap: Heap = heaps[name]
  await world.run('home', heap.drop ?? drop)
}

/** Messages until a collection is due; its first piece is in the run-queue then, or was done. */
export async function comeDue(world: World): Promise<void> {
  for (let n = 0; n < collectionInterval; n += 1) await world.controller.sendOnly('home', 'echo', [])
}

/** Runs until the vat has collected so often that garbage is left after the last piece. */
export async function runPieces(world: World, pieces: number): Promise<void> {
  const before = (await collections(world)).length
  while ((await collections(world)).length < before + pieces) {
    assert.notEqual(
      (await world.controller.run({ cranks: 1 })).ended,
      'idle',
      'the collection came to its end too early',
    )
  }
  assert.ok(isCut((await collections(world)).at(-1)), 'there was too little garbage')
}

export const isCut = (entry: TranscriptEntry | undefined): boolean =>
  entry?.result.kind === 'ok' && entry.result.garbage === 'left'

export async function collections(world: World): Promise<TranscriptEntry[]> {
  return (await world.transcript('home')).filter(({ delivery }) => delivery.kind === 'bringOutYourDead')
}

/** The vat's own rows, but for counters. */
export async function stored(world: World): Promise<string[]> {
  const { vat } = await world.controller.vat('home')
  return [...(await world.rows(`vat/${vat}`)).keys()].filter((key) => !/^(?:next|kinds)\./.test(key))
}

/**
 * All garbage went, in pieces none of which was too large, and the vat is well. Gives how many there were.
 */
export async function checkGone(world: World, before: readonly string[], since = 0): Promise<number> {
  const pieces = (await collections(world)).slice(since)
  const most = Math.max(...pieces.map(({ computrons }) => Number(computrons)))
  assert.ok(most <= maxComputrons, `a collection took ${most} computrons`)
  assert.equal(isCut(pieces.at(-1)), false, 'the last collection left garbage')
  assert.deepEqual((await stored(world)).filter((key) => !before.includes(key)), [])
  assert.deepEqual(await world.ask('home', 'echo', 1n), [1n])
  await world.audit()
  return pieces.length
}

/** Makes three times as much as goes together, drops it, and finds it gone in more pieces than one. */
export async function checkPieces(world: World, name: HeapName): Promise<void> {
  await comeDue(world)
  await world.controller.run()
  const before = await stored(world)
  await pile(world, name, 3 * heaps[name].together)
  await letGo(world, name)
  const since = (await collections(world)).length
  await comeDue(world)
  await world.controller.run()
  assert.ok((await checkGone(world, before, since)) > 1, 'it went in one piece')
}
