/** Figures of the vats: counts of the store, and measurements of this process. */
import { heapPageSize } from '../../engine/image.ts'
import type { KernelReader } from '../../protocol/kernel/kernel.ts'
import { figuresOf, type FigureSource, type Store } from '../../store/store.ts'
import type { StoreFigures } from '../../protocol/store/views.ts'
import type { StatisticsCalls } from '../../protocol/machine/calls.ts'
import type { Stats, StoredStats } from '../../protocol/machine/stats.ts'
import type { Tallies } from '../workers/tallies.ts'

export const storedStats = ({ vats, ...store }: StoreFigures): StoredStats => ({
  ...store,
  vats: vats.map(({ heapPages, ...figures }) => ({ ...figures, heapBytes: heapPages * heapPageSize })),
})

export class Statistics implements StatisticsCalls {
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

  /** As of now, including the current block. */
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
