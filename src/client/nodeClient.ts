/**
 * A client of a node.
 *
 * Cli1. What `submitAndWait` and `send` return is certain: the transaction is in a committed block, or its
 *       last height is over and it will never be executed. Until one of them is known they ask again, also
 *       while the node does not answer; the signal ends that.
 * Cli2. A transaction that is submitted again is the same transaction: it is executed at most once (Tx2).
 */
import { isRecord } from '../base/guards.ts'
import type { JsonValue } from '../protocol/node/fields.ts'
import type { AccountMessage } from '../protocol/node/transaction.ts'
import type { VoteMessage } from '../protocol/node/messages.ts'
import type { ProposalCheck } from '../protocol/node/proposalCheck.ts'
import type { ParameterName } from '../protocol/node/parameters.ts'
import { toBase64 } from './bytes.ts'
import { eventsOf, type EventOptions } from './events.ts'
import type { Key } from './keys.ts'
import { isPassing, NodeError } from './nodeError.ts'
import { pause, pauseAfter } from './pause.ts'
import { ask, type Connection, type Fetch, type NodeRequest } from './request.ts'
import { expiryOf, hashOfTransaction, signTransaction } from './transactions.ts'
import type {
  BlockView,
  CheckResult,
  EventView,
  IncludedTransaction,
  NodeStatus,
  NotIncluded,
  QueryAnswer,
  SendOutcome,
  Submitted,
  TransactionOutcome,
} from './views.ts'

export interface ClientOptions {
  /** Default: the global `fetch`. */
  readonly fetch?: Fetch
}

interface Waiting {
  readonly signal?: AbortSignal
}

/** How a message is sent. */
export interface MessageOptions extends Waiting {
  /** The most that the sender pays; default: what the message costs by the parameters of now. */
  readonly fee?: bigint | number | string
  /** For how many blocks the transaction may wait; default: 100. */
  readonly lifetime?: number
  /** The account, if its key is not the first one. */
  readonly sender?: string
}

/** What became of a message, and the transaction that carried it. */
export type MessageOutcome = TransactionOutcome & { readonly hash: string }

const defaultLifetime = 100
/** For how long the node holds a request, in seconds. */
const waitSeconds = 20

export class NodeClient {
  readonly #connection: Connection

