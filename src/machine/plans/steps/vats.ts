/** Steps that begin and end vats: `create`, `terminate`. */
import type { CreateStep, TerminateStep } from '../../../protocol/plan/plan.ts'
import type { StepAction } from '../stepAction.ts'
import { answered, requested, skipped } from './outcomes.ts'

export const create: StepAction<CreateStep> = {
  advance({ vat, bundle, parameters }, phase, { requests: [request = 0], statuses: [status] }, parts) {
    if (phase > 0) return answered(request, status)
    const known = parts.lookups.read.vatNamed(vat)
    if (known !== undefined && known.bundle === parts.lookups.vatBundle(bundle))
      return skipped(`there is a vat ${vat} of this bundle already`)
    const data = parts.encode(parameters ?? { '@undefined': true })
    return requested(parts.requests.createVat(vat, bundle, data, {}))
  },
  vatsOf: ({ vat }) => [vat],
}

/** The name of a vat that has ended is free again. */
const gone = { status: { kind: 'terminated' } } as const

export const terminate: StepAction<TerminateStep> = {
  advance({ vat, reason = 'terminated by a plan' }, phase, before, { requests, lookups, encode }) {
    if (phase > 0) return answered(before.requests[0] ?? 0, before.statuses[0])
    const { status } = lookups.read.vatNamed(vat) ?? gone
    if (status.kind === 'terminated') return skipped(`there is no vat ${vat}, or it has ended already`)
    return requested(requests.terminateVat(vat, encode(reason)))
  },
  vatsOf: ({ vat }) => [vat],
}
