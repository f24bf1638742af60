import { refuse } from '../../protocol/codes.ts'
import type { StepKind } from './step.ts'

/** The host lets go of a result. */
export const forget: StepKind<'forget'> = {
  weight: 5,
  make: ({ dice, results }) => ({
    kind: 'forget',
    step: results.length === 0 ? dice.roll(3) : dice.pick(results),
  }),
  apply: ({ machine, records }, { step }) => {
    const record = records.get(step)
    if (record?.kind !== 'accepted') refuse('result/unknown', 'the request was refused')
    machine.forget(record.sequence)
  },
}
