/** A node for tests: a real store, accounts with known keys, and blocks that the test makes. */
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { join } from 'node:path'
import { encodeValue } from '../../src/api/values.ts'
import { bundleVat } from '../../src/host/index.ts'
import { Application, type ApplicationOptions, type BlockResult, type Genesis } from '../../src/node/index.ts'
import type { JsonValue, UploadKind } from '../../src/protocol/node/fields.ts'
import { canonicalJson, type AccountMessage } from '../../src/protocol/node/transaction.ts'
import { accountOf, signed, type Account } from '../../src/sim/node/world/keys.ts'
import { temporaryDirectory, type Scope } from '../kit/world.ts'

export { accountOf, signed, type Account }

export const [alice, bob, carol, dave] = [accountOf(1), accountOf(2), accountOf(3), accountOf(4)] as const

let nonces = 0

/** The fields of a transaction that a test chooses. */
export interface Chosen {
  readonly chain?: string
  readonly expires?: number
  readonly fee?: string
  readonly nonce?: string
  readonly sender?: string
}

/** A signed transaction, by default with a new nonce. */
export const transaction = (account: Account, message: AccountMessage, chosen: Chosen = {}): Uint8Array =>
  signed(
    account,
    canonicalJson({
      chain: 'test',
      expires: 500,
      fee: '1000000',
      message,
      nonce: String((nonces += 1)),
      sender: account.address,
      ...chosen,
    }),
  )

const mirror = bundleVat(join(import.meta.dirname, 'vats', 'mirror.ts'))

/** A genesis with four accounts, three members and a vat that mirrors the ledger. */
export async function genesisOf(changes: Partial<Genesis> = {}): Promise<Genesis> {
  const { source } = await mirror
  return {
    chain: 'test',
    time: 1_000,
    initialHeight: 1,
    accounts: [alice, bob, carol].map(({ address }) => ({ address, balance: '1000000' })),
    members: [alice, bob, carol].map(({ address }) => ({ address, weight: 1 })),
    kernel: { bootstrap: 'mirror', vats: { mirror: { bundleName: 'mirror' } }, ports: ['ledger', 'publish'] },
    published: { mirror: 'mirror' },
    bundles: { mirror: { source } },
    ...changes,
    parameters: { 'governance.period': 1, ...changes.parameters },
  }
}

export interface NodeOptions extends Omit<ApplicationOptions, 'directory' | 'genesis'> {
  readonly genesis?: Partial<Genesis>
  /** Default: a new one. */
  readonly directory?: string
}

/** An application to which the test delivers blocks, one second apart. */
export class TestNode {
  readonly directory: string
  readonly genesis: Genesis
  #app: Application

  private constructor(directory: string, genesis: Genesis, app: Application) {
    this.directory = directory
    this.genesis = genesis
    this.#app = app
  }

  static async open(scope: Scope, { genesis: changes, ...options }: NodeOptions = {}): Promise<TestNode> {
    const directory = options.directory ?? join(temporaryDirectory(scope), 'store')
    const genesis = await genesisOf(changes)
    const node = new TestNode(directory, genesis, await Application.open({ ...options, directory, genesis }))
    scope.after(() => node.app.close().catch(() => {}))
    return node
  }

  get app(): Application {
    return this.#app
  }

  /** Closes the application, and opens it again. */
  async restart(options: Omit<NodeOptions, 'genesis' | 'directory'> = {}): Promise<void> {
    await this.#app.close()
    this.#app = await Application.open({ ...options, directory: this.directory, genesis: this.genesis })
  }

  /** The next block of these transactions. */
  next(...transactions: readonly Uint8Array[]) {
    const { height, time } = this.#app.info
    return { height: height + 1, time: time + 1_000, transactions }
  }

  /** Delivers and commits the next block. */
  async block(...transactions: readonly Uint8Array[]): Promise<BlockResult> {
    const result = await this.#app.deliver(this.next(...transactions))
    await this.#app.commit()
    return result
  }

