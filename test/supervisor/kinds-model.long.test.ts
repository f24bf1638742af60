/**
 * Random histories of objects of kinds, against plain tables (`kinds-model/`): `HEIRLOOM_HISTORIES` of them
 * (default 40) from `HEIRLOOM_SEED` on (default 1,000).
 */
import { test } from 'node:test'
import { History } from './kinds-model/history.ts'

const firstSeed = Number(process.env['HEIRLOOM_SEED'] ?? 1_000)
const end = firstSeed + Number(process.env['HEIRLOOM_HISTORIES'] ?? 40)
const inOneWorld = 10

for (let seed = firstSeed; seed < end; seed += inOneWorld) {
  const histories = Math.min(inOneWorld, end - seed)
  test(`objects of kinds live and die as plain tables say (${histories} histories from HEIRLOOM_SEED=${seed})`, (t) =>
    History.run(t, seed, histories))
}
