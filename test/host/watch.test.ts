/** The pulse moves with the work, and the watch over it. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { at, beat, makePulse, readPulse, showPulse, withoutBounds, type Activity } from '../../src/base/pulse.ts'
import { Watch } from '../../src/host/threads/watch.ts'
import { openStore } from '../../src/store/store.ts'
import { query } from '../kit/rows.ts'
import { openWorld } from '../kit/world.ts'

// Pul1.
test('checking a store beats at every row, and marks what SQLite does with the whole file', async (t) => {
  const world = await openWorld(t, { vats: { one: {} } })
  await world.controller.commit()
  await world.controller.shutdown()
  world.state = 'ended'
  const [{ rows } = { rows: 0 }] = query<{ rows: number }>(world.directory, 'SELECT count(*) AS rows FROM state')
  assert.ok(rows > 20)
  const pulse = makePulse()
  showPulse(pulse)
  const store = openStore(world.directory, { verify: 'lazy' })
  const { beats } = readPulse(pulse)
  store.verifyState()
  assert.ok(readPulse(pulse).beats - beats >= rows)
  assert.equal(readPulse(pulse).last, 'row')
  withoutBounds(() => assert.equal(readPulse(pulse).last, 'unbounded'))
  assert.equal(readPulse(pulse).last, 'row')
  store.close()
})

type Wanted = 'run' | undefined

/** What a watch of ten seconds finds in so many of a thread that does nothing any more after `last`. */
function found(t: TestContext, wanted: Wanted, last: Activity, seconds: number): readonly string[] {
  t.mock.timers.reset()
  t.mock.timers.enable({ apis: ['setInterval'] })
  const pulse = makePulse()
  showPulse(pulse)
  if (last !== 'none') beat(at[last])
  const hung: string[] = []
  const watch = new Watch({ seconds: 10 }, pulse, () => wanted, (why) => hung.push(why))
  t.mock.timers.tick(seconds * 1_000)
  watch.end()
  return hung
}

// Wch1, Wch2.
test('a thread is hung when something is wanted of it, it has begun, and its pulse stands still', (t) => {
  const why = 'run: no sign of life for 10 seconds; the last was at a step of the kernel'
  assert.deepEqual(found(t, 'run', 'crank', 30), [why])
  assert.deepEqual(found(t, 'run', 'crank', 9), [])
  assert.deepEqual(found(t, undefined, 'crank', 30), [])
  assert.deepEqual(found(t, 'run', 'none', 30), [])
  assert.deepEqual(found(t, 'run', 'unbounded', 30), [])
})

test('a pulse that moves now and then is that of a thread that works', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const pulse = makePulse()
  showPulse(pulse)
  const hung: string[] = []
  const watch = new Watch({ seconds: 10 }, pulse, () => 'run', (why) => hung.push(why))
  for (let round = 0; round < 20; round += 1) {
    beat(at.row)
    t.mock.timers.tick(8_000)
  }
  assert.deepEqual(hung, [])
  t.mock.timers.tick(20_000)
  assert.equal(hung.length, 1)
  watch.end()
})
