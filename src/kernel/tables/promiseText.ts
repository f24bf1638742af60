/**
 * The row of a promise as text: `state decider references queued subscribers`, and `policy:sequence` if its
 * rejection is watched. `values.ts` reads it.
 */
import type { PromiseRecord, RejectionWatch } from './records.ts'

export const promiseText = ({
  state,
  decider,
  references,
  queued,
  subscribers,
  onRejection,
}: PromiseRecord): string =>
  `${state} ${decider} ${references} ${queued} ${subscribers.join(',')}${watchText(onRejection)}`

const watchText = (watch: RejectionWatch | undefined): string =>
  watch === undefined ? '' : ` ${watch.policy}:${watch.sequence}`
