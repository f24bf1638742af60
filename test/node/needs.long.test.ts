/**
 * Ker1 for every kind of message: while the kernel cannot work, each message that needs the host alone is
 * accepted, and each that needs the kernel is refused with a code. What votes execute is proposed and voted
 * on, each on a fork of its own.
 */
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { join } from 'node:path'
import { test } from 'node:test'
import { forkStore } from '../../src/host/index.ts'
import type { JsonValue } from '../../src/protocol/node/fields.ts'
import { messageKinds, messageTable, type MessageKind, type MessageOf } from '../../src/protocol/node/messages.ts'
import type { AccountMessage } from '../../src/protocol/node/transaction.ts'
import { kernelBytes } from '../../src/release/release.ts'
import { bundleSource } from '../kit/bundles.ts'
import { defects, shapedKernel } from '../kit/shapedKernels.ts'
import { forTheFile, temporaryDirectory } from '../kit/world.ts'
import { accountOf, alice, bob, dave, genesisOf, sending, TestNode, transaction } from './kit.ts'

const spare = Buffer.from('export const buildRootObject = () => 1')
const spareHash = hash('sha256', spare)

/** What the instances of messages refer to. */
interface Ids {
  /** Kernels that are installed. */
  readonly good: string
  readonly poisoned: string
  readonly onTrial: string
  readonly shaped: string
  /** One that can follow it. */
  readonly reshaped: string
  /** A kernel that fails in the middle of its migration. */
  readonly throwing: string
  /** An item that waits while the kernel is faulted, and one that was set aside. */
  readonly waiting: number
  readonly aside: number
  /** A proposal that is voted on. */
  readonly proposal: number
}

type Instances = { readonly [Kind in MessageKind]: (ids: Ids) => Omit<MessageOf<Kind>, 'kind'> }

const plan = { id: 'p', about: 'a vat', steps: [{ kind: 'create', name: 'one', vat: 'other', bundle: 'next' }] }

/** A valid message of each kind. */
const instances: Instances = {
  'accounts/set-key': () => ({ key: Buffer.from(accountOf(9).publicKey).toString('hex') }),
  'ledger/transfer': () => ({ to: dave.address, amount: '1' }),
  'ledger/mint': () => ({ to: dave.address, amount: '1' }),
  'governance/propose': () => ({ title: 't', messages: [{ kind: 'kernel/retry' }] }),
  'governance/vote': ({ proposal }) => ({ proposal, choice: 'yes' }),
  'governance/set-members': () => ({ members: [{ address: dave.address, weight: 1 }] }),
  'parameters/set': () => ({ name: 'fees.host', value: 2 }),
  'upgrade/schedule': () => ({ name: 'two', height: 1_000_000 }),
  'upgrade/cancel': () => ({ name: 'scheduled' }),
  'kernel/begin-upload': () => ({ hash: 'a'.repeat(64), for: 'vat', bytes: 10 }),
  'kernel/upload-chunk': () => ({ hash: spareHash, index: 0, data: spare.toString('base64') }),
  'kernel/send': () => sending('version') as MessageOf<'kernel/send'>,
  'kernel/publish-root': () => ({ name: 'other', vat: 'mirror' }),
  'kernel/run-plan': () => ({ plan }),
  'kernel/abandon-plan': () => ({ reason: 'r' }),
  'kernel/install-worker': ({ good }) => ({
    engine: good as MessageOf<'kernel/install-worker'>['engine'],
    supervisor: good as MessageOf<'kernel/install-worker'>['supervisor'],
  }),
  'kernel/pause': () => ({ reason: 'r' }),
  'kernel/upgrade': ({ good }) => ({ kernel: good as MessageOf<'kernel/upgrade'>['kernel'] }),
  'kernel/upgrade-vat': () => ({ vat: 'mirror', bundle: 'next' }),
  'kernel/suspend': () => ({ vat: 'mirror', reason: 'r' }),
  'kernel/resume': () => ({ vat: 'idle' }),
  'kernel/terminate': () => ({ vat: 'mirror', reason: 'r' }),
  'kernel/set-aside': ({ waiting }) => ({ item: waiting }),
  'kernel/put-back': ({ aside }) => ({ item: aside }),
  'kernel/retry': () => ({}),
  'kernel/unpause': () => ({}),
}

const messageFor = (kind: MessageKind, ids: Ids): JsonValue =>
  JSON.parse(JSON.stringify({ ...instances[kind](ids), kind })) as JsonValue

