/** Releasing results. */
import { refuse } from '../../protocol/codes.ts'
import type { StepKind } from './step.ts'

/** Releases a result, if the host has it. */
export const forget: StepKind<'forget'> = {
  weight: 5,
  make: ({ random, results }) => ({
    kind: 'forget',
    step: results.length === 0 ? random.below(3) : random.pick(results),
  }),
  apply: ({ machine, records }, { step }) => {
    const record = records.get(step)
    if (record?.kind !== 'accepted') refuse('result/unknown', 'the request was refused')
    machine.forget(record.sequence)
  },
}
