/**
 * Where a host commits is its own affair: the same inputs with commits anywhere give the same hashes. Used by
 * `commits.test.ts` and `commits.long.test.ts`.
 *
 * The work does what a kernel remembers with its place in time: it suspends and resumes a vat, upgrades and
 * ends vats, pauses the kernel, and has vats ask for their status. Snapshots fall due at every third
 * delivery.
 */
import { readRows } from '../kit/rows.ts'
import { openWorld, type Scope, type World } from '../kit/world.ts'
import { found, play, steps } from './lives.ts'

const config = { snapshotInterval: 3, collectionInterval: 7 }

/** What is done after a step. */
export type Interlude = 'nothing' | 'commit' | 'two commits' | 'commit and reopen'

export interface End {
  readonly activityHash: string
  readonly cranks: number
  readonly heaps: readonly string[]
  readonly history: unknown
  readonly kernel: ReadonlyMap<string, string>
}

export async function open(scope: Scope): Promise<World> {
  const world = await openWorld(scope, { config })
  await found(world.controller)
  return world
}

export async function end(world: World): Promise<End> {
  const { controller, directory } = world
  await controller.commit()
  const { activityHash, cranks } = await controller.storeStatus()
  const heaps = [await controller.heapHash('one'), await controller.heapHash('two')]
  return {
    activityHash,
    cranks,
    heaps,
    history: await controller.history('one'),
    kernel: readRows(directory, 'kernel'),
  }
}

export async function live(scope: Scope, interlude: (step: number) => Interlude): Promise<End> {
  const world = await open(scope)
  for (let step = 0; step < steps; step += 1) {
    await play(world.controller, step)
    const next = interlude(step)
    if (next !== 'nothing') await world.controller.commit()
    if (next === 'two commits') await world.controller.commit()
    if (next === 'commit and reopen') await world.restart()
  }
  return end(world)
}

const baseline: { of?: Promise<End> } = {}
export const never = (scope: Scope): Promise<End> => (baseline.of ??= live(scope, () => 'nothing'))
