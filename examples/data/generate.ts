/**
 * Writes `transfers.csv`: 2,000 transfers between 1,000 purses, always the same. `node
 * examples/data/generate.ts`
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

const transfers = 2_000
const purses = 1_000
const largestAmount = 5_000

/** A linear congruential generator (Numerical Recipes), so that the file can be made again anywhere. */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    yield state / 2 ** 32
  }
}

export function makeTransfers(): string {
  const random = numbers(20_261_120)
  const below = (limit: number): number => Math.floor(random.next().value * limit)
  const lines = ['from,to,amount']
  for (let line = 0; line < transfers; line += 1) {
    const from = below(purses)
    const other = below(purses - 1)
    lines.push([from, other >= from ? other + 1 : other, 1 + below(largestAmount)].join(','))
  }
  return `${lines.join('\n')}\n`
}

if (import.meta.main) writeFileSync(join(import.meta.dirname, 'transfers.csv'), makeTransfers())
