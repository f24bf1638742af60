/** Many more kills than `kill.test.ts` has time for. */
import { test } from 'node:test'
import { killRepeatedly } from './killing.ts'

test('a store killed a hundred times between or inside blocks opens at the last one it committed', (t) =>
  killRepeatedly(t, 100))
