/**
 * Random histories of objects of kinds, against plain tables (`kinds-model/`). `HEIRLOOM_SEED` is where the
 * sequence begins; a failing test names its seed and tells what was done last.
 */
import { test } from 'node:test'
import { History } from './kinds-model/history.ts'

const firstSeed = Number(process.env['HEIRLOOM_SEED'] ?? 1)

test(`objects of kinds live and die as plain tables say (a history from HEIRLOOM_SEED=${firstSeed})`, (t) => History.run(t, firstSeed, 1))
