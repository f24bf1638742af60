/**
 * Names of the kernel on both sides of a fast-forward: those of the store, and those of the fork.
 *
 * Nam1. A name from before the fork stands for itself. A later one is paired with the name that the other
 *       side had in the same place, and each name is in one pair.
 * Nam2. What a host finds by a name of its own (a vat, the object of a port, a service) is paired by that
 *       name. If the plan has put another vat under the name of an old one, the old one's id and root stand
 *       for those of the new one.
 */
import { isObjectKref, isVatId } from '../../base/ids.ts'
import { providedServices } from '../../protocol/host/requests.ts'
import type { KernelReader } from '../../protocol/kernel/kernel.ts'
import { isReadable } from './side.ts'
import type { VatKeys } from './vatKeys.ts'

const namesInText = /\b(?:v|ko|kp)[1-9]\d*\b/g

/** What is read of a side. */
export type NameReader = Pick<
  KernelReader,
  'hasObject' | 'vat' | 'vats' | 'vatNamed' | 'ports' | 'port' | 'timer' | 'provided'
>

interface NamedSide {
  readonly read: KernelReader
  readonly vats: VatKeys
}

export interface NameParts {
  /** The store at the block of the fork. */
  readonly before: NameReader
  /** What ran the recorded inputs. */
  readonly store: NamedSide
  readonly fork: NamedSide
}

export class NamePairs {
  readonly #parts: NameParts
  readonly #toFork = new Map<string, string>()
  readonly #toStore = new Map<string, string>()
  readonly #isOld = new Map<string, boolean>()
  /** Nam2: ids and roots of vats that the plan has replaced. */
  readonly #replaced: ReadonlyMap<string, string>

  constructor(parts: NameParts) {
    this.#parts = parts
    this.#replaced = replacedIn(parts.before, parts.fork.read)
  }

  /** Pairs the names, if that is consistent for all of them; returns whether it is. */
  pair(store: readonly string[], fork: readonly string[]): boolean {
    if (store.length !== fork.length) return false
    const [added, reverse] = [new Map<string, string>(), new Map<string, string>()]
    for (const [index, one] of store.entries()) {
      const other = fork[index] ?? ''
      if (!this.#agree(one, other, added, reverse)) return false
      added.set(one, other)
      reverse.set(other, one)
    }
    for (const [one, other] of added) this.#set(one, other)
    return true
  }

  /** Likewise, leaving out those that are not consistent: for values that differ. */
  pairSome(store: readonly string[], fork: readonly string[]): void {
    for (const [index, one] of store.entries()) {
      const other = fork[index]
      if (other !== undefined) this.pair([one], [other])
    }
  }

  /** The name on the fork for one in an item of the host; undefined if the fork has named no such thing. */
  inItem(name: string): string | undefined {
    const known = this.#toFork.get(name)
    if (known !== undefined) return known
    if (this.#isFromBefore(name)) return this.#replaced.get(name) ?? name
    this.#learn()
    return this.#toFork.get(name)
  }

  /** A text of the store with the names that the fork has. */
  inText(text: string): string {
    if (text.search(namesInText) < 0) return text
    this.#learn()
    return text.replace(namesInText, (name) => this.#toFork.get(name) ?? name)
  }

  /** Nam1. */
  #agree(
    one: string,
    other: string,
    added: ReadonlyMap<string, string>,
    reverse: ReadonlyMap<string, string>,
  ): boolean {
    const paired = this.#toFork.get(one) ?? added.get(one)
    const reversed = this.#toStore.get(other) ?? reverse.get(other)
    if (paired !== undefined || reversed !== undefined) return paired === other && reversed === one
    const isNew = !this.#isFromBefore(one) && !this.#isFromBefore(other)
    return one === other || (isNew && kindOf(one) === kindOf(other))
  }

  #isFromBefore(name: string): boolean {
    const known = this.#isOld.get(name)
    if (known !== undefined) return known
    const { before } = this.#parts
    const isObject = isObjectKref(name) && before.hasObject(name)
    const isOld = isObject || (isVatId(name) && before.vat(name) !== undefined)
    this.#isOld.set(name, isOld)
    return isOld
  }

  /** Nam2. */
  #learn(): void {
    const { store: storeSide, fork: forkSide } = this.#parts
    if (!isReadable(storeSide)) return
    const forkVats = forkSide.vats.all()
    for (const [key, { vat, root }] of storeSide.vats.all()) {
      const other = forkVats.get(key)
      this.#learnOne(vat, other?.vat)
      this.#learnOne(root, other?.root)
    }
    const [store, fork] = [storeSide.read, forkSide.read]
    for (const { name, object } of store.ports()) this.#learnOne(object, fork.port(name)?.object)
    this.#learnOne(store.timer(), fork.timer())
    for (const service of providedServices) this.#learnOne(store.provided(service), fork.provided(service))
  }

  #learnOne(one: string | undefined, other: string | undefined): void {
    if (one !== undefined && other !== undefined) this.pair([one], [other])
  }

  #set(one: string, other: string): void {
    this.#toFork.set(one, other)
    this.#toStore.set(other, one)
  }
}

/** Whether it is of an object, a promise or a vat. */
const kindOf = (name: string): string => name.replace(/\d+$/, '')

/** Nam2. */
function replacedIn(before: NameReader, fork: NameReader): ReadonlyMap<string, string> {
  const replaced = new Map<string, string>()
  for (const { name, vat, root } of before.vats()) {
    const other = fork.vatNamed(name)
    if (other === undefined || other.vat === vat) continue
    replaced.set(vat, other.vat)
    replaced.set(root, other.root)
  }
  return replaced
}
