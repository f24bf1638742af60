/** Moving vats to other worker versions, alone and in rollouts; changing the default; retiring versions. */
import { assert } from '../../base/errors.ts'
import type { WorkerId } from '../../base/ids.ts'
import type { RolloutChoices } from '../../protocol/worker/rollout.ts'
import { makeMove, workerIndices } from '../program/program.ts'
import type { Random } from '../program/random.ts'
import { pickVat, type World, type StepKind } from './step.ts'

/** Moves a vat to a version, perhaps the one it is on. */
export const move: StepKind<'move'> = {
  weight: 8,
  make: ({ random, vats }) => ({
    kind: 'move',
    vat: pickVat(random, vats),
    worker: random.pick(workerIndices),
    ...makeMove(random),
  }),
  apply: (world, { vat, worker, mode, onDivergence }, index) => {
    const { machine, records } = world
    const sequence = machine.upgradeWorker(vat, workerAt(world, worker), { mode, onDivergence })
    records.set(index, { kind: 'accepted', sequence })
  },
}

/** Begins to move vats to a version. */
export const rollout: StepKind<'rollout'> = {
  weight: 4,
  make: ({ random, vats }) => ({
    kind: 'rollout',
    worker: random.pick(workerIndices),
    vats: random.chance(50) ? 'all' : vats.filter(() => random.chance(60)),
    ...makeRollout(random),
  }),
  apply: (world, { worker, vats, mode, onFailure, order, perBlock }, index) => {
    const { machine, records } = world
    const selection = vats === 'all' ? {} : { vats }
    const choices = { mode, onFailure, order, perBlock }
    const sequence = machine.startRollout(workerAt(world, worker), selection, choices)
    records.set(index, { kind: 'accepted', sequence })
  },
}

export const makeRollout = (random: Random): RolloutChoices => ({
  mode: random.weighted({ replay: 5, restart: 2, auto: 2 }),
  onFailure: random.pick(['keep', 'restart', 'suspend', 'stop']),
  order: random.pick(['one-by-one', 'suspend-first']),
  perBlock: {
    vats: 1 + random.below(3),
    computrons: random.chance(30) ? String(1 + random.below(10_000_000)) : null,
  },
})

/** Pauses, resumes or aborts the rollout, if there is one. */
export const steer: StepKind<'steer'> = {
  weight: 3,
  make: ({ random }) => ({ kind: 'steer', action: random.weighted({ pause: 2, resume: 3, abort: 1 }) }),
  apply: ({ machine, records }, { action }, index) => {
    const sequence = machine.controlRollout(action, action === 'resume' ? '' : `step ${index}`)
    records.set(index, { kind: 'accepted', sequence })
  },
}

/** Retires a version, if nothing needs it. */
export const retire: StepKind<'retire'> = {
  weight: 2,
  make: ({ random }) => ({ kind: 'retire', worker: random.pick(workerIndices) }),
  apply: (world, { worker }, index) => {
    const { machine, records } = world
    records.set(index, { kind: 'accepted', sequence: machine.retireWorker(workerAt(world, worker)) })
  },
}

/** Changes the default version. */
export const useWorker: StepKind<'default'> = {
  weight: 2,
  make: ({ random }) => ({ kind: 'default', worker: random.pick(workerIndices) }),
  apply: (world, { worker }) => world.machine.useWorker(workerAt(world, worker)),
}

/** The id of a version. */
export function workerAt({ workers }: Pick<World, 'workers'>, index: number): WorkerId {
  const worker = workers[index]
  assert(worker !== undefined, 'a step names a worker version of the world')
  return worker
}
