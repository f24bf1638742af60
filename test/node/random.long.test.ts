/**
 * Random lives of a chain on two nodes: one that lives undisturbed, and one that evicts after each crank,
 * dies between delivery and commit, and restarts. A model of the ledger knows every balance, and the vat
 * behind the ledger has them too in the end (App1, App2, Led1, Led2, Acc1).
 *
 * `HEIRLOOM_PROPERTY_RUNS` sets how many lives, `HEIRLOOM_SEED` the first seed.
 */
import assert from 'node:assert/strict'
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { Application, type Context, type HostUpgrades } from '../../src/node/index.ts'
import { feeAccount } from '../../src/node/modules/ledger/balances.ts'
import type { JsonValue, VoteChoice } from '../../src/protocol/node/fields.ts'
import type { AccountMessage } from '../../src/protocol/node/transaction.ts'
import { kernelBytes } from '../../src/release/release.ts'
import { defects, shapedKernel } from '../kit/shapedKernels.ts'
import { temporaryDirectory } from '../kit/world.ts'
import { agreed } from './eventful.ts'
import {
  accountOf,
  alice,
  bob,
  carol,
  genesisOf,
  sending,
  TestNode,
  transaction,
  transfer,
  type Account,
} from './kit.ts'

const lives = Number(process.env['HEIRLOOM_PROPERTY_RUNS'] ?? 6)
const firstSeed = Number(process.env['HEIRLOOM_SEED'] ?? 1)
const accounts = [alice, bob, carol, ...[11, 12, 13, 14].map(accountOf)]
const evicting = { eviction: 'after-each-crank' } as const

/** Each upgrade of the host notes that it was done. */
const upgrades: HostUpgrades = Object.fromEntries(
  Array.from({ length: 200 }, (_, height) => [
    `gift-${height}`,
    { about: 'notes its height', migrate: ({ state }: Context) => state.set('gift', String(height), 'done') },
  ]),
)

class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  below(limit: number): number {
    this.#state = (this.#state * 1_103_515_245 + 12_345) % 2 ** 31
    return Math.floor((this.#state / 2 ** 31) * limit)
  }

  of<Value>(values: readonly Value[]): Value {
    const value = values[this.below(values.length)]
    assert.ok(value !== undefined)
    return value
  }
}

/** What every balance must be. */
class Model {
  readonly balances = new Map<string, bigint>(accounts.slice(0, 3).map(({ address }) => [address, 1_000_000n]))

  of(address: string): bigint {
    return this.balances.get(address) ?? 0n
  }

  move(from: string, to: string, amount: bigint): void {
    this.balances.set(from, this.of(from) - amount)
    this.balances.set(to, this.of(to) + amount)
  }

