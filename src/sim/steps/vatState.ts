/** Suspending, resuming and terminating vats, and changing their fault policies and limits. */
import { assert } from '../../base/errors.ts'
import { encodeValue } from '../../api/values.ts'
import { makePolicy } from '../program/program.ts'
import type { StepKind } from './step.ts'

/** Suspends a vat. */
export const suspend: StepKind<'suspend'> = {
  weight: 3,
  make: ({ random, vats }) => ({ kind: 'suspend', vat: random.pick(vats) }),
  apply: ({ machine }, { vat }, index) => void machine.suspendVat(vat, `step ${index}`),
}

/** Resumes a vat; its waiting deliveries come first. */
export const resume: StepKind<'resume'> = {
  weight: 4,
  make: ({ random, vats }) => ({ kind: 'resume', vat: random.pick(vats) }),
  apply: ({ machine }, { vat }) => void machine.resumeVat(vat),
}

/** Terminates a vat, never the first one, since programs are sent to it. */
export const terminate: StepKind<'terminate'> = {
  weight: 5,
  make: ({ random, vats }) => {
    assert(vats.length > 1, 'the first vat is never terminated')
    return { kind: 'terminate', vat: random.pick(vats.slice(1)) }
  },
  apply: ({ machine }, { vat }, index) => void machine.terminateVat(vat, encodeValue(Error(`step ${index}`))),
}

/** Changes what a fault does to a vat. */
export const policy: StepKind<'policy'> = {
  weight: 3,
  make: ({ random, vats, ends }) => ({ kind: 'policy', vat: random.pick(vats), ...makePolicy(random, ends) }),
  apply: ({ machine }, { vat, onFault, importance }) =>
    void machine.changeVatOptions(vat, { onFault, importance }),
}

/** Changes what a delivery to a vat may use. Only scenes do: most limits would be reached by chance. */
export const limit: StepKind<'limit'> = {
  weight: 0,
  make: ({ random, vats }) => ({ kind: 'limit', vat: random.pick(vats), computrons: 4_000_000 }),
  apply: ({ machine }, { vat, computrons }) =>
    void machine.changeVatOptions(vat, { computronsPerDelivery: String(computrons) }),
}
