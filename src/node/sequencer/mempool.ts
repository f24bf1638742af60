/**
 * Transactions that wait for a block. They are in memory only: "accepted" means in a block, and a transaction
 * that is lost here is submitted again until it expires.
 */
import type { CheckResult } from '../../protocol/node/views.ts'
import type { Application } from '../application/application.ts'
import { hashOfTransaction, readTransaction } from '../transactions/readTransaction.ts'

/** Limits of a mempool. */
export interface MempoolLimits {
  readonly transactions: number
  readonly bytes: number
}

export const defaultMempool: MempoolLimits = { transactions: 50_000, bytes: 200_000_000 }

/** `known`: it waits already; `full`: there is no room now, try again later. */
export type Admission = CheckResult & { readonly admission: 'added' | 'known' | 'refused' | 'full' }

interface Waiting {
  readonly bytes: Uint8Array
  readonly priority: CheckResult['priority']
}

export class Mempool {
  readonly #application: Application
  readonly #limits: MempoolLimits
  readonly #waiting = new Map<string, Waiting>()
  readonly #votes = new Set<string>()
  /** By the last height at which they can be executed. */
  readonly #expiring = new Map<number, string[]>()
  #bytes = 0

  constructor(application: Application, limits: MempoolLimits) {
    this.#application = application
    this.#limits = limits
  }

  get size(): number {
    return this.#waiting.size
  }

  /** Takes a transaction that could be executed now. Idempotent. */
  add(bytes: Uint8Array): Admission {
    const check = this.#application.check(bytes)
    if (check.code !== 'ok') return { ...check, admission: 'refused' }
    if (this.#waiting.has(check.hash)) return { ...check, admission: 'known' }
    // What others have filled does not keep votes out.
    if (!this.#hasRoom(bytes.length) && !(check.priority === 'vote' && this.#dropOrdinary(bytes.length)))
      return { ...check, admission: 'full' }
    this.#waiting.set(check.hash, { bytes, priority: check.priority })
    if (check.priority === 'vote') this.#votes.add(check.hash)
    const { expires } = readTransaction(bytes)
    const others = this.#expiring.get(expires)
    if (others === undefined) this.#expiring.set(expires, [check.hash])
    else others.push(check.hash)
    this.#bytes += bytes.length
    return { ...check, admission: 'added' }
  }

  has(hash: string): boolean {
    return this.#waiting.has(hash)
  }

  /** Votes, then the others, in the order of their arrival. */
  *candidates(): Generator<Uint8Array> {
    for (const hash of this.#votes) yield this.#waiting.get(hash)?.bytes ?? new Uint8Array()
    for (const { bytes, priority } of this.#waiting.values()) if (priority === 'ordinary') yield bytes
  }

  /** They are in a block, or can be in none any more. */
  remove(transactions: readonly Uint8Array[]): void {
    for (const bytes of transactions) this.#remove(hashOfTransaction(bytes))
  }

  /** After the block of this height: without those that have expired. */
  expire(height: number): void {
    for (const [expires, hashes] of this.#expiring) {
      if (expires > height) continue
      for (const hash of hashes) this.#remove(hash)
      this.#expiring.delete(expires)
    }
  }

  #remove(hash: string): void {
    const waiting = this.#waiting.get(hash)
    if (waiting === undefined) return
    this.#waiting.delete(hash)
    this.#votes.delete(hash)
    this.#bytes -= waiting.bytes.length
  }

  /** Makes room of the latest ordinary transactions. */
  #dropOrdinary(room: number): boolean {
    for (const [hash, { priority }] of [...this.#waiting].reverse()) {
      if (this.#hasRoom(room)) return true
      if (priority === 'ordinary') this.#remove(hash)
    }
    return this.#hasRoom(room)
  }

  #hasRoom(bytes: number): boolean {
    return this.#waiting.size < this.#limits.transactions && this.#bytes + bytes <= this.#limits.bytes
  }
}