  /** A block of one message, which must be executed. */
  async good(account: Account, message: AccountMessage): Promise<JsonValue> {
    const { results } = await this.block(transaction(account, message))
    assert.equal(results[0]?.code, 'ok', results[0]?.log)
    return results[0].data
  }

  /** Proposes the messages, votes yes, and makes blocks until the proposal is decided and executed. */
  vote(...messages: readonly JsonValue[]): Promise<Record<string, JsonValue>> {
    return this.voteWith(messages)
  }

  /** As `vote`; the block in which the proposal is executed has these transactions too. */
  async voteWith(
    messages: readonly JsonValue[],
    ...transactions: readonly Uint8Array[]
  ): Promise<Record<string, JsonValue>> {
    const data = await this.good(alice, { kind: 'governance/propose', title: 'a vote', messages })
    const { proposal } = data as { readonly proposal: number }
    await this.block(
      ...[alice, bob, carol].map((member) =>
        transaction(member, { kind: 'governance/vote', proposal, choice: 'yes' }),
      ),
    )
    for (let blocks = 0; blocks < 10; blocks += 1) {
      await this.block(...(blocks === 0 ? transactions : []))
      const view = this.query(`governance/show/${proposal}`) as Record<string, JsonValue>
      if (view['state'] !== 'voting' && view['state'] !== 'executing') return view
    }
    return this.query(`governance/show/${proposal}`) as Record<string, JsonValue>
  }

  /** Sends a message to the vat and makes blocks until it is answered. Returns the result. */
  async ask(method: string, ...args: readonly unknown[]): Promise<Record<string, JsonValue>> {
    const message = sending(method, ...args)
    const { results } = await this.block(transaction(alice, message))
    assert.equal(results[0]?.code, 'ok', results[0]?.log)
    const path = `kernel/result/${results[0].hash}`
    for (let blocks = 0; blocks < 10; blocks += 1) {
      const result = this.query(path) as Record<string, JsonValue>
      if (result['kind'] === 'fulfilled' || result['kind'] === 'rejected') return result
      await this.block()
    }
    return this.query(path) as Record<string, JsonValue>
  }

  /** Uploads code in chunks, and makes the block that installs it. Returns its id. */
  async install(bytes: Uint8Array, kind: UploadKind, label?: string): Promise<string> {
    const id = hash('sha256', bytes)
    const begin = { hash: id, for: kind, bytes: bytes.length, ...(label === undefined ? {} : { label }) }
    const size = 300_000
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => ({
      hash: id,
      index,
      data: Buffer.from(bytes.subarray(index * size, (index + 1) * size)).toString('base64'),
    }))
    const { results, events } = await this.block(
      transaction(bob, { kind: 'kernel/begin-upload', ...begin }),
      ...chunks.map((chunk) => transaction(bob, { kind: 'kernel/upload-chunk', ...chunk })),
    )
    for (const { code, log } of results) assert.equal(code, 'ok', log)
    const installed = events.find(({ kind }) => kind === 'operation')?.data
    assert.equal(installed?.['code'], null)
    return (installed['data'] as { readonly id: string }).id
  }

  query(path: string): JsonValue {
    return this.#app.query(path).value
  }

  balance(account: Account): bigint {
    return BigInt((this.query(`ledger/balance/${account.address}`) as { readonly balance: string }).balance)
  }
}

/** A message to the vat `mirror`. */
export const sending = (method: string, ...args: readonly unknown[]): AccountMessage => ({
  kind: 'kernel/send',
  to: 'mirror',
  method,
  args: JSON.parse(encodeValue(args).body.slice(1)) as JsonValue,
})

/** A transfer. */
export const transfer = (to: Account, amount: number | bigint): AccountMessage => ({
  kind: 'ledger/transfer',
  to: to.address,
  amount: String(amount),
})
