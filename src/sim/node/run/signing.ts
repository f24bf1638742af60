/** Makes the transactions of a script: with the numbers, heights and keys that only the run knows. */
import { hash } from 'node:crypto'
import { encodeValue } from '../../../api/values.ts'
import type { JsonValue } from '../../../protocol/node/fields.ts'
import type { VoteMessage } from '../../../protocol/node/messages.ts'
import {
  addressOfHash,
  canonicalJson,
  type AccountMessage,
  type TransactionBody,
} from '../../../protocol/node/transaction.ts'
import type { Action, Call, Entry, Motion, Signing } from '../script/script.ts'
import { chunkBytes, type ChainPool } from '../world/chains.ts'
import { accountOf, signed, type Account } from '../world/keys.ts'
import type { Delivered } from './observation.ts'

/** What the run knows of the chain. */
export interface Known {
  readonly chain: string
  readonly height: number
  /** The number of a proposal. */
  proposal(label: string): number
  /** The number of the item of a message to a vat. */
  item(hash: string): number
  /** The number of the key with which an account signs. */
  key(who: number): number
}

export interface Made {
  readonly bytes: Uint8Array
  readonly delivered: Delivered
}

const accounts = new Map<number, Account>()
const accountWith = (number: number): Account => {
  const known = accounts.get(number) ?? accountOf(number)
  accounts.set(number, known)
  return known
}
type HostMotion = 'mint' | 'members' | 'parameter' | 'schedule' | 'cancel' | 'publish-root'

const jsonOf = (value: readonly object[]): JsonValue[] => JSON.parse(JSON.stringify(value)) as JsonValue[]

/** -1: the account of the vats. */
export const addressOf = (who: number): string => (who === -1 ? portAccount : accountWith(who).address)
const portAccount = addressOfHash(hash('sha256', 'port/ledger'))

export class Signer {
  readonly #chains: ChainPool
  readonly #made = new Map<number, Made>()

  constructor(chains: ChainPool) {
    this.#chains = chains
  }

  /** Every transaction that was made, by its hash; of copies the first. */
  all(): ReadonlyMap<string, Delivered> {
    return new Map([...this.#made.values()].map(({ delivered }) => [delivered.hash, delivered]))
  }

  /** Undefined: a copy of one that was left out of the script. */
  make(entry: Entry, known: Known): Made | undefined {
    if (entry.kind === 'copy') return this.#made.get(entry.of)
    const made = this.#sign(entry, known)
    this.#made.set(entry.n, made)
    return made
  }

  #sign(entry: Signing, known: Known): Made {
    const { n, from, flaw, nonce, life } = entry
    const sender = addressOf(from)
    const keyNumber = flaw === 'key' ? 77 : known.key(from)
    const expires = flaw === 'expired' ? known.height - 1 : flaw === 'too-late' ? known.height + 100_001 : known.height + life
    const body: TransactionBody = {
      chain: flaw === 'chain' ? 'elsewhere' : known.chain,
      expires: Math.max(1, expires),
      fee: flaw === 'fee' ? '0' : '1000000000',
      message: this.#message(entry.action, n, known),
      nonce: String(nonce),
      sender,
    }
    const signer = accountWith(keyNumber)
    const text = textOf(body, flaw)
    const bytes = signed(signer, text)
    if (flaw === 'garbled') bytes[100 + (n % (bytes.length - 100))]! ^= 0x08
    const delivered: Delivered = {
      n,
      hash: hash('sha256', bytes),
      size: bytes.length,
      form: formOf(flaw),
      items: entry.action.kind === 'propose' ? this.#itemsOf(entry.action.motions, known) : [],
      key: Buffer.from(signer.publicKey).toString('hex'),
      signer: signer.address,
      body,
    }
    return { bytes, delivered }
  }

  /** The numbers of items that the motions name, with those of their transactions. */
  #itemsOf(motions: readonly Motion[], known: Known): Delivered['items'] {
    return motions.flatMap((motion) =>
      motion.kind === 'set-aside' || motion.kind === 'put-back'
        ? [[this.#itemOf(motion.of, known), motion.of] as const]
        : [],
    )
  }

  #itemOf(n: number, known: Known): number {
    const found = this.#made.get(n)?.delivered.hash
    return found === undefined ? 999_999 : known.item(found)
  }

  #message(action: Action, n: number, known: Known): AccountMessage {
    switch (action.kind) {
      case 'transfer': {
        const { to, amount, memo } = action
        return { kind: 'ledger/transfer', to: addressOf(to), amount, ...(memo === null ? {} : { memo }) }
      }
      case 'send':
        return { kind: 'kernel/send', to: action.to, ...callOf(action.call, n) }
      case 'set-key':
        return { kind: 'accounts/set-key', key: Buffer.from(accountWith(action.key).publicKey).toString('hex') }
      case 'propose': {
        const messages = action.motions.map((motion) => this.#motion(motion, known))
        return { kind: 'governance/propose', title: action.label, messages: jsonOf(messages) }
      }
      case 'vote':
        return { kind: 'governance/vote', proposal: known.proposal(action.label), choice: action.choice }
      case 'begin-upload': {
        const bytes = this.#chains.code(action.code)
        return {
          kind: 'kernel/begin-upload',
          hash: hash('sha256', bytes),
          for: 'vat',
          bytes: bytes.length,
          label: action.label,
        }
      }
      case 'chunk':
        return this.#chunk(action)
    }
  }

  #chunk({ code, index, isDamaged }: Extract<Action, { kind: 'chunk' }>): AccountMessage {
    const bytes = this.#chains.code(code)
    const data = Buffer.from(bytes.subarray(index * chunkBytes, (index + 1) * chunkBytes))
    if (isDamaged && data.length > 0) data[0]! ^= 1
    return { kind: 'kernel/upload-chunk', hash: hash('sha256', bytes), index, data: data.toString('base64') }
  }

