/** Writes the blocks of a script: what scenes have planned for them, and random transactions. */
import type { Random } from '../../program/random.ts'
import { accountCount, periods } from '../world/chains.ts'
import {
  vatNames,
  type Action,
  type Call,
  type Entry,
  type Flaw,
  type Motion,
  type ScriptBlock,
} from './script.ts'

/** Who votes in scenes: the members of the genesis. */
export const voters = [1, 2, 3, 4] as const

const flaws: readonly Flaw[] = [
  'chain',
  'key',
  'expired',
  'too-late',
  'fee',
  'garbled',
  'not-canonical',
  'field',
  'by-vote-only',
]

export class Writer {
  readonly random: Random
  /** How long a vote is open at first. */
  readonly period: number
  readonly #planned = new Map<number, Entry[]>()
  #next = 0
  #at = 0
  #names = 0

  constructor(random: Random, chain: number) {
    this.random = random
    this.period = periods[chain] ?? 1
  }

  /** A number that no other name of the script has. */
  name(): number {
    return (this.#names += 1)
  }

  block(): ScriptBlock {
    const { random } = this
    const planned = this.#planned.get(this.#at) ?? []
    this.#planned.delete(this.#at)
    this.#at += 1
    const others = Array.from({ length: random.below(5) }, () => this.#randomEntry())
    const entries = random.chance(50) ? [...planned, ...others] : [...others, ...planned]
    return { after: 1 + random.below(5_000), isChosen: random.chance(30), entries }
  }

  /** Plans a transaction for a later block; `ahead`: 0 for the next one. Returns its number. */
  plan(ahead: number, from: number, action: Action): number {
    const n = (this.#next += 1)
    const at = this.#at + ahead
    const entry: Entry = { kind: 'sign', n, from, action, flaw: 'none', nonce: n, life: 2 }
    this.#planned.set(at, [...(this.#planned.get(at) ?? []), entry])
    return n
  }

  /** Plans a vote that passes. Returns how many blocks ahead it is executed. */
  vote(ahead: number, ...motions: readonly Motion[]): number {
    const label = `vote ${this.name()}`
    this.plan(ahead, this.random.pick(voters), { kind: 'propose', label, motions })
    for (const who of voters)
      if (this.random.chance(92)) this.plan(ahead + 1, who, { kind: 'vote', label, choice: 'yes' })
    return ahead + this.period + 1
  }

  #randomEntry(): Entry {
    const { random } = this
    const n = (this.#next += 1)
    if (n > 3 && random.chance(4)) return { kind: 'copy', n, of: 1 + random.below(n - 1) }
    const nonce = n > 3 && random.chance(6) ? 1 + random.below(n - 1) : n
    const flaw = random.chance(88) ? 'none' : random.pick(flaws)
    const [from, action, life] = [random.below(accountCount), this.#action(), random.below(6)]
    return { kind: 'sign', n, from, action, flaw, nonce, life }
  }

  #action(): Action {
    const { random } = this
    if (random.chance(2)) return { kind: 'set-key', key: 200 + random.below(5) }
    if (random.chance(55)) return this.transfer()
    const call = this.call()
    const to = call.kind === 'pay' || call.kind === 'publish' ? 'bank' : random.pick([...vatNames, 'till'])
    return { kind: 'send', to, call }
  }

  transfer(): Action {
    const { random } = this
    const amount = random.chance(80) ? random.below(100) : random.below(2_000_000)
    const memo = random.chance(15) ? random.pick(['for the sim', 'ünïcode', 'provoke']) : null
    // One of five goes to the account of the vats.
    return { kind: 'transfer', to: random.below(accountCount + 2) - 1, amount: String(amount), memo }
  }

  call(): Call {
    const { random } = this
    const kind = random.weighted({ note: 10, fail: 2, burn: 4, pay: 5, publish: 2, nonsense: 1, provoke: 1 })
    switch (kind) {
      case 'note':
        return { kind, value: random.below(100) }
      case 'burn':
        return { kind, times: random.below(30_000) }
      case 'pay':
        return { kind, to: random.below(accountCount), amount: String(random.below(500)) }
      case 'publish':
        return { kind, name: `price-${random.below(3)}`, value: random.below(100) }
      default:
        return { kind }
    }
  }
}
