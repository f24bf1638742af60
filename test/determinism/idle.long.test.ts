/**
 * How often a host runs its kernel is its own affair: a run that finds nothing to do changes nothing.
 * Two hosts do the same; one of them runs five times more whenever there is nothing to do.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import type { OpenOptions, RunOptions } from '../../src/host/index.ts'
import { openWorld, puppet, readTrace, temporaryDirectory, type Scope, type World } from '../kit/world.ts'

interface Situation {
  /** Leaves the kernel with nothing to do. */
  readonly lead: (world: World) => Promise<unknown>
  readonly ended: 'idle' | 'paused' | 'limit'
  readonly limits?: RunOptions
  readonly after?: (world: World) => Promise<unknown>
}

const situations: Readonly<Record<string, Situation>> = {
  'nothing is left': { lead: (world) => world.ask('vat', 'add', 1n, 2n), ended: 'idle' },
  'nothing was ever asked': { lead: async () => {}, ended: 'idle' },
  'nothing is left of a block that is committed': {
    lead: (world) => world.controller.commit(),
    ended: 'idle',
  },
  'only a promise waits': {
    lead: (world) =>
      world.controller
        .sendOnly('vat', 'run', ['return new Promise(() => {})'])
        .then(() => world.controller.run()),
    ended: 'idle',
  },
  'the kernel is paused, with work': {
    lead: async (world) => {
      await world.controller.sendOnly('vat', 'add', [1n, 2n])
      await world.controller.pauseKernel('for a while')
    },
    ended: 'paused',
    after: (world) => world.controller.resumeKernel(),
  },
  'a vat is suspended, with messages': {
    lead: async (world) => {
      await world.controller.suspendVat('vat', 'for a while')
      await world.controller.sendOnly('vat', 'add', [1n, 2n])
      await world.controller.run()
    },
    ended: 'idle',
    after: (world) => world.controller.resumeVat('vat'),
  },
  'only cleaning is left, and the run may do none': {
    lead: async (world) => {
      await world.create('short', { setup: 'for (let n = 0; n < 300; n += 1) baggage.init(`k${n}`, n)' })
      await world.controller.terminateVat('short', 'enough')
      await world.controller.run({ cleanups: 0 })
    },
    ended: 'limit',
    limits: { cleanups: 0 },
  },
}

interface Seen {
  readonly hashes: readonly string[]
  readonly cranks: readonly number[]
}

async function host(
  scope: Scope,
  { lead, ended, limits = {}, after = async () => {} }: Situation,
  more: number,
  open: Omit<OpenOptions, 'directory'> = {},
): Promise<Seen> {
  const world = await openWorld(scope, { vats: { vat: puppet }, config: { cleanupBudget: 100 }, open })
  const hashes: string[] = []
  const cranks: number[] = []
  const note = async (): Promise<void> => {
    const status = await world.controller.storeStatus()
    hashes.push(status.activityHash)
    cranks.push(status.cranks)
  }
  const again = async (): Promise<void> => {
    for (let times = 0; times < more; times += 1) {
      const report = await world.controller.run(limits)
      assert.deepEqual([report.ended, report.cranks], [ended, 0])
    }
  }
  await lead(world)
  await again()
  await note()
  await world.reopen()
  await again()
  await note()
  await after(world)
  await world.controller.run()
  assert.equal(await world.ask('vat', 'add', 5n, 6n), 11n)
  await world.controller.commit()
  await note()
  return { hashes, cranks }
}

for (const [name, situation] of Object.entries(situations)) {
  test(`five runs more are seen nowhere when ${name}`, async (t) => {
    const seldom = await host(t, situation, 0)
    const [uncommitted, committed, done] = seldom.hashes
    assert.equal(committed, uncommitted, 'the commit and the opening are not seen either')
    assert.notEqual(done, committed, 'what is done is seen')
    if (name === 'nothing is left') assert.deepEqual(await host(t, situation, 5), seldom)
    const trace = { file: join(temporaryDirectory(t), 'trace.jsonl') }
    assert.deepEqual(await host(t, situation, 5, { trace }), seldom, 'with the trace on')
    const began = readTrace(trace.file, 'crankBegan').map(({ crank }) => crank)
    assert.deepEqual(began, readTrace(trace.file, 'crankEnded').map(({ crank }) => crank))
    assert.equal(new Set(began).size, began.length, 'no number stands for two cranks')
  })
}
