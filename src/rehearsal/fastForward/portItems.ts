/**
 * Compares what ports send to the host, in order, from a place where both sides are at rest to the next.
 *
 * Pit1. Items are compared port by port. After one that differs, the comparison goes on with the next that is
 *       the same: so one that is missing, or too many, is one difference.
 */
import type { VatId } from '../../base/ids.ts'
import type { RunCrank } from '../../machine/blockReplay/replica.ts'
import { readOutboxItem } from '../../machine/calls/storedItems.ts'
import type { CapData } from '../../protocol/capdata.ts'
import { nameOf, type Side } from './side.ts'
import { isSameValue, valueText, type Note, type Sides } from './sides.ts'

/** How far ahead the next item that is the same is looked for. */
const window = 50

/** How many of the last deliveries are searched for the sender of an item. */
const maxEntries = 10_000

interface SideItems {
  /** By port. */
  readonly items: Map<string, CapData[]>
  readonly entries: { readonly vat: VatId; readonly position: number }[]
}

const nothing = (): SideItems => ({ items: new Map(), entries: [] })

export class PortItems {
  readonly #sides: Sides
  readonly #note: Note
  #store = nothing()
  #fork = nothing()
  #compared = 0

  constructor(sides: Sides, note: Note) {
    this.#sides = sides
    this.#note = note
  }

  /** How many items of the store were compared. */
  get compared(): number {
    return this.#compared
  }

  /** What a crank has sent. */
  ran(side: 'store' | 'fork', { changes }: RunCrank): void {
    const { items, entries } = side === 'store' ? this.#store : this.#fork
    for (const { vat, position } of changes.entries) entries.push({ vat, position })
    if (entries.length > 2 * maxEntries) entries.splice(0, maxEntries)
    for (const { port, sequence, item } of changes.sent) {
      const list = items.get(port) ?? []
      items.set(port, list)
      list.push(readOutboxItem(sequence, item))
    }
  }

  /** Pit1. Compares all since the last call. */
  compare(block: number): void {
    const ports = new Set([...this.#store.items.keys(), ...this.#fork.items.keys()])
    for (const port of ports) this.#comparePort(block, port)
    this.#store = nothing()
    this.#fork = nothing()
  }

  #comparePort(block: number, port: string): void {
    const [ones, others] = [this.#store.items.get(port) ?? [], this.#fork.items.get(port) ?? []]
    this.#compared += ones.length
    let [one, other] = [0, 0]
    while (one < ones.length || other < others.length) {
      const [first, second] = [ones[one], others[other]]
      if (first !== undefined && second !== undefined && isSameValue(this.#sides.names, first, second)) {
        one += 1
        other += 1
        continue
      }
      const [skipped, added] = nextSame(ones.slice(one, one + window), others.slice(other, other + window))
      for (let index = 0; index < Math.max(skipped, added); index += 1)
        this.#differs(
          block,
          port,
          index < skipped ? ones[one + index] : undefined,
          index < added ? others[other + index] : undefined,
        )
      one += skipped
      other += added
    }
  }

  #differs(block: number, port: string, store: CapData | undefined, fork: CapData | undefined): void {
    const sender =
      store === undefined
        ? senderOf(this.#sides.fork, this.#fork, fork)
        : senderOf(this.#sides.store, this.#store, store)
    this.#note({
      kind: 'item',
      block,
      request: null,
      port,
      vat: sender,
      method: null,
      store: store === undefined ? 'nothing' : valueText(store),
      fork: fork === undefined ? 'nothing' : valueText(fork),
    })
  }
}

/** How many items of each side come before the next that are the same, if they are compared as texts. */
function nextSame(ones: readonly CapData[], others: readonly CapData[]): readonly [number, number] {
  for (let distance = 1; distance < Math.max(ones.length, others.length); distance += 1) {
    for (let index = 0; index <= distance; index += 1) {
      // Both, then what one of them has more.
      if (isLike(ones[distance], others[distance - index])) return [distance, distance - index]
      if (isLike(ones[distance - index], others[distance])) return [distance - index, distance]
    }
  }
  return [ones.length, others.length]
}

const isLike = (one: CapData | undefined, other: CapData | undefined): boolean =>
  one !== undefined && one.body === other?.body && one.slots.length === other.slots.length

/** The vat whose last deliveries have sent the item; null if none is found. */
function senderOf(side: Side, { entries }: SideItems, item: CapData | undefined): string | null {
  if (item === undefined) return null
  const { transcripts } = side.replica.store
  const text = JSON.stringify(item.body.slice(1)).slice(1, -1)
  for (const { vat, position } of entries.slice(-maxEntries).reverse()) {
    if (position >= transcripts.count(vat) || position < transcripts.keptFrom(vat)) continue
    for (const entry of transcripts.entries(vat, position, position + 1))
      if (entry.text.includes('\\"send\\"') && entry.text.includes(text)) return nameOf(side, vat)
  }
  return null
}
