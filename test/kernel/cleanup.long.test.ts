/** A vat with a million keys ends without any crank that is longer than the others. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { query } from '../kit/rows.ts'
import { dying, openEnded } from './cleanup.ts'

test('a vat with a million keys is cleaned up in steps of ten thousand rows', async (t) => {
  const budget = 10_000
  const world = await openEnded(t, { budget, things: 5, rows: 1_000_000 })
  const count = (): number =>
    query<{ rows: number }>(
      world.directory,
      'SELECT count(*) AS rows FROM state JOIN space ON id = space WHERE name = ?',
      `vat/${dying}`,
    )[0]?.rows ?? 0
  await world.controller.run({ cleanups: 0 })
  await world.controller.commit()
  let left = count()
  let most = 0
  const began = performance.now()
  for (let steps = 0; ; steps += 1) {
    const { cleanups } = await world.controller.run({ cleanups: 1 })
    if (cleanups === 0) break
    await world.controller.commit()
    const now = count()
    assert.ok(left - now <= budget, `${left - now} rows went in a step`)
    most = Math.max(most, left - now)
    left = now
    assert.ok(steps < 110, `${left} rows are left after ${steps} steps`)
    if (steps === 50) await world.restart()
  }
  t.diagnostic(`${Math.round(performance.now() - began)} ms, ${most} rows at most in a step`)
  assert.equal(left, 0)
  assert.ok(most > budget / 2)
  await assert.rejects(world.controller.vat(dying), { code: 'vat/unknown' })
})
