/**
 * The kernel behind a node: messages to vats, uploads, the operations of votes, and a kernel that is faulty.
 */
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { JsonValue } from '../../src/protocol/node/fields.ts'
import { Application, type BlockResult } from '../../src/node/index.ts'
import { kernelBytes } from '../../src/release/release.ts'
import { kernelThatCannotAccept } from '../../src/sim/kernels/kernelVariants.ts'
import { bundleSource } from '../kit/bundles.ts'
import { defects, shapedKernel } from '../kit/shapedKernels.ts'
import { forTheFile, temporaryDirectory } from '../kit/world.ts'
import { agreed } from './eventful.ts'
import { alice, bob, carol, dave, sending, TestNode, transaction, transfer } from './kit.ts'

const node = await TestNode.open(forTheFile)

const counter = (version: number) =>
  bundleSource(`
export const buildRootObject = (_powers, _parameters, baggage) => {
  if (!baggage.has('count')) baggage.init('count', 0)
  return Far('counter', {
    add() { baggage.set('count', baggage.get('count') + 1); return [${version}, baggage.get('count')] },
  })
}`)

test('values go to a vat and come back without loss, and a rejection comes back as one', async () => {
  const value = [1n, -0, NaN, 'text', null, undefined, [2n ** 70n], { a: -5n }]
  const answer = await node.ask('echo', value)
  assert.equal(answer['kind'], 'fulfilled')
  assert.deepEqual(answer['value'], ['+1', 0, '#NaN', 'text', null, '#undefined', ['+1180591620717411303424'], { a: '-5' }])
  const failure = await node.ask('fail', 'no')
  assert.equal(failure['kind'], 'rejected')
  assert.match(JSON.stringify(failure['reason']), /no/)
  assert.equal((await node.ask('nothing'))['kind'], 'rejected')
})

test('messages to what no vote has published are refused; a vote publishes and withdraws a root', async () => {
  const message = { ...sending('version'), to: 'bank' } as ReturnType<typeof sending>
  assert.equal((await node.block(transaction(alice, message))).results[0]?.code, 'kernel/not-published')
  await node.vote({ kind: 'kernel/publish-root', name: 'bank', vat: 'mirror' })
  assert.equal((await node.block(transaction(alice, message))).results[0]?.code, 'ok')
  await node.vote({ kind: 'kernel/publish-root', name: 'bank' })
  assert.equal((await node.block(transaction(alice, message))).results[0]?.code, 'kernel/not-published')
})

test('Snd1, Set1: a message to a root whose vat is not there is answered, and those behind it are sent', async () => {
  await node.vote({ kind: 'kernel/publish-root', name: 'ghost', vat: 'ghost' })
  const ghost = transaction(alice, { ...sending('version'), to: 'ghost' } as ReturnType<typeof sending>)
  const { results } = await node.block(ghost, transaction(alice, sending('version')))
  const kinds = results.map(({ hash: id }) => (node.query(`kernel/result/${id}`) as { kind: string }).kind)
  assert.deepEqual(kinds, ['rejected', 'fulfilled'])
})

test('Snd2: a result is kept for so many blocks, and then forgotten by the kernel too', async () => {
  await node.vote({ kind: 'parameters/set', name: 'block.kept', value: 2 })
  const { results } = await node.block(transaction(alice, sending('version')))
  const path = `kernel/result/${results[0]?.hash}`
  assert.equal((node.query(path) as { kind: string }).kind, 'fulfilled')
  await node.block()
  await node.block()
  assert.throws(() => node.query(path), { code: 'node/no-query' })
  await node.vote({ kind: 'parameters/set', name: 'block.kept', value: 1_000 })
})

