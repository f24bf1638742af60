/**
 * Compares which vats were suspended or have ended.
 *
 * Vst1. Only changes count: what the plan itself has suspended or ended is in its own report. A vat is
 *       compared at the end of each block in which a side has changed it.
 */
import type { VatId } from '../../base/ids.ts'
import type { VatView } from '../../protocol/kernel/views.ts'
import { excerpt } from '../../base/text.ts'
import type { Note, Side, Sides } from './sides.ts'

interface Seen {
  readonly kind: 'runs' | 'suspended' | 'terminated' | 'gone'
  readonly text: string
}

const gone: Seen = { kind: 'gone', text: 'it has ended' }

const isOver = (kind: Seen['kind']): boolean => kind === 'gone' || kind === 'terminated'

export class VatStatuses {
  readonly #sides: Sides
  readonly #note: Note
  /** The kinds on both sides at the last look, by the name of the vat. */
  #last: ReadonlyMap<string, string>

  constructor(sides: Sides, note: Note) {
    this.#sides = sides
    this.#note = note
    this.#last = new Map([...this.#look()].map(([name, [one, other]]) => [name, pairOf(one, other)]))
  }

  /** Vst1. */
  compare(block: number): void {
    const next = new Map<string, string>()
    for (const [name, [one, other]] of this.#look()) {
      const pair = pairOf(one, other)
      next.set(name, pair)
      const isSame = one.kind === other.kind || (isOver(one.kind) && isOver(other.kind))
      if (isSame || this.#last.get(name) === pair) continue
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

  /** Vats of the store and vats that only the fork has and that it had before the first block. */
  #look(): ReadonlyMap<string, readonly [Seen, Seen]> {
    const [store, fork] = [seenIn(this.#sides.store), seenIn(this.#sides.fork)]
    const names = new Set([...store.keys(), ...fork.keys()])
    return new Map([...names].map((name) => [name, [store.get(name) ?? gone, fork.get(name) ?? gone]]))
  }
}

const pairOf = (one: Seen, other: Seen): string => `${one.kind} ${other.kind}`

/** A vat that has ended may have a successor of the same name: the last one counts. */
const seenIn = ({ read }: Side): ReadonlyMap<string, Seen> =>
  new Map(read.vats().map(({ name, status }: VatView & { readonly vat: VatId }) => [name, seen(status)]))

function seen(status: VatView['status']): Seen {
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
