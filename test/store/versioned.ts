/**
 * A store whose vats run on three worker versions, two of which no release shipped, with a rollout in the
 * middle; and what a host does to go on with it. Used by `worker-versions.long.test.ts` and `importing.ts`.
 */
import type { Controller, RolloutOptions } from '../../src/host/index.ts'
import { written } from '../../tools/golden/asking.ts'
import { notingSupervisor, sameSupervisor } from '../kit/supervisorVariants.ts'
import { openWorld, type Scope } from '../kit/world.ts'

export const names = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight'] as const

/** Moves two vats in a block, from the default to the version `next`; `one` and `two` are on `older`. */
const rollout = { worker: 'default', perBlock: { vats: 2 } } as const

/** Makes it, closed. Each vat has snapshots. The rollout has moved two of its six vats. */
export async function makeVersioned(scope: Scope, mode: RolloutOptions['mode'] & string): Promise<string> {
  const world = await openWorld(scope, { config: { snapshotInterval: 4 } })
  const { controller } = world
  await controller.installWorker({
    engine: 'quickjs-wasi-3.5.0',
    supervisor: await sameSupervisor(),
    label: 'older',
  })
  await controller.installWorker({
    engine: 'quickjs-wasi-3.7.0',
    supervisor: await notingSupervisor('notify'),
    label: 'next',
  })
  for (const name of names)
    await world.create(name, { setup: "me.count = 0n; if (!baggage.has('count')) baggage.init('count', 0n)" })
  for (let round = 0; round < 6; round += 1) for (const name of names) await countIn(controller, name)
  for (const name of ['one', 'two']) await controller.upgradeWorker(name, 'older')
  await controller.run()
  await controller.startRollout('next', { ...rollout, mode })
  await controller.commit()
  await controller.run()
  await controller.commit()
  await world.forgetAll()
  await controller.commit()
  await controller.shutdown()
  world.state = 'ended'
  return world.directory
}

async function countIn(controller: Controller, name: string): Promise<string> {
  const code = "baggage.set('count', baggage.get('count') + 1n); return [me.count += 1n, baggage.get('count')]"
  const request = await controller.send(name, 'run', [code])
  await controller.run()
  const answer = written(await controller.status(request))
  await controller.forget(request)
  return answer
}

/** What a host sees of a store. */
export interface Sight {
  readonly answers: readonly string[]
  readonly workers: readonly string[]
  readonly rollout: string
  readonly heaps: readonly string[]
  readonly activityHash: string
}

/** Goes on with the store to the end of its rollout, after asking every vat, and again. */
export async function continueVersioned(controller: Controller): Promise<readonly Sight[]> {
  const sights = [await see(controller)]
  while ((await controller.rollout())?.state === 'running') {
    await controller.run()
    await controller.commit()
  }
  sights.push(await see(controller))
  await controller.commit()
  return sights
}

async function see(controller: Controller): Promise<Sight> {
  const workers: string[] = []
  for (const name of names) workers.push((await controller.vat(name)).worker)
  const answers: string[] = []
  const heaps: string[] = []
  // The rollout goes on when vats run; who is where was read before.
  for (const name of names) answers.push(await countIn(controller, name))
  for (const name of names) heaps.push(await controller.heapHash(name))
  const { activityHash } = await controller.storeStatus()
  const rollout = written([await controller.rollout(), await controller.rolloutVats()])
  return { answers, workers, rollout, heaps, activityHash }
}