test('code is uploaded in chunks, and a vote creates a vat of it and upgrades it', async () => {
  await node.install((await counter(1)).bytes, 'vat', 'counter-1')
  await node.install((await counter(2)).bytes, 'vat', 'counter-2')
  const create: JsonValue = {
    kind: 'kernel/run-plan',
    plan: { id: 'begin', about: 'a counter', steps: [{ kind: 'create', name: 'make', vat: 'counter', bundle: 'counter-1' }] },
  }
  const created = await node.vote(create, { kind: 'kernel/publish-root', name: 'counter', vat: 'counter' })
  assert.deepEqual([created['state'], created['reason']], ['done', null])
  assert.match(String(created['report']), /^[0-9a-f]{64}$/)
  const add = async (): Promise<unknown> => {
    const { results } = await node.block(
      transaction(alice, { ...sending('add'), to: 'counter' } as ReturnType<typeof sending>),
    )
    return (node.query(`kernel/result/${results[0]?.hash}`) as { value: unknown }).value
  }
  assert.deepEqual(await add(), [1, 1])
  const upgraded = await node.vote({ kind: 'kernel/upgrade-vat', vat: 'counter', bundle: 'counter-2' })
  assert.equal(upgraded['state'], 'done')
  assert.deepEqual(await add(), [2, 2])
  const again = await node.vote(create)
  assert.deepEqual([again['state'], again['reason']], ['failed', 'plan/ended'])
  const unknown = await node.vote({ kind: 'kernel/upgrade-vat', vat: 'counter', bundle: 'counter-3' })
  assert.deepEqual([unknown['state'], unknown['reason']], ['failed', 'bundle/unknown'])
})

test('uploads: chunks out of order, of others, too large, with the wrong hash, twice, and too late', async () => {
  const bytes = Buffer.from('x'.repeat(1_000))
  const id = hash('sha256', bytes)
  const data = bytes.toString('base64')
  const begin = (from: typeof alice, more: object = {}) =>
    transaction(from, { kind: 'kernel/begin-upload', hash: id, for: 'vat', bytes: 1_000, ...more })
  const chunk = (from: typeof alice, index: number, part: string, of = id) =>
    transaction(from, { kind: 'kernel/upload-chunk', hash: of, index, data: part })
  const codesOf = async (...all: Uint8Array[]) => (await node.block(...all)).results.map(({ code }) => code)
  assert.deepEqual(await codesOf(chunk(alice, 0, data)), ['kernel/no-upload'])
  assert.deepEqual(await codesOf(begin(alice, { bytes: 10 ** 9 }), begin(alice, { bytes: 0 })), [
    'kernel/wrong-chunk',
    'kernel/wrong-chunk',
  ])
  assert.deepEqual(
    await codesOf(
      begin(alice),
      begin(alice),
      begin(bob),
      chunk(bob, 1, data),
      chunk(alice, 1, data),
      chunk(alice, 0, `${data.slice(0, -4)}eHh4eHh4`),
    ),
    ['ok', 'ok', 'ok', 'kernel/wrong-chunk', 'kernel/wrong-chunk', 'kernel/wrong-chunk'],
  )
  assert.deepEqual(await codesOf(chunk(alice, 0, Buffer.from('y'.repeat(1_000)).toString('base64'))), ['kernel/wrong-hash'])
  assert.deepEqual(await codesOf(begin(alice), chunk(alice, 0, data), begin(alice)), ['ok', 'ok', 'kernel/upload-exists'])
  await node.vote({ kind: 'parameters/set', name: 'uploads.lifetime', value: 1 })
  const late = hash('sha256', 'late')
  await node.block(begin(alice, { hash: late }))
  await node.block()
  assert.deepEqual(await codesOf(chunk(alice, 0, data, late)), ['kernel/no-upload'])
  const uploads = (): readonly string[] =>
    (node.query('kernel/uploads') as readonly { readonly by: string }[]).map(({ by }) => by)
  assert.deepEqual(uploads(), [bob.address], 'that of bob was begun while uploads lasted longer')
  await node.vote({ kind: 'parameters/set', name: 'uploads.lifetime', value: 1_000 })
})

