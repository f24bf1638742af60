/** Fast-forwards through a store in which much has happened: faults, kernels, rollouts, suspensions, ends. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rehearse } from '../../src/rehearsal/index.ts'
import { forTheFile } from '../kit/world.ts'
import { busyStore } from '../replay/busyStore.ts'
import { forwardOf } from './forwarded.ts'

const busy = await busyStore(forTheFile)

/** Puts a vat in front of all later ones, so that every name that is new differs. */
const plan = {
  id: 'in front',
  onFailure: 'continue',
  steps: [
    { kind: 'create', name: 'in front', vat: 'in-front', bundle: '' },
    { kind: 'probe', name: 'asked', to: 'one', method: 'run', args: ['return 1'] },
  ],
}

// Giv1, Giv2, Nam1.
test('a plan that changes no vat has no differences, from a fork or an export, through all of it', async () => {
  const { bundle } = await busy.world.controller.vat('one')
  const [created, ...more] = plan.steps
  const steps = [{ ...created, bundle }, ...more]
  const { height } = await busy.world.controller.storeStatus()
  for (const { directory: from, height: start } of busy.copies.slice(0, 2)) {
    const report = await rehearse({
      directory: busy.directory,
      from,
      fastForward: true,
      plan: { ...plan, steps },
    })
    const forward = forwardOf(report)
    assert.deepEqual([forward.differences, forward.end], [[], { kind: 'all' }])
    assert.deepEqual([forward.from, forward.to], [start, height])
    const missing = forward.administration.filter(({ notGiven }) => notGiven !== null).map(({ what }) => what)
    assert.deepEqual([...new Set(missing)].toSorted(), ['fault', 'kernel', 'migration'])
    assert.ok(forward.answers >= 8 && !forward.isBusy, `${forward.answers} answers`)
  }
})
