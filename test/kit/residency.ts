/** Many vats that are spoken to in turn, with more or less room in memory for their workers. */
import type { OpenOptions } from '../../src/host/index.ts'
import { answerOf, openWorld, type Scope, type World } from './world.ts'

/** Counts, and sends on to the next: small, so that many fit. */
const source = `
export const buildRootObject = () => {
  let count = 0n
  return Far('counter', { next: (others) => {
    count += 1n
    const [next, ...rest] = others
    return next === undefined ? count : E(next).next(harden(rest))
  } })
}`


/**
 * Makes the vats, and sends messages through each of them, so that which was used last changes all the time.
 */
export async function courseOf(
  scope: Scope,
  vats: number,
  open: Pick<OpenOptions, 'residentWorkers' | 'trace'>,
): Promise<World> {
  const world = await openWorld(scope, { config: { snapshotInterval: 4, collectionInterval: 5 }, open })
  const bundle = await world.install({ source })
  const name = (number: number): string => `vat-${number % vats}`
  for (let number = 0; number < vats; number += 1) {
    answerOf(await world.settle(await world.controller.createVat(name(number), bundle)))
    if (number % 50 === 49) await world.forgetAll().then(() => world.controller.commit())
  }
  await world.controller.commit()
  const steps = Math.max(3, Math.floor(vats / 25))
  for (let step = 0; step < steps; step += 1) {
    const others = await Promise.all([7, 13, 29].map((stride) => world.root(name(step * 31 + stride))))
    for (const start of [step, step * 17, step]) await world.outcome(name(start), 'next', others)
    await world.forgetAll()
    if (step % 3 === 0) await world.controller.commit()
  }
  return world
}

/** What must be the same, whichever workers were in memory. */
export async function hashesOf(
  world: World,
): Promise<{ readonly activityHash: string; readonly heaps: readonly string[] }> {
  const heaps: string[] = []
  for (const { vat } of (await world.controller.vats()).filter((_, index) => index % 20 < 3))
    heaps.push(await world.controller.heapHash(vat))
  return { activityHash: await world.activityHash(), heaps }
}