test('Upl1: an account that fills all room for uploads, also with the same bytes, holds up no member', async () => {
  await node.vote({ kind: 'parameters/set', name: 'uploads.open', value: 2 })
  await node.good(alice, transfer(dave, 1_000))
  const begin = (from: typeof alice, text: string) =>
    transaction(from, { kind: 'kernel/begin-upload', hash: hash('sha256', text), for: 'vat', bytes: text.length })
  const codesOf = async (...all: Uint8Array[]) => (await node.block(...all)).results.map(({ code }) => code)
  assert.deepEqual(await codesOf(begin(dave, 'one'), begin(dave, 'two'), begin(dave, 'three')), [
    'ok',
    'ok',
    'kernel/too-many-uploads',
  ])
  const { bytes } = await counter(7)
  const text = Buffer.from(bytes).toString('utf8')
  await node.vote({ kind: 'parameters/set', name: 'uploads.open', value: 3 })
  await node.block(begin(dave, text))
  assert.match(await node.install(bytes, 'vat', 'counter-7'), /^b1-/)
  const uploads = node.query('kernel/uploads') as readonly { readonly by: string }[]
  assert.equal(uploads.filter(({ by }) => by === dave.address).length, 3, 'those of dave are as they were')
  await node.vote({ kind: 'parameters/set', name: 'uploads.open', value: 20 })
})

test('Upl2: a label stays with the code that first had it, and a vote names code by its id too', async () => {
  const [first, second] = [(await counter(7)).bytes, (await counter(8)).bytes]
  const begin = (bytes: Uint8Array, label: string) =>
    transaction(alice, { kind: 'kernel/begin-upload', hash: hash('sha256', bytes), for: 'vat', bytes: bytes.length, label })
  const chunk = (bytes: Uint8Array) =>
    transaction(alice, {
      kind: 'kernel/upload-chunk',
      hash: hash('sha256', bytes),
      index: 0,
      data: Buffer.from(bytes).toString('base64'),
    })
  const codesOf = async (...all: Uint8Array[]) => (await node.block(...all)).results.map(({ code }) => code)
  assert.deepEqual(await codesOf(begin(first, 'seven'), begin(second, 'seven'), chunk(first), chunk(second)), [
    'ok',
    'ok',
    'ok',
    'kernel/label-taken',
  ])
  assert.deepEqual(await codesOf(begin(second, 'seven'), begin(second, 'mirror'), begin(first, 'seven')), [
    'kernel/label-taken',
    'kernel/label-taken',
    'ok',
  ])
  const garbage = Buffer.from('garbage')
  const endo = { hash: hash('sha256', garbage), for: 'endo', bytes: garbage.length, label: 'eight' } as const
  assert.deepEqual(await codesOf(transaction(alice, { kind: 'kernel/begin-upload', ...endo }), chunk(garbage)), ['ok', 'ok'])
  const id = await node.install((await counter(9)).bytes, 'vat', 'eight')
  const upgraded = await node.vote({ kind: 'kernel/upgrade-vat', vat: 'counter', bundle: id })
  assert.deepEqual([upgraded['state'], upgraded['reason']], ['done', null])
})

test('a bundle that is garbage is not installed, and the node goes on', async () => {
  for (const kind of ['endo', 'kernel'] as const) {
    const bytes = Buffer.from(`garbage for ${kind}`)
    const id = hash('sha256', bytes)
    const { events } = await node.block(
      transaction(bob, { kind: 'kernel/begin-upload', hash: id, for: kind, bytes: bytes.length }),
      transaction(bob, { kind: 'kernel/upload-chunk', hash: id, index: 0, data: bytes.toString('base64') }),
    )
    const [operation] = events.filter((event) => event.kind === 'operation')
    assert.notEqual(operation?.data['code'], null)
  }
  assert.equal((await node.ask('version'))['value'], 1)
})

