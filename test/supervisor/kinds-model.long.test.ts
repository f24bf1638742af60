/** The histories of `kinds-model.test.ts`, many: `HEIRLOOM_HISTORIES` of them (default 40) from `HEIRLOOM_SEED` on (default 1,000). */
import { test } from 'node:test'
import { History } from './kinds-model/history.ts'

const firstSeed = Number(process.env['HEIRLOOM_SEED'] ?? 1_000)
const histories = Number(process.env['HEIRLOOM_HISTORIES'] ?? 40)

for (let seed = firstSeed; seed < firstSeed + histories; seed += 1) {
  test(`objects of kinds live and die as plain tables say (HEIRLOOM_SEED=${seed})`, (t) => History.run(t, seed))
}
