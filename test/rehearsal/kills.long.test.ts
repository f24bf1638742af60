/** Plans whose process is killed on a fork. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rehearse } from '../../src/rehearsal/index.ts'
import { kernelThatFailsAfter } from '../kit/kernelVariants.ts'
import { openWorld } from '../kit/world.ts'

const counting = {
  source: `
export const buildRootObject = () => {
  let count = 0
  return Far('root', { next: () => (count += 1) })
}`,
}
const probes = (count: number): readonly object[] =>
  Array.from({ length: count }, (_, index) => ({
    kind: 'probe', name: `probe ${index + 1}`, to: 'one', method: 'next', answer: index + 1,
  }))

// Kil1, Kil2, Kil3.
test('a process that is killed after each block and at random moments does nothing twice', async (t) => {
  const world = await openWorld(t, { vats: { one: counting } })
  await world.controller.commit()
  const seen: number[] = []
  const report = await rehearse({
    directory: world.directory,
    plan: { id: 'count', steps: probes(4) },
    interrupt: true,
    kills: 3,
    seed: 7,
    onProgress: ({ kills }) => {
      if (kills !== undefined) seen.push(kills.atBoundaries + kills.within)
    },
  })
  assert.deepEqual(report.findings, [])
  assert.deepEqual(report.kills, { atBoundaries: 3, within: 3, seed: 7 })
  assert.deepEqual(seen, [1, 2, 3, 4, 5, 6])
})

// Kil1, Kil3.
test('what a kernel keeps in its memory only is lost with its process, and that is found', async (t) => {
  const world = await openWorld(t, { vats: { one: counting } })
  const kernel = await world.controller.installKernel(await kernelThatFailsAfter(3))
  await world.controller.commit()
  const plan = { id: 'count', steps: [{ kind: 'kernel', name: 'kernel', bundle: kernel.id }, ...probes(6)] }
  const report = await rehearse({ directory: world.directory, plan, interrupt: true })
  assert.equal(report.run?.state, 'stopped')
  const found = report.findings.find(({ code }) => code === 'interrupted-differs')
  assert.match(found?.message ?? '', /it is done, and stopped without interruptions/)
})
