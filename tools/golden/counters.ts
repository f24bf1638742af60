/** What the store of release 0.1.0 holds: one vat, which counts in its heap and in a durable object. */
import type { Controller } from '../../src/host/index.ts'
import { ask, upgraded } from './asking.ts'

export async function continueCounters(controller: Controller): Promise<readonly string[]> {
  return [
    await ask(controller, 'counters', 'add', 5n),
    await upgraded(controller, 'counters', 'counters'),
    await ask(controller, 'counters', 'add', 1n),
    await ask(controller, 'counters', 'counter'),
  ]
}