  constructor(url: string, options: ClientOptions = {}) {
    const fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init))
    this.#connection = { url: url.replace(/\/+$/, ''), fetch }
  }

  get url(): string {
    return this.#connection.url
  }

  status(options: Waiting = {}): Promise<NodeStatus> {
    return this.#ask({ path: '/v1/status', ...options })
  }

  /** What the transaction would come to now. */
  check(transaction: Uint8Array, options: Waiting = {}): Promise<CheckResult> {
    return this.#ask({ path: '/v1/check', body: { transaction: toBase64(transaction) }, ...options })
  }

  /**
   * What the messages of a proposal would do if a vote executed them now: the node tries them on a copy of
   * its store, which may take minutes.
   * @throws NodeError `http/bad-request`: not messages of votes; `http/too-many`: the node checks another
   *   proposal now; `node/check-ended`
   */
  checkProposal(messages: readonly VoteMessage[], options: Waiting = {}): Promise<ProposalCheck> {
    return this.#ask({ path: '/v1/proposals/check', body: { messages }, ...options })
  }

  /**
   * Submits the transaction, and does not wait for its block.
   * @throws NodeError `tx/…`: it cannot be executed
   */
  submit(transaction: Uint8Array, options: Waiting = {}): Promise<Submitted> {
    return this.#ask({ path: '/v1/transactions', body: { transaction: toBase64(transaction) }, ...options })
  }

  /**
   * Cli1. `expires` is read from the transaction unless it is given.
   * @throws NodeError `tx/…`: it cannot be executed; `node/halted`: the node makes no blocks and did not take
   *   it
   */
  async submitAndWait(
    transaction: Uint8Array,
    { signal, expires = expiryOf(transaction) }: Waiting & { readonly expires?: number } = {},
  ): Promise<TransactionOutcome> {
    const body = { transaction: toBase64(transaction) }
    const parameters = { wait: String(waitSeconds), expires: String(expires) }
    for (let failures = 0, isTaken = false; ; ) {
      try {
        const answer = await this.#ask<Submitted | TransactionOutcome>({
          path: '/v1/transactions',
          parameters,
          body,
          signal,
        })
        if (answer.kind !== 'waiting') return answer
        isTaken = true
        failures = 0
      } catch (error) {
        if (!isTaken && isHalted(error)) throw error
        const outcome = await this.#despite(error, transaction, expires, signal)
        if (outcome !== undefined) return outcome
        failures += 1
      }
      await pause(pauseAfter(failures), signal)
    }
  }

  /** A refusal may be one of a transaction that is in a block already, or that has expired meanwhile. */
  async #despite(
    error: unknown,
    transaction: Uint8Array,
    expires: number,
    signal: AbortSignal | undefined,
  ): Promise<TransactionOutcome | undefined> {
    signal?.throwIfAborted()
    if (isPassing(error)) return undefined
    if (!(error instanceof NodeError) || !['tx/nonce-used', 'tx/expired'].includes(error.code)) throw error
    const options = signal === undefined ? {} : { signal }
    // First the height: a block that is committed in between is then seen by the second request.
    const { height } = await this.status(options)
    const found = await this.transaction(hashOfTransaction(transaction), options)
    if (found !== undefined) return found
    if (height >= expires) return { kind: 'not-included', height } satisfies NotIncluded
    throw error
  }

  /** The transaction in its block; undefined while it is in none. */
  async transaction(hash: string, options: Waiting = {}): Promise<IncludedTransaction | undefined> {
    try {
      const answer = await this.#ask<IncludedTransaction>({ path: `/v1/transactions/${hash}`, ...options })
      return 'result' in answer ? { ...answer, kind: 'included' } : undefined
    } catch (error) {
      if (error instanceof NodeError && error.status === 404) return undefined
      throw error
    }
  }

  block(height: number | 'latest', options: Waiting = {}): Promise<BlockView> {
    return this.#ask({ path: `/v1/blocks/${height}`, ...options })
  }

  /**
   * Asks `module/query/words…`, such as `ledger/balance/h1…`.
   * @throws NodeError `node/no-query`, `node/bad-query`
   */
  query(path: string, options: Waiting = {}): Promise<QueryAnswer> {
    const words = path.split('/').map((word) => encodeURIComponent(word))
    return this.#ask({ path: `/v1/query/${words.join('/')}`, ...options })
  }

  /** Events, without end (`Evs1`). */
  events(options: EventOptions = {}): AsyncGenerator<EventView, void> {
    return eventsOf(this.#connection, options)
  }

  /** What a message costs now: the fee of its kind, and of so many bytes. */
  async feeFor(message: AccountMessage, bytes: number, options: Waiting = {}): Promise<bigint> {
    const { value } = await this.query('parameters/all', options)
    const parameters = value as Readonly<Record<ParameterName, number>>
    return BigInt(parameters[feeOf[message.kind] ?? 'fees.host']) + BigInt(parameters['fees.byte']) * BigInt(bytes)
  }

  /**
   * Signs a message for the chain of the node, submits it, and waits for what becomes of it (Cli1).
   * @throws NodeError `tx/…`: it cannot be executed; `client/unreachable` before it was submitted
   */
  async send(key: Key, message: AccountMessage, options: MessageOptions = {}): Promise<MessageOutcome> {
    const bytes = await this.sign(key, message, options)
    const { signal } = options
    const outcome = await this.submitAndWait(bytes, signal === undefined ? {} : { signal })
    return { ...outcome, hash: hashOfTransaction(bytes) }
  }

  /** Signs a message for the chain of the node; it expires `lifetime` blocks after the last one. */
  async sign(key: Key, message: AccountMessage, options: MessageOptions = {}): Promise<Uint8Array> {
    const { lifetime = defaultLifetime, signal, sender } = options
    const waiting = signal === undefined ? {} : { signal }
    const { chain, height } = await this.status(waiting)
    const expires = height + lifetime
    const own = sender === undefined ? {} : { sender }
    const longest = signTransaction(key, { chain, expires, fee: maxFee, message, ...own }).length
    const fee = options.fee ?? (await this.feeFor(message, longest, waiting))
    return signTransaction(key, { chain, expires, fee, message, ...own })
  }

  /** Waits until a vat has answered the message of a transaction; `decodeResult` reads the answer. */
  async answer(transaction: string, options: Waiting = {}): Promise<Settled> {
    for (let attempts = 0; ; attempts += 1) {
      const { value } = await this.query(`kernel/result/${transaction}`, options)
      const settled = settledIn(value)
      if (settled !== undefined) return settled
      await pause(Math.min(1_000, pauseAfter(attempts)), options.signal)
    }
  }

  #ask<Answer>(request: NodeRequest): Promise<Answer> {
    return ask<Answer>(this.#connection, request)
  }
}

/** An operator has to act before there are blocks again. */
const isHalted = (error: unknown): boolean =>
  error instanceof NodeError && ['node/halted', 'node/upgrade-failed'].includes(error.code)

/** The answer of a vat. */
export type Settled = Extract<SendOutcome, { readonly kind: 'fulfilled' | 'rejected' }>

/** What the query `kernel/result` answers, once the vat has answered. */
function settledIn(value: JsonValue): Settled | undefined {
  if (!isRecord(value)) return undefined
  const { kind, height } = value
  if (kind === 'fulfilled') return { kind, value: value['value'] as JsonValue, height: Number(height) }
  return kind === 'rejected' ? { kind, reason: value['reason'] as JsonValue, height: Number(height) } : undefined
}

/** In as many digits as a fee can have. */
const maxFee = 2n ** 128n - 1n

const feeOf: Readonly<Partial<Record<AccountMessage['kind'], ParameterName>>> = {
  'kernel/send': 'fees.kernel',
  'kernel/upload-chunk': 'fees.upload',
}
