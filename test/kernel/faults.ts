/**
 * What becomes of a vat when a delivery fails by its own doing: each way of failing, for each kind of
 * delivery, under each policy. And the ways on: the store is opened again, the vat is resumed (and fails
 * again, since nothing was mended), and at last it gets honest code.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CreateOptions, Remote, ResultHandle } from '../../src/host/index.ts'
import type { FaultCode } from '../../src/protocol/results.ts'
import { malloryStore } from '../kit/mallory.ts'
import { answerOf, forTheFile, openWorld, puppet, reasonOf, rejectionOf } from '../kit/world.ts'

const { directory, worker } = await malloryStore()
const world = await openWorld(forTheFile, { from: directory, vats: { alice: puppet } })

/** What mallory does instead of an end of the delivery. */
export const faults: Readonly<Partial<Record<FaultCode, string>>> = {
  'computrons-exhausted': 'loop',
  'heap-exhausted': 'fill',
  'worker-trapped': 'throw',
  'illegal-syscall': '{',
}

interface Case {
  readonly name: string
  readonly root: Remote
  readonly adminNode: Remote
  /** Asked before anything went wrong. */
  readonly done: ResultHandle
}

/** Brings about the delivery that fails; gives the message's result where it is a message. */
const deliveries: Readonly<Record<string, (vat: Case, text: string) => Promise<ResultHandle | null>>> = {
  async message({ name }, text) {
    await world.ask(name, 'arm', 'message', text)
    return world.controller.send(name, 'finish', ['[]'])
  },
  async notify({ name, root }, text) {
    await world.run(
      'alice',
      'const [name, root] = args; E.sendOnly(root).finish(`[{"kind":"subscribe","promise":"p-1"}]`, new Promise((yes) => { me[name] = yes }))',
      name,
      root,
    )
    await world.ask(name, 'arm', 'notify', text)
    await world.controller.sendOnly('alice', 'run', ['me[args[0]](1n)', name])
    return null
  },
  async dropExports({ name }, text) {
    const held = await world.controller.send(name, 'finish', [
      '[{"kind":"resolve","resolutions":[{"promise":$R,"outcome":"fulfilled","data":{"body":"#\\"$0\\"","slots":["o+5"]}}]}]',
    ])
    await world.ask(name, 'arm', 'dropExports', text)
    await world.controller.forget(held)
    return null
  },
  /**
   * With the first upgrade of a vat that runs comes a collection; here it is asked for by the count of
   * deliveries.
   */
  async bringOutYourDead({ name }, text) {
    await world.ask(name, 'arm', 'bringOutYourDead', text)
    for (let times = 0; times < interval; times += 1) await world.controller.sendOnly(name, 'finish', ['[]'])
    return null
  },
}
/** What a store has unless it is told otherwise. */
const interval = 1_000

type Policy = Readonly<Pick<CreateOptions, 'onFault' | 'importance'>>
export const policies: Readonly<Record<string, Policy>> = {
  'no policy': {},
  'onFault: suspend': { onFault: 'suspend' },
  'onFault: terminate': { onFault: 'terminate' },
  'importance: critical': { importance: 'critical', onFault: 'terminate' },
}

/** What must hold after the fault: the vat goes on, stands still, or has ended. */
function expected(policy: string, delivery: string): 'goes on' | 'stands still' | 'has ended' {
  if (policy === 'onFault: terminate') return 'has ended'
  return policy === 'no policy' && delivery === 'message' ? 'goes on' : 'stands still'
}

let cases = 0
async function make(policy: Policy): Promise<Case> {
  cases += 1
  const name = `mallory-${cases}`
  const kit = await world.create(name, {
    worker,
    computronsPerDelivery: 20_000_000n,
    heapLimitBytes: 48 * 1024 * 1024,
    ...policy,
  })
  return { name, ...kit, done: await world.controller.send(kit.adminNode, 'done') }
}

async function assertGoesOn(
  { name, done }: Case,
  message: ResultHandle | null,
  code: FaultCode,
): Promise<void> {
  rejectionOf(await world.controller.status(message!), code)
  const { status, parked } = await world.controller.vat(name)
  assert.deepEqual([status.kind, parked], ['running', 0])
  assert.equal((await world.controller.status(done)).kind, 'pending')
}

