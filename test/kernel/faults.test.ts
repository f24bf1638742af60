/**
 * Deliveries that fail by an illegal syscall, and starts that fail; the other ways are in
 * `faults.long.test.ts`.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRejection } from '../../src/host/index.ts'
import { forTheFile, openWorld, reasonOf, rejectionOf } from '../kit/world.ts'
import { policies, testFaults } from './faults.ts'

testFaults('illegal-syscall')

const world = await openWorld(forTheFile)

/** A start that fails leaves no vat, whatever the policy. */
const starts: Readonly<Record<string, string>> = {
  'loops': 'for (;;);',
  'fills the heap': 'const all = []; for (;;) all.push(new Uint8Array(1_000_000))',
  'asks for its end': 'vatPowers.exitVat("enough")',
  'asks for its end by failure': 'vatPowers.exitVatWithFailure(Error("enough"))',
}

for (const [name, setup] of Object.entries(starts)) {
  for (const [policyName, policy] of Object.entries(policies)) {
    test(`a start that ${name}, under ${policyName}, leaves no vat`, async () => {
      const before = (await world.controller.vats()).length
      const small = { computronsPerDelivery: 20_000_000n, heapLimitBytes: 48 * 1024 * 1024 }
      const rejection = rejectionOf(
        await world.tryCreate('unborn', { setup, ...small, ...policy }),
        'start-refused',
      )
      assert.equal(rejection.reason?.code, name.startsWith('asks') ? 'start/exited' : 'start/fault')
      assert.equal((await world.controller.vats()).length, before)
      assert.equal((await world.controller.storeStatus()).paused, null)
      await world.audit()
    })
  }
}

test('an upgrade whose start asks for the end of the vat leaves the old incarnation', async () => {
  await world.create('steady')
  rejectionOf(await world.upgrade('steady', { setup: 'vatPowers.exitVat(1n)' }), 'upgrade-refused')
  assert.deepEqual((await world.controller.vat('steady')).status, { kind: 'running' })
  assert.equal(await world.ask('steady', 'add', 1n, 2n), 3n)
})

test('a rejection is known by its shape', async () => {
  const { adminNode } = await world.create('shaped', {
    onFault: 'terminate',
    computronsPerDelivery: 20_000_000n,
  })
  await world.outcome('shaped', 'run', 'for (;;);')
  assert.ok(isRejection(reasonOf(await world.outcome(adminNode, 'done'))))
})