test('Ker1, Hnd3: a faulty kernel: transfers and votes live, what is owed is delivered once after the repair', async () => {
  const good = await node.install(await kernelBytes(), 'kernel')
  const bad = await node.install(await shapedKernel(1, ...defects.cannotRun('poison')), 'kernel')
  assert.equal((await node.vote({ kind: 'kernel/upgrade', kernel: bad }))['state'], 'done')
  await node.block()
  const [heard = 0] = (await node.ask('heard'))['value'] as readonly number[]
  const { results } = await node.block(
    transaction(alice, transfer(dave, 5)),
    transaction(alice, sending('echo', 'poison')),
    transaction(alice, sending('version')),
  )
  assert.deepEqual(results.map(({ code }) => code), ['ok', 'ok', 'ok'])
  const status = node.query('kernel/status') as { readonly state: string; readonly error: string }
  assert.deepEqual([status.state, status.error], ['faulted', 'Error: planted: run'])
  const refusedSend = transaction(bob, sending('version'))
  assert.equal(node.app.check(refusedSend).code, 'kernel/faulted')
  const before = node.balance(dave)
  const during = await node.block(
    refusedSend,
    ...Array.from({ length: 20 }, () => transaction(carol, transfer(dave, 1))),
  )
  assert.deepEqual(new Set(during.results.map(({ code }) => code)), new Set(['kernel/faulted', 'ok']))
  assert.equal(node.balance(dave), before + 20n)
  await node.restart()
  const failing = await node.vote({ kind: 'kernel/retry' })
  assert.deepEqual([failing['state'], failing['reason']], ['done', null])
  assert.equal((node.query('kernel/status') as { state: string }).state, 'faulted', 'it runs the same message again')
  assert.equal((await node.vote({ kind: 'parameters/set', name: 'fees.host', value: 2 }))['state'], 'done')
  const repair = await node.vote({ kind: 'kernel/upgrade', kernel: good })
  assert.deepEqual([repair['state'], repair['reason']], ['done', null])
  while ((node.query('ledger/owed') as { waiting: number }).waiting > 0) await node.block()
  const answers = results.slice(1).map(({ hash: id }) => node.query(`kernel/result/${id}`) as { kind: string })
  assert.deepEqual(answers.map(({ kind }) => kind), ['fulfilled', 'fulfilled'])
  const [after = 0, hasGap] = (await node.ask('heard'))['value'] as readonly [number, boolean]
  assert.equal(hasGap, false)
  assert.ok(after >= heard + 22)
})

test('an item that provokes a fault is set aside by vote, put back after the repair, and answered', async () => {
  const [good] = (await Promise.all([node.install(await kernelBytes(), 'kernel').catch(() => '')])) as [string]
  const bad = await node.install(await shapedKernel(1, ...defects.cannotRun('venom')), 'kernel')
  await node.vote({ kind: 'kernel/upgrade', kernel: bad })
  await node.block()
  const { results } = await node.block(transaction(alice, sending('echo', 'venom')))
  const path = `kernel/result/${results[0]?.hash}`
  const { sequence } = node.query(path) as { readonly sequence: number }
  const aside = await node.vote({ kind: 'kernel/set-aside', item: sequence }, { kind: 'kernel/retry' })
  assert.deepEqual([aside['state'], aside['reason']], ['done', null])
  await node.block()
  assert.equal((node.query('kernel/status') as { state: string }).state, 'ready')
  assert.equal((await node.ask('version'))['value'], 1)
  const back = await node.vote({ kind: 'kernel/upgrade', kernel: good }, { kind: 'kernel/put-back', item: sequence })
  assert.equal(back['state'], 'done')
  await node.block()
  assert.equal((node.query(path) as { kind: string }).kind, 'fulfilled')
})

