/**
 * `npm run damage -- [--seed N] [--count M]`: damages a store in M ways from seed N; the same seed does the
 * same.
 */
import { parseArgs } from 'node:util'
import { playSeeds } from './play.ts'

const { values } = parseArgs({
  options: { seed: { type: 'string', default: '1' }, count: { type: 'string', default: '1000' } },
})
const began = performance.now()
const { codes, failures, ...tally } = playSeeds({
  seed: Number(values.seed),
  count: Number(values.count),
  tell: console.log,
})
console.log(
  JSON.stringify({
    ...tally,
    failures: failures.length,
    codes: Object.fromEntries([...codes].sort()),
    seconds: Math.round((performance.now() - began) / 100) / 10,
  }),
)
process.exitCode = failures.length === 0 ? 0 : 1