  #motion(motion: Motion, known: Known): VoteMessage {
    switch (motion.kind) {
      case 'mint':
        return { kind: 'ledger/mint', to: addressOf(motion.to), amount: motion.amount }
      case 'members': {
        const members = motion.weights.map(([who, weight]) => ({ address: addressOf(who), weight }))
        return { kind: 'governance/set-members', members }
      }
      case 'parameter':
        return { kind: 'parameters/set', name: motion.name, value: motion.value }
      case 'schedule':
        return { kind: 'upgrade/schedule', name: motion.name, height: known.height + motion.ahead }
      case 'cancel':
        return { kind: 'upgrade/cancel', name: motion.name }
      case 'publish-root':
        return { kind: 'kernel/publish-root', name: motion.name, ...(motion.vat === null ? {} : { vat: motion.vat }) }
      default:
        return this.#operation(motion, known)
    }
  }

  #operation(
    motion: Exclude<Motion, { kind: HostMotion }>,
    known: Known,
  ): VoteMessage {
    switch (motion.kind) {
      case 'kernel': {
        const kernel = this.#chains.kernelId(motion.kernel)
        return { kind: 'kernel/upgrade', kernel, ...(motion.rows === null ? {} : { rowsPerBlock: motion.rows }) } as VoteMessage
      }
      case 'upgrade-vat':
        return { kind: 'kernel/upgrade-vat', vat: motion.vat, bundle: motion.code }
      case 'plan': {
        const { id, vat, code } = motion
        const steps = [{ kind: 'vat', name: 'only', vat, bundle: code }]
        return { kind: 'kernel/run-plan', plan: { id, about: 'of the simulation', steps } }
      }
      case 'kernel-plan': {
        const { id, then } = motion
        const first = { kind: 'kernel', name: 'first', bundle: this.#chains.kernelId(motion.kernel) }
        const second = then === null ? [] : [{ kind: 'vat', name: 'second', vat: then.vat, bundle: then.code }]
        return { kind: 'kernel/run-plan', plan: { id, about: 'of the simulation', steps: [first, ...second] } }
      }
      case 'suspend':
      case 'terminate':
        return { kind: `kernel/${motion.kind}`, vat: motion.vat, reason: 'simulated' }
      case 'resume':
        return { kind: 'kernel/resume', vat: motion.vat }
      case 'set-aside':
      case 'put-back':
        return { kind: `kernel/${motion.kind}`, item: this.#itemOf(motion.of, known) }
      case 'abandon-plan':
      case 'pause':
        return { kind: `kernel/${motion.kind}`, reason: 'simulated' }
      case 'retry':
      case 'unpause':
        return { kind: `kernel/${motion.kind}` }
    }
  }
}

function textOf(body: TransactionBody, flaw: Signing['flaw']): string {
  const canonical = canonicalJson(body)
  switch (flaw) {
    case 'not-canonical':
      return canonical.replace('{', '{ ')
    case 'field':
      return canonicalJson({ ...body, more: 1 })
    case 'by-vote-only':
      return canonicalJson({ ...body, message: { kind: 'ledger/mint', to: body.sender, amount: '1000' } })
    default:
      return canonical
  }
}

const formOf = (flaw: Signing['flaw']): string =>
  ({ 'not-canonical': 'tx/not-canonical', field: 'tx/malformed', 'by-vote-only': 'tx/not-by-account', garbled: 'garbled' })[
    flaw as string
  ] ?? 'ok'

/** The method and the arguments of a call, which begin with the number of its transaction. */
function callOf(call: Call, n: number): { readonly method: string; readonly args: JsonValue } {
  const rest = (): readonly unknown[] => {
    switch (call.kind) {
      case 'note':
        return [call.value]
      case 'burn':
        return [call.times]
      case 'pay':
        return [addressOf(call.to), call.amount]
      case 'publish':
        return [call.name, call.value]
      case 'report':
        return [call.from]
      case 'provoke':
      case 'fail':
      case 'nonsense':
        return []
    }
  }
  return { method: call.kind, args: call.kind === 'nonsense' ? 'not a list' : encoded([n, ...rest()]) }
}

const encoded = (args: readonly unknown[]): JsonValue =>
  JSON.parse(encodeValue(args).body.slice(1)) as JsonValue
