/**
 * Compares the answers to the host's requests.
 *
 * Ans1. An answer is noted when it is first seen, on each side, and compared when both have one: the host may
 *       forget it afterwards.
 * Ans2. What only one side has answered at the end is a difference.
 * Ans3. The answer of a vat is compared whole. Of the kernel's own, to a request or to a message to one of
 *       its services, only whether it was fulfilled: they count incarnations, deliveries and cranks.
 */
import { isRecord } from '../../base/guards.ts'
import type { VatId } from '../../base/ids.ts'
import { requests, type InboxItem } from '../../protocol/host/requests.ts'
import { ownerIn } from '../../protocol/store/kernelRows.ts'
import type { ResultStatus } from '../../protocol/results.ts'
import { nameOf, type Side } from './side.ts'
import { isSameValue, valueText, type Note, type Sides } from './sides.ts'

interface Asked {
  readonly store: number
  readonly fork: number
  readonly by: 'vat' | 'kernel'
  readonly vat: string | null
  readonly method: string | null
  readonly found: { store: Settled | null; fork: Settled | null }
}

/** An answer, and the block in which it was seen. */
interface Settled {
  readonly status: Exclude<ResultStatus, { readonly kind: 'pending' }>
  readonly block: number
}

/** Requests from before the fork that may be pending: so many of the last ones are looked at. */
const maxBefore = 100_000

export class Answers {
  readonly #sides: Sides
  readonly #note: Note
  readonly #open = new Map<number, Asked>()
  #compared = 0

  constructor(sides: Sides, note: Note) {
    this.#sides = sides
    this.#note = note
    this.#askBefore()
  }

  /** How many answers were compared. */
  get compared(): number {
    return this.#compared
  }

  /** Whether the fork must keep the answer that the store's host forgets. */
  isOpen(store: number): boolean {
    return this.#open.has(store)
  }

  /** Both sides have accepted the request. */
  ask(item: InboxItem, store: number, fork: number): void {
    const { read } = this.#sides.store
    if (requests[item.kind].result === 'none' || read.result(store) === undefined) return
    const vat = 'vat' in item ? item.vat : ownerOf(this.#sides.store, item)
    const method = 'methargs' in item ? methodIn(item.methargs.body) : item.kind
    this.#open.set(store, {
      store,
      fork,
      by: 'methargs' in item && vat !== undefined ? 'vat' : 'kernel',
      vat: item.kind === 'createVat' ? item.name : nameOf(this.#sides.store, vat),
      method,
      found: { store: null, fork: null },
    })
  }

  /** Ans1. */
  observe(block: number): void {
    for (const asked of this.#open.values()) {
      asked.found.store ??= settledIn(this.#sides.store, asked.store, block)
      asked.found.fork ??= settledIn(this.#sides.fork, asked.fork, block)
      if (asked.found.store !== null && asked.found.fork !== null) this.#compare(asked)
    }
  }

  /** Ans2. */
  finish(): void {
    for (const asked of this.#open.values())
      if (asked.found.store !== null || asked.found.fork !== null) this.#compare(asked)
  }

  #compare(asked: Asked): void {
    const { names } = this.#sides
    const { store, fork } = asked.found
    this.#open.delete(asked.store)
    this.#compared += 1
    const isSame = store !== null && fork !== null && this.#isSame(asked, store.status, fork.status)
    // The host may name what both have given, although the rest differs.
    if (store !== null && fork !== null) names.pairSome(store.status.data.slots, fork.status.data.slots)
    if (isSame) return
    this.#note({
      kind: 'answer',
      block: store?.block ?? fork?.block ?? 0,
      request: asked.store,
      port: null,
      vat: asked.vat,
      method: asked.method,
      store: textOf(store),
      fork: textOf(fork),
    })
  }

  /** Ans3. */
  #isSame({ by }: Asked, store: Settled['status'], fork: Settled['status']): boolean {
    if (store.kind !== fork.kind) return false
    return isSameValue(this.#sides.names, store.data, fork.data) || by === 'kernel'
  }

  #askBefore(): void {
    const { read, replica } = this.#sides.store
    const { last } = replica.store.inbox
    for (let number = Math.max(1, last - maxBefore + 1); number <= last; number += 1) {
      if (read.result(number)?.kind !== 'pending') continue
      const found = { store: null, fork: null }
      this.#open.set(number, { store: number, fork: number, by: 'vat', vat: null, method: null, found })
    }
  }
}

function settledIn({ read }: Side, number: number, block: number): Settled | null {
  const status = read.result(number)
  return status === undefined || status.kind === 'pending' ? null : { status, block }
}

const textOf = (settled: Settled | null): string =>
  settled === null ? 'pending' : `${settled.status.kind} ${valueText(settled.status.data)}`

/** The vat that owns the target. */
function ownerOf({ replica }: Side, item: InboxItem): VatId | undefined {
  return 'target' in item ? ownerIn(replica.store.state.get('kernel', `object.${item.target}`)) : undefined
}

/** Null for a call of the target itself, and for a symbol. */
function methodIn(body: string): string | null {
  let value: unknown
  try {
    value = JSON.parse(body.slice(1))
  } catch {
    return null
  }
  const method: unknown = Array.isArray(value) ? value[0] : isRecord(value) ? value['method'] : undefined
  return typeof method === 'string' && !method.startsWith('#') && !method.startsWith('%') ? method : null
}
