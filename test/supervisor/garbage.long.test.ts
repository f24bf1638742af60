/** A great deal of garbage: more than a vat may spend on a delivery, many times over. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openWorld } from '../kit/world.ts'
import {
  checkGone,
  collections,
  comeDue,
  config,
  home,
  letGo,
  maxComputrons,
  pile,
  runPieces,
  stored,
  type HeapName,
} from './garbage/heaps.ts'

interface Amount {
  readonly count: number
  /** In how many pieces they go at least. */
  readonly pieces: number
  /** What the first piece may take: it has the whole heap to search. */
  readonly first: number
}
const amounts = {
  'a durable map': { count: 200_000, pieces: 60, first: maxComputrons },
  'objects in the heap': { count: 100_000, pieces: 100, first: maxComputrons + 100_000 * 350 },
} as const satisfies Partial<Readonly<Record<HeapName, Amount>>>

for (const [name, { count, pieces, first }] of Object.entries(amounts) as [keyof typeof amounts, Amount][]) {
  test(`${name}: ${count} entries or objects go while the vat lives, also over an upgrade`, async (t) => {
    const one = await openWorld(t, {
      vats: { home },
      config: { ...config, computronsPerDelivery: 50_000_000n },
    })
    const before = await stored(one)
    await pile(one, name, count)
    await letGo(one, name)
    const since = (await collections(one)).length
    await comeDue(one)
    await runPieces(one, 5)
    const asked = await one.controller.upgradeVat('home', await one.install(home), {
      parameters: { setup: home.setup },
    })
    await one.settle(asked)
    await comeDue(one)
    await one.controller.run()
    const all = (await collections(one)).slice(since).map(({ computrons }) => Number(computrons))
    t.diagnostic(
      `${all.length} collections, the first of ${all[0]} computrons, the largest other one of ${Math.max(...all.slice(1))}`,
    )
    assert.ok((await checkGone(one, before, since + 1)) >= pieces)
    assert.ok((all[0] ?? 0) <= first, `the first took ${all[0]}`)
  })
}