/**
 * What is there only while the kernel is faulted: in other states these are done, and find nothing. While
 * tables are migrated, `kernel/set-aside` waits for the end of that.
 */
const ofFaults: Readonly<Partial<Record<MessageKind, string>>> = {
  'kernel/set-aside': 'kernel/not-faulted',
  'kernel/put-back': 'kernel/no-item',
  'kernel/retry': 'kernel/not-faulted',
}

/** The code of the refusal of what needs the kernel, when a vote executes it. */
const obstacles: Readonly<Record<string, string>> = {
  faulted: 'kernel/faulted',
  paused: 'kernel/paused',
  migrating: 'kernel/migrating',
}

const { bundles } = await genesisOf()
const mirrorSource = `${bundles['mirror']?.source ?? ''} `
const idle = await bundleSource(`export const buildRootObject = () => Far('idle', { ping: () => 1 })`)
const source = Buffer.from(idle.bytes).toString('utf8')

/** A node with all code installed, a vat that is suspended, one that is critical, and an upload begun. */
async function prepared(): Promise<{ readonly node: TestNode; readonly ids: Ids }> {
  const node = await TestNode.open(forTheFile, {
    genesis: {
      bundles: { ...bundles, idle: { source } },
      kernel: {
        bootstrap: 'mirror',
        vats: {
          mirror: { bundleName: 'mirror' },
          idle: { bundleName: 'idle' },
          guard: { bundleName: 'idle', creationOptions: { critical: true } },
        },
        ports: ['ledger', 'publish'],
      },
    },
  })
  const good = await node.install(Buffer.concat([await kernelBytes(), Buffer.from(' ')]), 'kernel')
  const poisoned = await node.install(await shapedKernel(1, ...defects.cannotRun('poison')), 'kernel')
  const onTrial = await node.install(await shapedKernel(2, ...defects.cannotRun('poison')), 'kernel')
  const shaped = await node.install(await shapedKernel(4), 'kernel')
  const reshaped = await node.install(Buffer.concat([await shapedKernel(4), Buffer.from(' ')]), 'kernel')
  const throwing = await node.install(await shapedKernel(4, ...defects.throwingStep), 'kernel')
  await node.install(Buffer.from(mirrorSource), 'vat', 'next')
  await node.block(
    transaction(bob, { kind: 'kernel/begin-upload', hash: spareHash, for: 'vat', bytes: spare.length }),
  )
  await done(node, { kind: 'kernel/suspend', vat: 'idle', reason: 'r' })
  await done(node, { kind: 'upgrade/schedule', name: 'scheduled', height: 1_000_000 })
  const kernels = { good, poisoned, onTrial, shaped, reshaped, throwing }
  return { node, ids: { ...kernels, waiting: 1, aside: 1, proposal: 0 } }
}

async function done(node: TestNode, ...messages: readonly JsonValue[]): Promise<void> {
  const { state, reason } = await node.vote(...messages)
  assert.deepEqual([state, reason], ['done', null])
}

/** Proposes and votes; the next block executes it. */
async function passing(node: TestNode, ...messages: readonly JsonValue[]): Promise<number> {
  const data = await node.good(alice, { kind: 'governance/propose', title: 't', messages })
  const { proposal } = data as { readonly proposal: number }
  await node.block(
    ...[alice, bob].map((by) => transaction(by, { kind: 'governance/vote', proposal, choice: 'yes' })),
  )
  return proposal
}

const proposalOf = (node: TestNode, proposal: number) =>
  node.query(`governance/show/${proposal}`) as Readonly<Record<string, JsonValue>>

const stateOf = (node: TestNode): unknown => (node.query('kernel/status') as { readonly state: string }).state

const { node: base, ids } = await prepared()

async function fork(node: TestNode): Promise<TestNode> {
  const directory = join(temporaryDirectory(forTheFile), 'store')
  forkStore(node.directory, directory)
  return TestNode.open(forTheFile, { genesis: node.genesis, directory })
}

/** Sends two messages that the kernel cannot run; one is set aside, and it fails at the other. */
async function poison(node: TestNode): Promise<Ids> {
  const poisons = [1, 2].map(() => transaction(alice, sending('echo', 'poison')))
  const { results } = await node.block(...poisons)
  const [aside = 0, waiting = 0] = results.map(
    ({ hash: id }) => (node.query(`kernel/result/${id}`) as { readonly sequence: number }).sequence,
  )
  await done(node, { kind: 'kernel/set-aside', item: aside })
  return { ...ids, aside, waiting }
}

