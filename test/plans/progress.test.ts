/** The progress of a step that is one long replay (Pul2). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ReplayInWork } from '../../src/host/index.ts'
import { openWorld } from '../kit/world.ts'

const counter = {
  source: `
export const buildRootObject = () => {
  let count = 0
  return Far('root', { add: () => (count += 1) })
}`,
}
const asked = 400

test('a replay shows how far it is while the call that does it is under way, and nothing afterwards', async (t) => {
  const world = await openWorld(t, { vats: { other: counter, one: counter } })
  const { controller } = world
  for (let sent = 0; sent < asked; sent += 1) await controller.sendOnly('one', 'add')
  await controller.run()
  await controller.commit()
  const next = await world.install({ source: counter.source.replace('count += 1', 'count = count + 1') })
  const seen: ReplayInWork[] = []
  const clock = setInterval(() => {
    const replay = controller.replayInWork()
    if (replay !== null) seen.push(replay)
  }, 1)
  assert.equal(controller.replayInWork(), null)
  const progress = await controller.runPlan({
    id: 'replayed',
    steps: [{ kind: 'vat', name: 'one', vat: 'one', bundle: next, mode: 'replay' }],
  })
  clearInterval(clock)
  assert.equal(progress.state, 'done', JSON.stringify(progress))
  assert.equal(controller.replayInWork(), null)
  const { vat } = await controller.vat('one')
  assert.ok(seen.length > 1, `${seen.length} looks at the replay`)
  assert.deepEqual([...new Set(seen.map((each) => each.vat))], [vat])
  for (const { deliveries, ofDeliveries } of seen) {
    assert.ok(deliveries <= ofDeliveries)
    assert.ok(ofDeliveries > asked)
  }
  assert.ok((seen.at(-1)?.deliveries ?? 0) > (seen[0]?.deliveries ?? 0))
})
