/**
 * Whether the node takes transactions, and if not, why. A faulted kernel does not matter: votes repair it.
 */
import type { Sequencer } from '../../node/index.ts'
import { HttpRefusal, refusalOf } from '../http/errors.ts'

/** The refusal of transactions; undefined while they are taken. */
export function unreadiness({ state }: Pick<Sequencer, 'state'>): HttpRefusal | undefined {
  switch (state.kind) {
    case 'running':
      return undefined
    case 'stopped':
      return refusalOf('node/stopped', { message: 'the node makes no blocks', retryAfter: 5 })
    case 'halted':
    case 'failing':
      return new HttpRefusal(503, state.code, {
        message: state.message,
        detail: { state: state.kind },
        retryAfter: 30,
      })
  }
}
