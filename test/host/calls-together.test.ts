/** Calls that the host makes without waiting in between: in order, each with its own answer (L1, L5). */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { openController } from '../../src/host/index.ts'
import { bundleSource } from '../kit/bundles.ts'
import { openWorld, temporaryDirectory } from '../kit/world.ts'

const source = `
  import { Far } from '@endo/far'
  export function buildRootObject() {
    const seen = []
    return Far('root', { note: (n) => seen.push(n), seen: () => [...seen] })
  }
`

test('L5: messages that are sent without waiting arrive in their order, before what is called after them', async (t) => {
  const { controller } = await openWorld(t, { vats: { one: { source } } })
  const all = Array.from({ length: 300 }, (_, at) => at)
  const sends = all.map((at) => controller.send('one', 'note', [at]))
  const running = controller.run()
  const handles = await Promise.all(sends)
  assert.deepEqual(
    handles.map(({ sequence }) => sequence - (handles[0]?.sequence ?? 0)),
    all,
  )
  assert.equal((await running).ended, 'idle')
  const results = await Promise.all(handles.map((handle) => controller.status(handle)))
  assert.deepEqual(
    results.map((status) => status.kind === 'fulfilled' && status.value),
    all.map((at) => at + 1),
  )
  const asked = await controller.send('one', 'seen', [])
  await controller.run()
  const status = await controller.status(asked)
  assert.deepEqual(status.kind === 'fulfilled' && status.value, all)
})

test('L5: of calls that cross together each is refused for itself, with the lines of its caller', async (t) => {
  const { controller } = await openWorld(t, { vats: { one: { source } } })
  async function whoAsksForNone(): Promise<unknown> {
    return controller.send('none', 'note', [])
  }
  const settled = await Promise.allSettled([
    controller.send('one', 'note', [1]),
    whoAsksForNone(),
    controller.send('one', 'note', [2]),
    controller.send('one', 'note', [() => {}] as never),
    controller.send('one', 'note', [3]),
  ])
  assert.deepEqual(
    settled.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled'],
  )
  const [, refused] = settled
  const reason = refused?.status === 'rejected' ? (refused.reason as Error & { code: string }) : assert.fail()
  assert.equal(reason.code, 'vat/unknown')
  assert.match(reason.stack ?? '', /whoAsksForNone/)
})

test('L5: what was sent right before the store is closed has been sent', async (t) => {
  const directory = join(temporaryDirectory(t), 'store')
  const controller = await openController({ directory })
  const { id } = await controller.installBundle(await bundleSource(source), 'one')
  await controller.createVat('one', id)
  await controller.run()
  const sent = [1, 2, 3].map((at) => controller.send('one', 'note', [at]))
  await Promise.all([controller.commit(), ...sent])
  await controller.shutdown()
  const again = await openController({ directory })
  t.after(() => again.shutdown())
  const last = await again.send('one', 'seen', [])
  await again.run()
  const status = await again.status(last)
  assert.deepEqual(status.kind === 'fulfilled' && status.value, [1, 2, 3])
})