async function assertHasEnded(
  { name, adminNode, root, done }: Case,
  message: ResultHandle | null,
  code: FaultCode,
): Promise<void> {
  if (message !== null) rejectionOf(await world.controller.status(message), code)
  await assert.rejects(world.controller.vat(name), { code: 'vat/unknown' })
  rejectionOf(await world.controller.status(done), code)
  rejectionOf(await world.outcome(adminNode, 'done'), code)
  rejectionOf(await world.outcome(root, 'finish', '[]'), 'vat-terminated')
}

/**
 * It stands still with the delivery first, through a new opening and a vain resumption, until it gets other
 * code.
 */
async function assertStandsStill(
  { name, root, done }: Case,
  message: ResultHandle | null,
  code: FaultCode,
  critical: boolean,
): Promise<void> {
  const { status } = await world.controller.vat(name)
  assert.ok(status.kind === 'suspended')
  assert.equal(status.cause, code)
  assert.match(status.message, new RegExp(name))
  assert.ok(status.since !== null && status.since <= (await world.controller.storeStatus()).cranks)
  if (critical) {
    await world.reopen()
    await assertPaused(name, code)
    await world.controller.run()
  }
  const { parked } = await world.controller.vat(name)
  assert.ok(parked >= 1)
  const late = await world.controller.send(root, 'finish', ['[]'])
  await world.take(late)
  await world.reopen()
  assert.equal((await world.controller.run()).ended, 'idle')
  assert.deepEqual((await world.controller.vat(name)).status, status)
  assert.equal((await world.controller.vat(name)).parked, parked + 1)
  if (message !== null) assert.equal((await world.controller.status(message)).kind, 'pending')

  assert.deepEqual(answerOf(await world.take(await world.controller.resumeVat(name))), {
    outcome: 'resumed',
    released: parked + 1,
  })
  const ran = await world.controller.run()
  if (critical) await assertPaused(name, code)
  else assert.equal(ran.ended, 'idle')
  await world.controller.run()
  const again = await world.controller.vat(name)
  assert.deepEqual(
    [again.status.kind, again.parked],
    ['suspended', parked + 1],
    'it fails again, and the order is kept',
  )

  const upgraded = answerOf(await world.upgrade(name)) as { collectionSkipped: string }
  assert.match(upgraded.collectionSkipped, /the vat was suspended/)
  assert.deepEqual(
    [(await world.controller.vat(name)).status.kind, (await world.controller.vat(name)).parked],
    ['running', 0],
  )
  for (const request of message === null ? [late] : [message, late])
    assert.match(String(reasonOf(await world.controller.status(request))), /finish/)
  assert.equal((await world.controller.status(done)).kind, 'pending')
}

async function assertPaused(name: string, code: FaultCode): Promise<void> {
  const { vat } = await world.controller.vat(name)
  assert.deepEqual(
    [(await world.controller.run()).ended, (await world.controller.run()).cranks],
    ['paused', 0],
  )
  const { paused } = await world.controller.storeStatus()
  assert.deepEqual([paused?.vat, paused?.code], [vat, code])
  await world.controller.resumeKernel()
  assert.equal((await world.controller.storeStatus()).paused, null)
}

/** Tests of these ways of failing, with each kind of delivery, under each policy. */
export function testFaults(...codes: readonly FaultCode[]): void {
  for (const delivery of Object.keys(deliveries)) for (const code of codes) testFault(delivery, code)
}

function testFault(delivery: string, code: FaultCode): void {
  for (const [policyName, policy] of Object.entries(policies)) {
    const then = expected(policyName, delivery)
    test(`a ${delivery} that ends with ${code}, under ${policyName}: the vat ${then}`, async () => {
      const vat = await make(policy)
      const message = await deliveries[delivery]!(
        vat,
        faults[code] ?? assert.fail(`mallory cannot bring about ${code}`),
      )
      await world.controller.run()
      if (message !== null) await world.take(message)
      await world.take(vat.done)
      if (then === 'goes on') await assertGoesOn(vat, message, code)
      if (then === 'has ended') await assertHasEnded(vat, message, code)
      if (then === 'stands still')
        await assertStandsStill(vat, message, code, policy.importance === 'critical')
      assert.equal((await world.controller.run()).ended, 'idle')
      await world.audit()
      await world.forgetAll()
      assert.equal(await world.ask('alice', 'add', 1n, 2n), 3n)
    })
  }
}
