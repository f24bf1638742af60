/**
 * Transactions that wait for a block. They are in memory only: "accepted" means in a block, and a transaction
 * that is lost here is submitted again until it expires.
 */
import type { CheckResult } from '../../protocol/node/views.ts'
import type { Application } from '../application/application.ts'
import { hashOfTransaction } from '../transactions/readTransaction.ts'

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
    const isFull = this.#waiting.size >= this.#limits.transactions || this.#bytes + bytes.length > this.#limits.bytes
    if (isFull && !(check.priority === 'vote' && this.#dropOrdinary(bytes.length)))
      return { ...check, admission: 'full' }
    this.#waiting.set(check.hash, { bytes, priority: check.priority })
    this.#bytes += bytes.length
    return { ...check, admission: 'added' }
  }

  has(hash: string): boolean {
    return this.#waiting.has(hash)
  }

  /** In the order of their arrival. */
  all(): readonly Uint8Array[] {
    return [...this.#waiting.values()].map(({ bytes }) => bytes)
  }

  /** After a block: without its transactions, and without those that can no longer be executed. */
  update(executed: readonly Uint8Array[]): void {
    for (const bytes of executed) this.#remove(hashOfTransaction(bytes))
    for (const [hash, { bytes }] of [...this.#waiting])
      if (this.#application.check(bytes).code !== 'ok') this.#remove(hash)
  }

  #remove(hash: string): void {
    const waiting = this.#waiting.get(hash)
    if (waiting === undefined) return
    this.#waiting.delete(hash)
    this.#bytes -= waiting.bytes.length
  }

  /** Makes room of the latest ordinary transactions. */
  #dropOrdinary(room: number): boolean {
    for (const [hash, { priority }] of [...this.#waiting].reverse()) {
      if (this.#waiting.size < this.#limits.transactions && this.#bytes + room <= this.#limits.bytes) return true
      if (priority === 'ordinary') this.#remove(hash)
    }
    return this.#waiting.size < this.#limits.transactions && this.#bytes + room <= this.#limits.bytes
  }
}
