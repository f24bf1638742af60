/** Fast-forwards: stores that go on meanwhile, beginnings, and what cannot be run on a fork. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { test } from 'node:test'
import { exportStore, forkStore } from '../../src/host/index.ts'
import { rehearse } from '../../src/rehearsal/index.ts'
import { kernelThatCannotAccept, sameKernel } from '../kit/kernelVariants.ts'
import { checksumOf } from '../../src/store/sql/rowFormat.ts'
import { query, tamper } from '../kit/rows.ts'
import { shapedKernel } from '../kit/shapedKernels.ts'
import { openWorld, temporaryDirectory } from '../kit/world.ts'
import { counter, forwardOf, ready } from './forwarded.ts'

// Lvs1.
test('a store that another process runs is followed while it goes on', async (t) => {
  const { world, plan } = await ready(t, 3)
  await world.controller.shutdown()
  world.state = 'ended'
  const host = spawn(execPath, [join(import.meta.dirname, 'going-host.ts'), world.directory], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const closed = once(host, 'close')
  await once(host.stdout, 'data')
  const seen: number[] = []
  const report = await rehearse({
    directory: world.directory,
    plan,
    fastForward: { blocks: 5, waitMs: 600_000, expected: [{ method: 'add' }] },
    // The host goes on as long as it is told to.
    onProgress: ({ forward }) => {
      if (forward === undefined) return
      seen.push(forward.blocks)
      host.stdin.write('go\n')
    },
  })
  host.stdin.end()
  await closed
  const forward = forwardOf(report)
  assert.deepEqual([forward.end, forward.to - forward.from, report.findings], [{ kind: 'count' }, 5, []])
  assert.deepEqual(seen, [0, 1, 2, 3, 4, 5])
  assert.ok(forward.found > 0 && forward.found === forward.expected, `${forward.found} differences`)
})

test('too few blocks are noted, and are no finding; none are', async (t) => {
  const { world, plan } = await ready(t, 2)
  const { directory } = world
  const none = await rehearse({ directory, plan, fastForward: true })
  assert.deepEqual([none.fastForward?.end, none.findings], [{ kind: 'all' }, []])
  assert.equal(none.fastForward?.from, none.fastForward?.to)
  const few = await rehearse({ directory, plan, fastForward: { blocks: 3, waitMs: 1 } })
  assert.deepEqual([few.fastForward?.end, few.findings], [{ kind: 'time-out', missing: 3 }, []])
})

// Giv2, Lvs2, Fwd2.
test('what cannot be given is refused or listed: pruned inputs, another store, a kernel, a plan', async (t) => {
  const { world, plan, copy, rehearseFrom } = await ready(t, 2)
  const { controller } = world
  const other = join(temporaryDirectory(t), 'other')
  forkStore(world.directory, other)
  await assert.rejects(rehearseFrom(), { code: 'inputs/later-base' })
  await world.ask('one', 'add')
  await controller.commit()
  await controller.upgradeKernel((await controller.installKernel(await sameKernel())).id)
  await controller.run()
  await controller.commit()
  await world.ask('one', 'add')
  await controller.commit()
  const kernel = await rehearseFrom()
  assert.deepEqual([kernel.findings, kernel.fastForward?.differences], [[], []])
  assert.deepEqual(kernel.fastForward?.administration.map(({ what }) => what), ['kernel', 'migration'])
  await controller.runPlan(plan)
  const planned = await rehearseFrom()
  const end = planned.fastForward?.end
  assert.ok(end?.kind === 'stopped' && end.why === 'a plan was run in it', JSON.stringify(end))
  await controller.setRetention({ inputs: 1 })
  await controller.prune({ inputs: 1 })
  await assert.rejects(rehearseFrom(), { code: 'inputs/not-kept' })
  const elsewhere = await openWorld(t, { from: other })
  await elsewhere.ask('one', 'hello', 'elsewhere')
  await elsewhere.controller.commit()
  await assert.rejects(
    rehearse({ directory: world.directory, plan, fastForward: true, from: elsewhere.directory }),
    { code: 'inputs/other-base' },
  )
  await assert.rejects(rehearse({ directory: world.directory, plan, from: copy }), { code: 'api/bad-argument' })
  for (const expected of [{}, [{}], [{ vat: 1 }], [{ what: 'x' }]] as never[])
    await assert.rejects(rehearseFrom({ fastForward: { expected } }), { code: 'api/bad-argument' })
})

// Giv2.
test('a migration that is spread over blocks is no part of the fork, and what waits for it is', async (t) => {
  const { world, rehearseFrom } = await ready(t, 2)
  const { controller } = world
  await world.ask('one', 'add')
  await controller.commit()
  const { id } = await controller.installKernel(await shapedKernel(4))
  await controller.upgradeKernel(id, { rowsPerBlock: 20 })
  await controller.commit()
  await controller.port('out').deliver('it')
  await controller.commit()
  const partly = await rehearseFrom()
  assert.deepEqual([partly.findings, partly.fastForward?.end], [[], { kind: 'all' }])
  while ((await controller.storeStatus()).state.kind === 'migrating') {
    await controller.run()
    await controller.commit()
  }
  await world.ask('one', 'add')
  await controller.commit()
  const forward = forwardOf(await rehearseFrom())
  assert.deepEqual([forward.differences, forward.answers], [[], 2])
  assert.deepEqual([...new Set(forward.administration.map(({ what }) => what))], ['kernel', 'migration'])
})

// Fwd1.
test('inputs that do not lead to the recorded block are refused', async (t) => {
  const { world, plan, copy } = await ready(t, 2)
  await world.ask('one', 'hello', 'you')
  const { height } = await world.controller.commit()
  await world.end()
  const [row] = query<{ inputs: string }>(world.directory, 'SELECT inputs FROM block_input WHERE height = ?', height)
  const inputs = row?.inputs.replace('you', 'who') ?? ''
  tamper(world.directory, (database) =>
    database
      .prepare('UPDATE block_input SET inputs = ?, checksum = ? WHERE height = ?')
      .run(inputs, checksumOf('block_input', [height, inputs]), height),
  )
  await assert.rejects(rehearse({ directory: world.directory, plan, from: copy, fastForward: true }), {
    code: 'inputs/not-reproduced',
  })
})

test('an export is a beginning, and what the plan has broken shows in messages to it', async (t) => {
  const { world, plan } = await ready(t, 2)
  const { controller } = world
  const fresh = await world.ask('one', 'fresh')
  const waiting = await world.install(counter(2))
  await controller.commit()
  const backup = join(temporaryDirectory(t), 'export')
  await exportStore(world.directory, backup, { mode: 'operational' })
  assert.equal(await world.ask(fresh as never, 'get'), 0n)
  await controller.commit()
  await world.settle(await controller.upgradeVat('two', waiting))
  await controller.commit()
  const report = await rehearse({ directory: world.directory, plan, fastForward: true, from: backup })
  const forward = forwardOf(report)
  const [first, ...more] = forward.differences
  assert.deepEqual([first?.vat, first?.method, first?.store, more], ['one', 'get', 'fulfilled #"+0"', []])
  assert.match(first?.fork ?? '', /object-abandoned/)
  assert.deepEqual(forward.administration.map(({ what, notGiven }) => [what, notGiven]), [['upgradeVat', null]])
})

test('a kernel that fails on what the store got is a finding with its block', async (t) => {
  const world = await openWorld(t, { vats: { one: counter(1) } })
  const { controller } = world
  const bad = await controller.installKernel(await kernelThatCannotAccept('poison'))
  await controller.commit()
  const copy = join(temporaryDirectory(t), 'copy')
  forkStore(world.directory, copy)
  await world.ask('one', 'hello', 'you')
  const { height } = await controller.commit()
  await world.ask('one', 'hello', 'poison')
  await controller.commit()
  const plan = { id: 'bad', onFailure: 'stop', steps: [{ kind: 'kernel', name: 'bad', bundle: bad.id }] }
  const report = await rehearse({ directory: world.directory, plan, fastForward: true, from: copy })
  assert.deepEqual(report.findings.map(({ code, subject }) => [code, subject]), [
    ['fast-forward-failed', `block ${height + 1}`],
  ])
  assert.equal(report.fastForward?.to, height)
})
