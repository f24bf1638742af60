/** The figures of the vats: counts of the store, and what this process has measured. */
import { heapPageSize } from '../engine/image.ts'
import type { KernelReader } from '../kernel/events.ts'
import { figuresOf } from '../store/store.ts'
import type { FigureSource, Store, StoreFigures, VatFigures } from '../store/store.ts'
import type { Tallies, VatTally } from './tallies.ts'

/** Of a vat, by the store alone. */
export interface StoredVatStats extends Omit<VatFigures, 'heapPages'> {
  /** Of the last snapshot: pages that are not those of the base image. */
  readonly heapBytes: number
}

/** Figures that are in the store. */
export interface StoredStats extends Omit<StoreFigures, 'vats'> {
  readonly vats: readonly StoredVatStats[]
}

/** Figures of one vat. */
export interface VatStats extends StoredVatStats {
  /** Since this process opened the store: times depend on the machine, and another process counts anew. */
  readonly process: VatTally
}

/** What the vats have done, and what they take. */
export interface Stats extends Omit<StoreFigures, 'vats'> {
  readonly vats: readonly VatStats[]
}

export const storedStats = ({ vats, ...store }: StoreFigures): StoredStats => ({
  ...store,
  vats: vats.map(({ heapPages, ...figures }) => ({ ...figures, heapBytes: heapPages * heapPageSize })),
})

export class Statistics {
  readonly #store: Store
  readonly #kernel: { readonly read: KernelReader }
  readonly #tallies: Tallies

  constructor(store: Store, kernel: { readonly read: KernelReader }, tallies: Tallies) {
    this.#store = store
    this.#kernel = kernel
    this.#tallies = tallies
  }

  stats(): Stats {
    const { height, cranks } = this.#store.blocks
    const { vats, ...store } = storedStats(figuresOf(this.#source, { height, cranks }))
    return { ...store, vats: vats.map((figures) => ({ ...figures, process: this.#tallies.of(figures.vat) })) }
  }

  /** As of now, the block at work included. */
  get #source(): FigureSource {
    const { state, transcripts, heaps } = this.#store
    return {
      vats: () => this.#kernel.read.vats().map(({ vat }) => vat),
      row: (key) => state.get('kernel', key),
      transcript: (vat) => ({ count: transcripts.count(vat), from: transcripts.keptFrom(vat) }),
      heapPages: (vat) => heaps.pages(vat),
    }
  }
}
