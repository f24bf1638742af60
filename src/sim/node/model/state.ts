/** What the model knows of a chain: plain numbers, kept without any code of the node. */
import { parameterTable } from '../../../protocol/node/parameters.ts'
import type { VoteChoice } from '../../../protocol/node/fields.ts'
import type { VoteMessage } from '../../../protocol/node/messages.ts'
import type { Genesis } from '../../../protocol/node/genesis.ts'
import type { BlockSeen, Delivered } from '../run/observation.ts'

export const feeAccount = `h1${'0'.repeat(40)}`

export interface ModelProposal {
  readonly id: number
  readonly ends: number
  /** The members when the vote began. */
  readonly weights: ReadonlyMap<string, number>
  readonly messages: readonly VoteMessage[]
  readonly votes: Map<string, VoteChoice>
  state: 'voting' | 'rejected' | 'executing' | 'done' | 'failed'
  reason: string | null
  /** Operations on the kernel that have not ended. */
  operations: number
}

/** A message to a vat that was accepted. */
export interface ModelSend {
  readonly n: number
  readonly hash: string
  readonly vat: string
  readonly method: string
  readonly args: readonly unknown[]
  readonly height: number
}

export interface ModelUpload {
  readonly bytes: number
  readonly label: string | null
  readonly chunks: string[]
  readonly expires: number
}

/** Code whose last chunk has arrived. */
export interface ModelInstallation {
  readonly kind: 'install'
  readonly label: string | null
  readonly hash: string
  readonly by: string
}

/** An operation on the kernel that a vote or an upload has queued. */
export interface ModelOperation {
  readonly number: number
  readonly proposal: number | null
  readonly what: VoteMessage | ModelInstallation
  readonly height: number
}

export class ModelState {
  readonly chain: string
  height: number
  readonly balances = new Map<string, bigint>()
  supply = 0n
  /** The last height at which a nonce is taken, by sender and nonce. */
  readonly nonces = new Map<string, number>()
  /** The keys of accounts that have set one, in hexadecimal digits. */
  readonly keys = new Map<string, string>()
  readonly parameters = new Map<string, number>()
  members: ReadonlyMap<string, number>
  readonly proposals: ModelProposal[] = []
  readonly published: Map<string, string>
  readonly scheduled = new Map<string, number>()
  readonly ended = new Map<string, string>()
  readonly sends: ModelSend[] = []
  /** Items of the host at the port of the ledger, in order. */
  readonly items: unknown[] = []
  /** How many items there are, by height. */
  readonly itemsAt = new Map<number, number>()
  readonly uploads = new Map<string, ModelUpload>()
  /** The hash of the code that has a label. */
  readonly labels = new Map<string, string>()
  readonly operations: ModelOperation[] = []
  lastOperation = 0
  requests = 0
  /** The state of the kernel at the end of the block before. */
  kernel: BlockSeen['kernel']
  readonly findings: string[] = []

  constructor(genesis: Genesis, firstHeight: number, kernel: BlockSeen['kernel']) {
    this.chain = genesis.chain
    this.height = firstHeight
    for (const { address, balance } of genesis.accounts) {
      this.balances.set(address, BigInt(balance))
      this.supply += BigInt(balance)
    }
    this.members = new Map(genesis.members.map(({ address, weight }) => [address, weight]))
    for (const [name, { default: value }] of Object.entries(parameterTable)) this.parameters.set(name, value)
    for (const [name, value] of Object.entries(genesis.parameters)) this.parameters.set(name, value)
    this.published = new Map(Object.entries(genesis.published))
    this.kernel = kernel
  }

  find(rule: string, text: string): void {
    this.findings.push(`${rule}: at height ${this.height}: ${text}`)
  }

  parameter(name: string): number {
    return this.parameters.get(name) ?? NaN
  }

  balance(address: string): bigint {
    return this.balances.get(address) ?? 0n
  }

  move(from: string, to: string, amount: bigint): void {
    this.balances.set(from, this.balance(from) - amount)
    this.balances.set(to, this.balance(to) + amount)
  }
}

/** A message that is refused, with its code. */
export class ModelRefusal extends Error {
  readonly code: string

  constructor(code: string) {
    super(code)
    this.code = code
  }
}

export const refuse = (code: string): never => {
  throw new ModelRefusal(code)
}

/** What a transaction costs. */
export function feeOf(state: ModelState, { body, size }: Delivered): bigint {
  const { kind } = body.message
  const name = kind === 'kernel/send' ? 'fees.kernel' : kind === 'kernel/upload-chunk' ? 'fees.upload' : 'fees.host'
  return BigInt(state.parameter(name)) + BigInt(state.parameter('fees.byte')) * BigInt(size)
}