/** The state of the kernel, and what messages refer to. */
interface State {
  readonly is: string
  readonly ids: Ids
}

/** How a node comes into each state. */
const states: Readonly<Record<string, (node: TestNode) => Promise<State>>> = {
  async 'is faulted'(node) {
    await done(node, { kind: 'kernel/upgrade', kernel: ids.poisoned })
    await node.block()
    return { is: 'faulted', ids: await poison(node) }
  },
  async 'has failed on trial'(node) {
    await done(node, { kind: 'kernel/upgrade', kernel: ids.poisoned })
    await node.block()
    const found = await poison(node)
    const upgrade = await passing(node, { kind: 'kernel/upgrade', kernel: ids.onTrial })
    const { events } = await node.block()
    assert.ok(events.some(({ kind }) => kind === 'kernel-returned'))
    const { state, reason } = proposalOf(node, upgrade)
    assert.deepEqual([state, reason], ['failed', 'kernel/upgrade-failed'])
    return { is: 'faulted', ids: found }
  },
  async 'is paused'(node) {
    await done(node, { kind: 'kernel/terminate', vat: 'guard', reason: 'r' })
    await node.block()
    return { is: 'paused', ids }
  },
  async 'is migrating'(node) {
    await passing(node, { kind: 'kernel/upgrade', kernel: ids.shaped, rowsPerBlock: 1 })
    await node.block()
    return { is: 'migrating', ids: { ...ids, good: ids.reshaped } }
  },
}

/** Executes the message on the node; returns null, or the code with which it was refused. */
async function codeOf(node: TestNode, kind: MessageKind, own: Ids): Promise<string | null> {
  const message = messageFor(kind, own)
  if (messageTable[kind].by === 'account') {
    const by = kind === 'kernel/upload-chunk' ? bob : alice
    const { results } = await node.block(transaction(by, message as AccountMessage))
    return results[0]?.code === 'ok' ? null : (results[0]?.code ?? 'none')
  }
  const { state, reason } = await node.vote(message)
  assert.ok(state !== 'rejected' && state !== 'voting')
  return state === 'failed' ? String(reason) : null
}

function expected(kind: MessageKind, is: string): string | null {
  const ownCode = is === 'faulted' || (is === 'migrating' && kind === 'kernel/set-aside') ? null : ofFaults[kind]
  if (messageTable[kind].needs === 'host') return ownCode ?? null
  if (messageTable[kind].by === 'account') return 'kernel/faulted'
  return is === 'paused' && kind === 'kernel/unpause' ? null : (obstacles[is] ?? null)
}

for (const [situation, enter] of Object.entries(states))
  test(`Ker1: while the kernel ${situation}, what needs the host alone is accepted, and what needs the kernel refused`, async () => {
    const node = await fork(base)
    const { is, ids: own } = await enter(node)
    assert.equal(stateOf(node), is)
    for (const kind of messageKinds) {
      const copy = await fork(node)
      if (kind === 'governance/vote')
        await copy.good(bob, { kind: 'governance/propose', title: 't', messages: [{ kind: 'kernel/retry' }] })
      const [open] = (copy.query('governance/list') as readonly { readonly id: number }[]).slice(-1)
      assert.equal(stateOf(copy), is)
      assert.equal(await codeOf(copy, kind, { ...own, proposal: open?.id ?? 0 }), expected(kind, is), kind)
      await copy.app.close()
    }
  })

test('Opr3: what needs the host alone waits for the end of a migration, in order; what needs the kernel fails', async () => {
  const node = await fork(base)
  const upgrade = await passing(node, { kind: 'kernel/upgrade', kernel: ids.shaped, rowsPerBlock: 1 })
  const suspend = { kind: 'kernel/suspend', vat: 'mirror', reason: 'r' }
  const waiting = await passing(node, suspend, { kind: 'kernel/upgrade', kernel: ids.reshaped })
  assert.equal(proposalOf(node, upgrade)['state'], 'executing')
  const failing = await passing(node, { kind: 'parameters/set', name: 'fees.host', value: 3 })
  await node.block()
  assert.deepEqual(['executing', 'done'], [waiting, failing].map((id) => proposalOf(node, id)['state']))
  while (stateOf(node) === 'migrating') {
    assert.equal(proposalOf(node, waiting)['state'], 'executing')
    await node.restart()
    await node.block()
  }
  await node.block()
  assert.deepEqual([proposalOf(node, waiting)['state'], stateOf(node)], ['done', 'ready'])
  assert.ok((node.query('kernel/status') as { readonly kernel: string }).kernel === ids.reshaped)
})

