/**
 * Compares which vats were suspended or have ended.
 *
 * Vst1. Only changes count: what the plan itself has suspended or ended is in its own report. A vat is
 *       compared at the end of each block in which a side has changed it.
 */
import type { VatView } from '../../protocol/kernel/views.ts'
import { excerpt } from '../../base/text.ts'
import type { Note, Sides } from './sides.ts'

interface Seen {
  readonly kind: 'runs' | 'suspended' | 'terminated' | 'gone'
  readonly text: string
}

const gone: Seen = { kind: 'gone', text: 'it is not there' }

const isOver = (kind: Seen['kind']): boolean => kind === 'gone' || kind === 'terminated'

export class VatStatuses {
  readonly #sides: Sides
  readonly #note: Note
  /** The kinds on both sides at the last look, by the key of the vat. */
  #last: ReadonlyMap<string, string>

  constructor(sides: Sides, note: Note) {
    this.#sides = sides
    this.#note = note
    this.#last = new Map([...this.#look()].map(([key, { one, other }]) => [key, pairOf(one, other)]))
  }

  /** Vst1. */
  compare(block: number): void {
    const next = new Map<string, string>()
    for (const [key, { name, one, other }] of this.#look()) {
      const pair = pairOf(one, other)
      next.set(key, pair)
      const isSame = one.kind === other.kind || (isOver(one.kind) && isOver(other.kind))
      if (isSame || this.#last.get(key) === pair) continue
      this.#note({
        kind: 'status',
        block,
        request: null,
        port: null,
        vat: name,
        method: null,
        store: one.text,
        fork: other.text,
      })
    }
    this.#last = next
  }

  #look(): ReadonlyMap<string, { readonly name: string; readonly one: Seen; readonly other: Seen }> {
    const [store, fork] = [this.#sides.store.vats.all(), this.#sides.fork.vats.all()]
    const keys = new Set([...store.keys(), ...fork.keys()])
    return new Map(
      [...keys].map((key) => {
        const [one, other] = [store.get(key), fork.get(key)]
        const name = one?.name ?? other?.name ?? key
        return [key, { name, one: seen(one?.status), other: seen(other?.status) }]
      }),
    )
  }
}

const pairOf = (one: Seen, other: Seen): string => `${one.kind} ${other.kind}`

function seen(status: VatView['status'] | undefined): Seen {
  if (status === undefined) return gone
  switch (status.kind) {
    case 'suspended':
      return { kind: 'suspended', text: `suspended: ${excerpt(status.message, 300)}` }
    case 'terminated':
      return { kind: 'terminated', text: `it has ended: ${excerpt(status.message, 300)}` }
    case 'starting':
    case 'running':
    case 'draining':
      return { kind: 'runs', text: 'it runs' }
  }
}
