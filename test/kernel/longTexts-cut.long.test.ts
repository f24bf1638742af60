/**
 * Texts as long as a vat can write, where the kernel writes down what comes of them: errors, names, and
 * values that are longer as the kernel writes them. Each is cut or refused, and the kernel goes on.
 */
import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import type { Remote } from '../../src/host/index.ts'
import { maxReasonLength, refusalLimits } from '../../src/protocol/limits.ts'
import { malloryStore } from '../kit/mallory.ts'
import { answerOf, forTheFile, openWorld, puppet, rejectionOf } from '../kit/world.ts'

const { directory, worker } = await malloryStore()
const world = await openWorld(forTheFile, { from: directory, vats: { old: puppet, mallory: { worker } } })
const admin = await world.controller.vatAdmin()
const bundle = await world.install()

afterEach(async () => {
  assert.equal((await world.controller.storeStatus()).state.kind, 'ready')
  await world.audit()
})

const shouting = { source: `export const buildRootObject = () => { throw Error('x'.repeat(9_000_000)) }` }

test('a start and an upgrade that fail with a long error tell the beginning of it', async () => {
  const refused = rejectionOf(await world.tryCreate('new', shouting), 'start-refused')
  assert.deepEqual(
    [refused.message.length, refused.reason?.message.length],
    [maxReasonLength, refusalLimits.text],
  )
  assert.match(refused.message, /^vat new \(v\d+\) did not start: Error: xxx/)
  assert.equal(
    rejectionOf(await world.upgrade('old', shouting, { onFailure: 'suspend' }), 'upgrade-refused').message
      .length,
    maxReasonLength,
  )
  assert.equal((await world.controller.vat('old')).status.kind, 'suspended')
})

test('what a supervisor says of its start is cut, and so are the names in it and their number', async () => {
  const names = Array.from({ length: 3_000 }, () => 'x'.repeat(1_500))
  const refusal = { code: 'start/threw', message: 'x'.repeat(500_000), names, stack: 'x'.repeat(500_000) }
  const begin = JSON.stringify({ batch: [], result: { kind: 'refused', refusal } })
  const { reason } = rejectionOf(
    await world.tryCreate('liar', { worker, parameters: { begin } }),
    'start-refused',
  )
  assert.ok(reason !== undefined && 'names' in reason && 'stack' in reason)
  assert.deepEqual(
    [reason.names.length, reason.names[0]?.length, reason.stack.length],
    [refusalLimits.names, refusalLimits.name, refusalLimits.text],
  )
})

test('an illegal syscall with a long name is told by its beginning', async () => {
  const batch = `[{"kind":${JSON.stringify('"'.repeat(1_000_000))}}]`
  const { message } = rejectionOf(await world.outcome('mallory', 'finish', batch), 'illegal-syscall')
  assert.equal(message.length, maxReasonLength)
})

/** A list that takes four times as much when the kernel writes it. */
const numbers = `[${Array.from({ length: 1_000_000 }, () => '1e20').join()}]`

/** Messages of a supervisor to services, in which a value is longer than it looks. */
const calls: Readonly<
  Record<string, (kit: { readonly adminNode: Remote }) => readonly [target: Remote, body: string]>
> = {
  'parameters of a new vat': () => [admin, `#["createVat",["${bundle}",{"parameters":${numbers}}]]`],
  'parameters of an upgrade': ({ adminNode }) => [
    adminNode,
    `#["upgrade",["${bundle}",{"parameters":${numbers}}]]`,
  ],
  'the reason of an end': ({ adminNode }) => [adminNode, `#["terminateWithFailure",[${numbers}]]`],
}
for (const [name, call] of Object.entries(calls)) {
  test(`${name} that would be longer than any value may be is refused`, async () => {
    const kit = answerOf(await world.outcome(admin, 'createVat', bundle)) as {
      adminNode: Remote
      root: Remote
    }
    const { root } = await world.create(`sender-${Object.keys(calls).indexOf(name)}`, { worker })
    const [target, body] = call(kit)
    const send = { kind: 'send', target: 'o-1', methargs: { body, slots: [] }, result: 'p+1' }
    const answer = {
      kind: 'resolve',
      resolutions: [{ promise: 'p-1', outcome: 'fulfilled', data: { body: '#1', slots: [] } }],
    }
    assert.equal(await world.ask(root, 'finish', JSON.stringify([send, answer]), target), 1)
    const { name: sender } =
      (await world.controller.vats()).find((vat) => vat.root === root.kref) ?? assert.fail()
    const [notified] = (await world.transcript(sender)).slice(-1)
    assert.equal(notified?.delivery.kind, 'notify')
    assert.match(JSON.stringify(notified?.delivery).slice(0, 1_000), /service-refused/)
    assert.deepEqual(((await world.ask(kit.adminNode, 'status')) as { status: unknown }).status, {
      kind: 'running',
    })
  })
}