test('Ktr1: a migration that fails in a later block fails its proposal and gives the kernel before it back, and the blocks go on', async () => {
  const node = await fork(base)
  const upgrade = await passing(node, { kind: 'kernel/upgrade', kernel: ids.throwing, rowsPerBlock: 1 })
  const before = (node.query('kernel/status') as { readonly kernel: string }).kernel
  const kinds = (await node.block()).events.map(({ kind }) => kind)
  assert.equal(stateOf(node), 'migrating')
  do {
    assert.equal(proposalOf(node, upgrade)['state'], 'executing')
    await node.restart()
    kinds.push(...(await node.block()).events.map(({ kind }) => kind))
  } while (stateOf(node) === 'migrating')
  const { state, reason } = proposalOf(node, upgrade)
  assert.deepEqual([state, reason], ['failed', 'kernel/upgrade-failed'])
  assert.equal(kinds.filter((kind) => kind === 'kernel-returned').length, 1)
  assert.equal((node.query('kernel/status') as { readonly kernel: string }).kernel, before)
  await node.restart()
  assert.equal((await node.ask('version'))['value'], 1)
})

test('a kernel that a critical vat has paused goes on by vote, and what follows in the vote is done', async () => {
  const node = await fork(base)
  await done(node, { kind: 'kernel/terminate', vat: 'guard', reason: 'r' })
  assert.equal(stateOf(node), 'paused')
  await done(node, { kind: 'kernel/unpause' }, { kind: 'kernel/run-plan', plan }, { kind: 'kernel/resume', vat: 'idle' })
  assert.equal(stateOf(node), 'ready')
})

test('a plan that failed holds up others until a vote abandons it', async () => {
  const node = await fork(base)
  const steps = [{ kind: 'probe', name: 'no', to: 'mirror', method: 'version', answer: 5 }, ...plan.steps]
  const first = await node.vote({ kind: 'kernel/run-plan', plan: { id: 'p', about: 'fails', steps } })
  assert.deepEqual([first['state'], first['reason']], ['failed', 'plan/answer-differs'])
  const other = { ...plan, id: 'q' }
  const second = await node.vote({ kind: 'kernel/run-plan', plan: other })
  assert.deepEqual([second['state'], second['reason']], ['failed', 'plan/active'])
  await done(node, { kind: 'kernel/abandon-plan', reason: 'r' }, { kind: 'kernel/run-plan', plan: { ...plan, id: 's' } })
})

/** Makes blocks on two forks; on one of them each block is interrupted before its commit, and begun again. */
async function assertAgree(node: TestNode, blocks: number): Promise<void> {
  const [calm, killed] = [await fork(node), await fork(node)]
  for (let made = 0; made < blocks; made += 1) {
    await killed.app.deliver(killed.next())
    await killed.restart()
    const [one, other] = [await calm.block(), await killed.block()]
    assert.equal(other.appHash, one.appHash, `block ${one.height}`)
  }
  assert.equal(stateOf(killed), stateOf(calm))
}

const suspending = { kind: 'kernel/suspend', vat: 'mirror', reason: 'r' } as const

test('Opr1: a migration over blocks, with what waits for it, comes to the same hash after an interruption of each block', async () => {
  const node = await fork(base)
  await passing(node, { kind: 'kernel/upgrade', kernel: ids.shaped, rowsPerBlock: 5 }, suspending)
  await assertAgree(node, 12)
})

test('Opr1: so does a migration that fails', async () => {
  const node = await fork(base)
  await passing(node, { kind: 'kernel/upgrade', kernel: ids.throwing, rowsPerBlock: 5 }, suspending)
  await assertAgree(node, 12)
})

test('Opr1: so do a plan in the place of one that failed, and the end of a pause', async () => {
  const node = await fork(base)
  await done(node, { kind: 'kernel/terminate', vat: 'guard', reason: 'r' })
  const steps = [{ kind: 'probe', name: 'no', to: 'mirror', method: 'version', answer: 5 }]
  await passing(node, { kind: 'kernel/unpause' }, { kind: 'kernel/run-plan', plan: { id: 'q', about: 'fails', steps } })
  const second = await fork(node)
  await assertAgree(node, 2)
  await second.block()
  await passing(second, { kind: 'kernel/run-plan', plan })
  await assertAgree(second, 2)
})
