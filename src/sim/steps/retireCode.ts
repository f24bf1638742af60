/** Retiring code that no vat runs. */
import { spareIndices, spareLabel } from '../program/program.ts'
import type { StepKind } from './step.ts'

/** Retires one of the spare bundles; after the first time it is not installed. */
export const retireCode: StepKind<'retire-code'> = {
  weight: 2,
  make: ({ random }) => ({ kind: 'retire-code', spare: random.pick(spareIndices) }),
  apply: ({ machine, records }, { spare }, index) => {
    records.set(index, { kind: 'accepted', sequence: machine.retireBundle(spareLabel(spare)) })
  },
}