test('a kernel that fails when it accepts a message is an event, once, and so is one that is taken back for it', async (t) => {
  const own = await TestNode.open(t)
  const bad = await own.install(await kernelThatCannotAccept('poison'), 'kernel')
  const kinds = ({ events }: BlockResult): readonly string[] =>
    events.map(({ kind }) => kind).filter((kind) => kind.startsWith('kernel-'))
  const poison = () => transaction(alice, sending('echo', 'poison'))
  const messages = [{ kind: 'kernel/upgrade', kernel: bad }]
  const propose = () => own.good(alice, { kind: 'governance/propose', title: '', messages })
  const votes = (proposal: number) =>
    [alice, bob].map((member) => transaction(member, { kind: 'governance/vote', proposal, choice: 'yes' }))
  await propose()
  await own.block(...votes(1))
  assert.deepEqual(kinds(await own.block(poison())), ['kernel-returned'])
  await propose()
  await own.block(...votes(2))
  await own.block()
  assert.deepEqual(kinds(await own.block(poison())), ['kernel-faulted'])
  assert.deepEqual(kinds(await own.block(transaction(alice, transfer(bob, 1)))), [])
})

test('App2: a kernel that is taken back at what waits, and a plan that begins in a fault, are the same after an interruption', async (t) => {
  const own = await TestNode.open(t)
  const bad = await own.install(await shapedKernel(1, ...defects.cannotRun('poison')), 'kernel')
  const worse = await own.install(await kernelThatCannotAccept('poison'), 'kernel')
  await own.vote({ kind: 'kernel/upgrade', kernel: bad })
  await own.block(transaction(alice, sending('echo', 'poison')))
  const plan = { id: 'look', about: '', steps: [{ kind: 'probe', name: 'ask', to: { '@root': 'mirror' }, method: 'version' }] }
  for (const messages of [
    [{ kind: 'kernel/upgrade', kernel: worse }],
    [{ kind: 'kernel/retry' }, { kind: 'kernel/run-plan', plan }],
  ]) {
    const { proposal } = (await own.good(alice, { kind: 'governance/propose', title: '', messages })) as {
      readonly proposal: number
    }
    await own.block(
      ...[alice, bob].map((member) => transaction(member, { kind: 'governance/vote', proposal, choice: 'yes' })),
    )
    const directory = join(temporaryDirectory(t), 'store')
    cpSync(own.directory, directory, { recursive: true })
    const next = own.next()
    const result = await own.block()
    const other = await Application.open({ directory, genesis: own.genesis })
    t.after(() => other.close())
    await other.deliver(next)
    await other.recover()
    const again = await other.deliver(next)
    assert.deepEqual([agreed(again), again.events], [agreed(result), result.events])
    assert.equal((own.query(`governance/show/${proposal}`) as { state: string }).state, 'failed')
  }
})

test('an item that is put back, and at which the kernel fails again, waits under its new number and is answered', async (t) => {
  const own = await TestNode.open(t)
  const bad = await own.install(await kernelThatCannotAccept('poison'), 'kernel')
  const good = (own.query('kernel/status') as { kernel: string }).kernel
  await own.vote({ kind: 'kernel/upgrade', kernel: bad })
  await own.block()
  const { results } = await own.block(transaction(alice, sending('echo', 'poison')))
  const state = () => (own.query('kernel/status') as { state: string }).state
  const message = () => own.query(`kernel/result/${results[0]?.hash}`) as { kind: string; sequence: number }
  assert.equal(state(), 'faulted')
  const { sequence } = message()
  const aside = await own.vote({ kind: 'kernel/set-aside', item: sequence }, { kind: 'kernel/retry' })
  assert.deepEqual([aside['state'], state()], ['done', 'ready'])
  const back = await own.vote({ kind: 'kernel/put-back', item: sequence })
  assert.deepEqual([back['state'], state()], ['done', 'faulted'])
  assert.ok(message().sequence > sequence)
  assert.equal((await own.vote({ kind: 'kernel/upgrade', kernel: good }))['state'], 'done')
  await own.block()
  assert.equal(message().kind, 'fulfilled')
})