  /** A fee of 1, and the transfer if the rest suffices. Returns the code. */
  transfer(from: Account, to: Account, amount: bigint): string {
    if (this.of(from.address) < 1n) return 'tx/cannot-pay'
    this.move(from.address, feeAccount, 1n)
    if (this.of(from.address) < amount) return 'ledger/insufficient'
    this.move(from.address, to.address, amount)
    return 'ok'
  }
}

interface Life {
  readonly node: TestNode
  readonly model: Model
  readonly random: Random
  readonly kernels: { readonly good: string; readonly bad: string }
  isFaulted: boolean
  /** What a proposal costs until it is decided. */
  deposit: bigint
  /** The heights in the names of the upgrades that were scheduled. */
  readonly gifts: number[]
}

const votesOn = (proposal: number, choice: VoteChoice): Uint8Array[] =>
  [alice, bob].map((member) => transaction(member, { kind: 'governance/vote', proposal, choice }))

/** One block of random transfers, each with the code that the model expects. */
async function transfers({ node, model, random }: Life): Promise<void> {
  const wanted: string[] = []
  const block = Array.from({ length: 1 + random.below(12) }, () => {
    const [from, to] = [random.of(accounts), random.of(accounts)]
    const amount = random.below(3) === 0 ? BigInt(random.below(2_000_000)) : BigInt(random.below(50))
    wanted.push(model.transfer(from, to, amount))
    return transaction(from, transfer(to, amount))
  })
  // Some come twice.
  if (random.below(4) === 0 && wanted[0] !== 'tx/cannot-pay') {
    block.push(block[0] ?? new Uint8Array())
    wanted.push('tx/nonce-used')
  }
  const { results } = await node.block(...block)
  assert.deepEqual(results.map(({ code }) => code), wanted)
}

/** A vote that passes: each of its three transactions costs a fee, and the deposit comes back. */
const vote = (life: Life, ...messages: JsonValue[]): Promise<void> => decide(life, 'yes', messages)

async function decide({ node, model }: Life, choice: VoteChoice, messages: JsonValue[]): Promise<void> {
  const message: AccountMessage = { kind: 'governance/propose', title: 'random', messages }
  const { results } = await node.block(transaction(alice, message))
  const { proposal } = results[0]?.data as { readonly proposal: number }
  await node.block(...votesOn(proposal, choice))
  for (const { address } of [alice, alice, bob]) model.move(address, feeAccount, 1n)
  await node.block()
}

const steps: readonly ((life: Life) => Promise<void>)[] = [
  transfers,
  transfers,
  transfers,
  async (life) => {
    const amount = BigInt(life.random.below(1_000))
    const to = life.random.of(accounts)
    await vote(life, { kind: 'ledger/mint', to: to.address, amount: String(amount) })
    life.model.balances.set(to.address, life.model.of(to.address) + amount)
  },
  async ({ node, model, isFaulted, random }) => {
    const message = random.below(2) === 0 ? sending('echo', 1n) : sending('spin', random.below(100_000))
    const { results } = await node.block(transaction(carol, message))
    assert.equal(results[0]?.code, isFaulted ? 'kernel/faulted' : 'ok')
    model.move(carol.address, feeAccount, 10n)
  },
  async (life) => {
    if (life.isFaulted) return
    await vote(life, { kind: 'kernel/upgrade', kernel: life.kernels.bad })
    await life.node.block()
    await life.node.block(transaction(carol, sending('echo', 'poison')))
    life.model.move(carol.address, feeAccount, 10n)
    assert.equal((life.node.query('kernel/status') as { state: string }).state, 'faulted')
    life.isFaulted = true
  },
  async (life) => {
    if (!life.isFaulted) return
    await vote(life, { kind: 'kernel/upgrade', kernel: life.kernels.good })
    await life.node.block()
    life.isFaulted = false
  },
  async (life) => {
    await vote(life, { kind: 'parameters/set', name: 'kernel.handed', value: 1 + life.random.below(20) })
  },
  async (life) => {
    const deposit = life.random.below(4)
    await vote(life, { kind: 'parameters/set', name: 'governance.deposit', value: deposit })
    life.deposit = BigInt(deposit)
  },
  async (life) => {
    await decide(life, 'veto', [{ kind: 'ledger/mint', to: alice.address, amount: '1000000' }])
    life.model.move(alice.address, feeAccount, life.deposit)
  },
  async (life) => {
    const { height } = life.node.app.info
    await vote(life, { kind: 'upgrade/schedule', name: `gift-${height}`, height: height + 4 + life.random.below(4) })
    life.gifts.push(height)
  },
  async ({ node }) => void (await node.block()),
]

/** Delivers the same blocks to another node, which is disturbed at random. */
async function follow(t: TestContext, { node, random }: Life, blocks: readonly Delivered[]): Promise<void> {
  const place = temporaryDirectory(t)
  let directory = join(place, 'store 0')
  const genesis = await genesisOf({ chain: node.genesis.chain })
  let app = await Application.open({ directory, genesis, upgrades, store: evicting })
  t.after(() => app.close().catch(() => {}))
  for (const [at, { block, result }] of blocks.entries()) {
    assert.deepEqual(agreed(await app.deliver(block)), agreed(result), `block ${block.height}`)
    const how = random.below(6)
    if (how === 0) {
      const left = join(place, `store ${at + 1}`)
      cpSync(directory, left, { recursive: true })
      await app.close()
      rmSync(directory, { recursive: true })
      directory = left
      app = await Application.open({ directory, genesis, upgrades })
      assert.deepEqual(agreed(await app.deliver(block)), agreed(result), `block ${block.height}, after a death`)
    }
    if (how === 1) {
      await app.recover()
      assert.deepEqual(agreed(await app.deliver(block)), agreed(result), `block ${block.height}, once more`)
    }
    await app.commit()
    assert.equal(app.info.appHash, result.appHash)
  }
}

type Delivered = Awaited<ReturnType<typeof recorded>>[number]

/** Records the blocks that the node gets. */
function recorded(node: TestNode) {
  const blocks: { block: ReturnType<TestNode['next']>; result: Awaited<ReturnType<TestNode['block']>> }[] = []
  const { deliver } = node.app
  node.app.deliver = async (block) => {
    const result = await deliver.call(node.app, block)
    blocks.push({ block, result })
    return result
  }
  return blocks
}

for (let seed = firstSeed; seed < firstSeed + lives; seed += 1)
  test(`seed ${seed}: two nodes agree at every height, and the model and the vat with them`, async (t) => {
    const node = await TestNode.open(t, { upgrades })
    const blocks = recorded(node)
    const random = new Random(seed * 7_919)
    const model = new Model()
    for (const { address } of accounts.slice(0, 3)) {
      await node.block(transaction(alice, sending('open', address, 1_000_000n)))
      model.move(alice.address, feeAccount, 10n)
    }
    const paid = (before: bigint): bigint => before - node.balance(bob)
    const first = node.balance(bob)
    const good = await node.install(await kernelBytes(), 'kernel')
    const bad = await node.install(await shapedKernel(1, ...defects.cannotRun('poison')), 'kernel')
    model.move(bob.address, feeAccount, paid(first))
    const life: Life = { node, model, random, kernels: { good, bad }, isFaulted: false, deposit: 0n, gifts: [] }
    for (let step = 0; step < 30; step += 1) {
      await random.of(steps)(life)
      for (const account of accounts) assert.equal(node.balance(account), model.of(account.address))
    }
    if (life.isFaulted) await vote(life, { kind: 'kernel/upgrade', kernel: good })
    await vote(life, { kind: 'parameters/set', name: 'kernel.handed', value: 2_000 })
    for (let block = 0; block < 8; block += 1) await node.block()
    assert.equal(life.gifts.filter((height) => node.app.state.get('gift', String(height)) !== 'done').length, 0)
    do await node.block()
    while ((node.query('ledger/owed') as { readonly waiting: number }).waiting > 0)
    for (const account of accounts) {
      const answer = (await node.ask('balance', account.address))['value']
      model.move(alice.address, feeAccount, 10n)
      // The answers to alice's own questions cost her what the vat hears of a block later.
      if (account !== alice) assert.equal(answer, `+${model.of(account.address)}`)
    }
    assert.equal(((await node.ask('heard'))['value'] as readonly unknown[])[1], false)
    await follow(t, life, blocks)
    t.diagnostic(`${blocks.length} blocks`)
  })
