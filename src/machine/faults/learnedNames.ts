/**
 * Names that a host has learned since the last block, in items that wait for a faulted kernel.
 *
 * A fault takes back the names of objects and vats that were given since the last block, and they are given
 * again, perhaps to others. So what such a name stood for is noted with the item, and looked up when the
 * kernel accepts it. A vat, a port and a service that a request of the host had made stand for themselves,
 * since that request waits too. Any other name stands for nothing any more: the kernel rejects it as that of
 * an object or a vat that does not exist.
 */
import { isObjectKref, isVatId, type ObjectKref, type VatId } from '../../base/ids.ts'
import { isRecord, isText } from '../../base/guards.ts'
import { providedServices, requestFlaw, type InboxItem, type ProvidedService } from '../../protocol/host/requests.ts'
import type { KernelReader } from '../../protocol/kernel/kernel.ts'

/** What a name stood for; null: something that only vats have made. */
export type Meaning =
  | { readonly kind: 'vat' | 'port'; readonly name: string }
  | { readonly kind: 'timer' }
  | { readonly kind: 'service'; readonly service: ProvidedService }
  | null

/** By name. */
export type Meanings = Readonly<Record<string, Meaning>>

type Reader = Pick<
  KernelReader,
  'hasObject' | 'vat' | 'vats' | 'vatNamed' | 'port' | 'ports' | 'timer' | 'provided'
>

/** Names that no kernel reaches. */
const noObject = 'ko999999999999999'
const noVat = 'v999999999999999'

/** Fields of requests that have names: of one, or of several. */
const fields: ReadonlySet<string> = new Set(['target', 'object', 'vat', 'slots', 'vats'])

export class LearnedNames {
  readonly #read: () => Reader
  /** What the host's requests have made since the last block. */
  readonly #made = new Map<string, Meaning>()

  constructor(read: () => Reader) {
    this.#read = read
  }

  /** Notes what a request that the kernel has just accepted has made. */
  note(item: InboxItem): void {
    const meaning = meaningOf(item)
    if (meaning !== null) this.#learn(meaning)
  }

  /** Notes all that the host can name: the state is about to return to an earlier block than the last. */
  learnAll(): void {
    const read = this.#read()
    for (const { name } of read.vats()) this.#learn({ kind: 'vat', name })
    for (const { name } of read.ports()) this.#learn({ kind: 'port', name })
    this.#learn({ kind: 'timer' })
    for (const service of providedServices) this.#learn({ kind: 'service', service })
  }

  #learn(meaning: NonNullable<Meaning>): void {
    for (const name of this.#namesOf(meaning)) if (name !== undefined) this.#made.set(name, meaning)
  }

  blockCommitted(): void {
    this.#made.clear()
  }

  /** The names in the item that the last block, to which the state was taken back, does not have. */
  meaningsIn(item: InboxItem): Meanings {
    const read = this.#read()
    const meanings: Record<string, Meaning> = {}
    renamed(item, (name) => {
      const isThere = isVatId(name) ? read.vat(name) !== undefined : read.hasObject(name)
      if (!isThere) meanings[name] = this.#made.get(name) ?? null
      return name
    })
    return meanings
  }

  /** The item with the present names of what it is about. */
  resolve(item: InboxItem, meanings: Meanings): InboxItem {
    return renamed(item, (name) => {
      const meaning = meanings[name]
      if (meaning === undefined) return name
      const [object = noObject, vat = noVat] = meaning === null ? [] : this.#namesOf(meaning)
      return isVatId(name) ? vat : object
    })
  }

  /** The object, and the vat if it is the root of one. */
  #namesOf(meaning: NonNullable<Meaning>): readonly [ObjectKref | undefined, VatId?] {
    const read = this.#read()
    switch (meaning.kind) {
      case 'vat': {
        const vat = read.vatNamed(meaning.name)
        return vat === undefined ? [undefined] : [vat.root, vat.vat]
      }
      case 'port':
        return [read.port(meaning.name)?.object]
      case 'timer':
        return [read.timer()]
      case 'service':
        return [read.provided(meaning.service)]
    }
  }
}

/** What the request makes, if the host may name it afterwards. */
function meaningOf(item: InboxItem): Meaning {
  switch (item.kind) {
    case 'createVat':
      return { kind: 'vat', name: item.name }
    case 'openPort':
      return { kind: 'port', name: item.name }
    case 'advanceTime':
      return { kind: 'timer' }
    case 'provideService':
      return { kind: 'service', service: item.service }
    default:
      return null
  }
}

/** The item with every name of an object or a vat passed through `rename`. */
export function renamed(item: InboxItem, rename: (name: ObjectKref | VatId) => string): InboxItem {
  const nameIn = (value: unknown): unknown =>
    typeof value === 'string' && (isObjectKref(value) || isVatId(value)) ? rename(value) : value
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk)
    if (!isRecord(value)) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, inside]) => {
        if (!fields.has(key)) return [key, walk(inside)]
        return [key, Array.isArray(inside) ? inside.map(nameIn) : nameIn(inside)]
      }),
    )
  }
  return walk(item) as InboxItem
}

const isMeaning = (value: unknown): value is Meaning => {
  if (value === null) return true
  if (!isRecord(value)) return false
  const { kind, name, service } = value
  if (kind === 'vat' || kind === 'port') return isText(name)
  return kind === 'timer' || (kind === 'service' && requestFlaw('provideService', { service }) === undefined)
}

export const isMeanings = (value: unknown): value is Meanings =>
  isRecord(value) && Object.values(value).every(isMeaning)
