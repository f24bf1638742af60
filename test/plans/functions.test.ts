/** Vats of functions whose steps are over before they have started. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openWorld } from '../kit/world.ts'

const one = {
  source: `
export const buildRootObject = () => Far('root', {
  version: () => 1,
  evaluate: () => 'done',
})`,
}

for (const how of ['abandoned', 'resumed and abandoned'] as const)
  test(`a plan that is held too long while a function starts is ${how}, and the vat of the function ends`, async (t) => {
    const world = await openWorld(t, { vats: { one } })
    const { controller } = world
    const bundle = await world.install(one)
    const probe = (name: string): object => ({ kind: 'probe', name, to: 'one', method: 'version', answer: 1 })
    const plan = {
      id: 'held',
      steps: [
        probe('first'),
        probe('second'),
        { kind: 'evaluate', name: 'function', bundle, budget: { cranks: 1, computrons: null } },
      ],
      maxBlocks: 2,
    }
    let progress = await controller.runPlan(plan)
    assert.equal(progress.state, 'stopped')
    if (how !== 'abandoned') {
      // Their cranks come before that in which the vat of the function starts.
      for (const _ of [1, 2, 3]) await controller.sendOnly('one', 'version')
      await controller.resumePlan({})
      progress = await controller.runPlan(plan)
      assert.equal(progress.state, 'stopped')
    }
    const starting = (await controller.vats()).filter(({ status }) => status.kind === 'starting')
    await controller.abandonPlan('enough')
    for (const _ of [1, 2, 3]) await controller.run()
    const living = (await controller.vats()).filter(({ status }) => status.kind !== 'terminated')
    assert.deepEqual(living.map(({ name }) => name), ['one'], `${starting.length} had not started`)
    await controller.commit()
    assert.deepEqual((await controller.audit({ depth: 'all' })).deviations, [])
  })
