/** The step `retire`, of a worker version or of a bundle. */
import { CodedError } from '../../../base/errors.ts'
import type { RetireStep } from '../../../protocol/plan/plan.ts'
import type { Phase, StepAction, StepParts } from '../stepAction.ts'
import { answered, requested, skipped } from './outcomes.ts'

export const retire: StepAction<RetireStep> = {
  advance(step, phase, { requests: [request = 0], statuses: [status] }, parts) {
    if (phase > 0) return answered(request, status)
    return step.bundle === undefined ? retireWorker(step.worker ?? '', parts) : retireBundle(step.bundle, parts)
  },
  vatsOf: () => [],
}

function retireWorker(name: string, { versions, lookups }: StepParts): Phase {
  const isThere = lookups.read.workerViews().some(({ id, note }) => id === name || note?.label === name)
  return isThere ? requested(versions.retireWorker(name)) : skipped(`${name} is not installed`)
}

/** A name that no installed bundle has is that of one that was retired. */
function retireBundle(name: string, { requests, lookups }: StepParts): Phase {
  try {
    lookups.bundle(name)
  } catch (error) {
    if (error instanceof CodedError && error.code === 'bundle/unknown') return skipped(`${name} is not installed`)
    throw error
  }
  return requested(requests.retireBundle(name))
}
