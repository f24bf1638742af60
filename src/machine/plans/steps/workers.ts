/** The step about worker versions: `worker`, a rollout. */
import type { WorkerStep } from '../../../protocol/plan/plan.ts'
import type { RolloutChoices, RolloutView } from '../../../protocol/worker/rollout.ts'
import type { Phase, StepAction, StepParts } from '../stepAction.ts'
import { done, failed, requested, skipped } from './outcomes.ts'

/** A step is one run: its rollout is not paced by blocks. The step's budget bounds it. */
const all = { vats: Number.MAX_SAFE_INTEGER, computrons: null } as const

export const worker: StepAction<WorkerStep> = {
  advance(step, phase, { requests: [request = 0] }, parts) {
    if (phase === 0) return begin(step, parts)
    const rollout = parts.versions.rollout()
    return rollout === null ? done(null, request) : afterRollout(rollout, request)
  },
  vatsOf: () => [],
}

function begin(step: WorkerStep, { versions, lookups }: StepParts): Phase {
  const { worker: name, vats, pattern, mode = 'replay', order = 'one-by-one', makeDefault } = step
  const { id } = lookups.worker(name)
  if (makeDefault === true && lookups.read.defaultWorker() !== id) versions.useWorker(id)
  const selection = { ...(vats === undefined ? {} : { vats }), ...(pattern === undefined ? {} : { pattern }) }
  const choices: RolloutChoices = { mode, order, onFailure: 'stop', perBlock: all }
  if (versions.selected(id, selection).length === 0) return skipped(`all of them are on ${id} already`)
  return requested(versions.startRollout(id, selection, choices))
}

function afterRollout(rollout: RolloutView, request: number): Phase {
  const result = { ...rollout, perBlock: { ...rollout.perBlock } } as const
  if (rollout.state === 'done') return done(JSON.parse(JSON.stringify(result)), request)
  const why = rollout.reason ?? `it is ${rollout.state}`
  return failed('plan/rollout-stopped', `the rollout has not moved all vats: ${why}`, JSON.parse(JSON.stringify(result)))
}
