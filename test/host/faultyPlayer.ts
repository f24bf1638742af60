/** Plays the scenario of numbered items in this process, under kernels that fail and are repaired. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { forTheFile, openWorld, type World } from '../kit/world.ts'
import {
  assertPlayed,
  numberedStore,
  play,
  putBackAll,
  upgradeToGood,
  type Order,
  type Player,
} from './numbered.ts'

const prepared = numberedStore(forTheFile)

export type Repair = (player: FaultyPlayer) => Promise<void>

/** A host in this process, under a kernel that fails. */
export class FaultyPlayer implements Player {
  readonly world: World
  readonly received: (readonly [number, unknown])[] = []
  /** How often the kernel has failed. */
  faults = 0
  readonly #repair: Repair

  constructor(world: World, repair: Repair) {
    this.world = world
    this.#repair = repair
  }

  get controller(): World['controller'] {
    return this.world.controller
  }
  async repair(): Promise<void> {
    this.faults += 1
    await this.#repair(this)
  }
  settle(): Promise<void> {
    return putBackAll(this)
  }
  receive(number: number, item: unknown): void {
    this.received.push([number, item])
  }
  tell(): void {}
}

export const upgrade: Repair = ({ controller }) => upgradeToGood(controller)

/** Plays the scenario under the kernel to its end. Gives how often the kernel failed. */
async function faultsUnder(
  t: TestContext,
  kernel: Uint8Array,
  repair: Repair,
  order: Order,
): Promise<number> {
  const world = await openWorld(t, { from: await prepared })
  const player = new FaultyPlayer(world, repair)
  await world.controller.upgradeKernel((await world.controller.installKernel(kernel)).id)
  // Its trial ends.
  await world.controller.commit()
  await play(player)
  await upgrade(player)
  await assertPlayed(world, player.received, order)
  await world.end()
  return player.faults
}

/**
 * Plays the scenario with the kernel on probation for so many cranks. Gives how often the kernel was taken
 * back, and how often it failed later.
 */
export async function returnsUnder(
  t: TestContext,
  kernel: Uint8Array,
  cranks: number,
): Promise<{ readonly returns: number; readonly faults: number }> {
  const world = await openWorld(t, { from: await prepared })
  const player = new FaultyPlayer(world, upgrade)
  const { id } = await world.controller.installKernel(kernel)
  await world.controller.upgradeKernel(id, { probation: { cranks } })
  await play(player)
  const history = await world.controller.kernelHistory()
  const returns = history.filter(({ returned }) => returned !== null).length
  await upgrade(player)
  await assertPlayed(world, player.received)
  assert.equal((await world.controller.audit({ depth: 'all' })).found, 0)
  await world.end()
  return { returns, faults: player.faults }
}

/** Fails at each point in turn, until there is none left. Gives how many there are. */
export async function sweep(
  t: TestContext,
  makeKernel: (point: number) => Promise<Uint8Array>,
  repair: Repair,
  order: Order = 'in-order',
): Promise<number> {
  for (let point = 0; ; point += 1) {
    try {
      if ((await faultsUnder(t, await makeKernel(point), repair, order)) === 0) return point
    } catch (error) {
      throw new Error(`the kernel failed at ${point}`, { cause: error })
    }
  }
}
