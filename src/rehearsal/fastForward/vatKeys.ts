/**
 * Under which key a vat is found on either side: its name, as a rule. The kernel names a vat that was made
 * without a name of its own after its id, which differs between the sides: of these, those that came after
 * the fork are counted, in the order in which they were made.
 */
import type { VatId } from '../../base/ids.ts'
import type { KernelReader } from '../../protocol/kernel/kernel.ts'
import type { VatView } from '../../protocol/kernel/views.ts'

export class VatKeys {
  readonly #read: Pick<KernelReader, 'vats'>
  /** Those that were there at the beginning. */
  readonly #first: ReadonlySet<VatId>
  readonly #counted = new Map<VatId, string>()

  constructor(read: Pick<KernelReader, 'vats'>) {
    this.#read = read
    this.#first = new Set(read.vats().map(({ vat }) => vat))
  }

  /** The vats by their keys; of several with one name the last, which is the one that lives. */
  all(): ReadonlyMap<string, VatView> {
    return new Map(this.#read.vats().map((view) => [this.#keyOf(view), view]))
  }

  #keyOf({ vat, name }: VatView): string {
    const isOwn = name !== vat && !name.startsWith(`${vat}.`)
    if (isOwn || this.#first.has(vat)) return name
    const known = this.#counted.get(vat) ?? `unnamed ${this.#counted.size + 1}`
    this.#counted.set(vat, known)
    return known
  }
}
