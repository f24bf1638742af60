import { encodeValue } from '../../api/values.ts'
import { makePolicy } from '../program/program.ts'
import type { StepKind } from './step.ts'

/** The host has a vat wait. */
export const suspend: StepKind<'suspend'> = {
  weight: 3,
  make: ({ dice, vats }) => ({ kind: 'suspend', vat: dice.pick(vats) }),
  apply: ({ machine }, { vat }, index) => void machine.suspendVat(vat, `step ${index}`),
}

/** What waited for a vat is delivered, first of all. */
export const resume: StepKind<'resume'> = {
  weight: 4,
  make: ({ dice, vats }) => ({ kind: 'resume', vat: dice.pick(vats) }),
  apply: ({ machine }, { vat }) => void machine.resumeVat(vat),
}

/** A vat ends. The first never does by the host: there has to be somebody to talk to. */
export const terminate: StepKind<'terminate'> = {
  weight: 5,
  make: ({ dice, vats }) => ({ kind: 'terminate', vat: dice.pick(vats.slice(1)) }),
  apply: ({ machine }, { vat }, index) => void machine.terminateVat(vat, encodeValue(Error(`step ${index}`))),
}

/** What a fault does to a vat from now on. */
export const policy: StepKind<'policy'> = {
  weight: 3,
  make: ({ dice, vats, ends }) => ({ kind: 'policy', vat: dice.pick(vats), ...makePolicy(dice, ends) }),
  apply: ({ machine }, { vat, onFault, importance }) =>
    void machine.changeVatOptions(vat, { onFault, importance }),
}
