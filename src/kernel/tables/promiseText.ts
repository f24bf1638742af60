/** The row of a promise as text: `state decider references queued subscribers`, and `policy:sequence` if its rejection is watched. */
import { assert } from '../../base/errors.ts'
import type { VatId } from '../../base/ids.ts'
import type { PromiseRecord, PromiseState, RejectionWatch } from './records.ts'

export const promiseText = ({ state, decider, references, queued, subscribers, onRejection }: PromiseRecord): string =>
  `${state} ${decider} ${references} ${queued} ${subscribers.join(',')}${watchText(onRejection)}`

export function readPromise(text: string): PromiseRecord {
  const [state, decider, references, queued, subscribers, watch] = text.split(' ')
  return {
    state: state as PromiseState,
    decider: decider as VatId | 'kernel',
    references: Number(references),
    queued: Number(queued),
    subscribers: subscribers ? (subscribers.split(',') as (VatId | 'kernel')[]) : [],
    ...(watch === undefined ? {} : { onRejection: readWatch(watch) }),
  }
}

const watchText = (watch: RejectionWatch | undefined): string => (watch === undefined ? '' : ` ${watch.policy}:${watch.sequence}`)

function readWatch(text: string): RejectionWatch {
  const [policy, sequence] = text.split(':')
  assert(policy === 'log' || policy === 'fault', `a promise is watched with ${text}`)
  return { policy, sequence: Number(sequence) }
}
