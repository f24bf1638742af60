/**
 * Names of things, as branded strings.
 *
 * Every identifier that crosses a boundary is made and checked only here. The brand prevents a vat's name for
 * an object (`Vref`) from being used as the kernel's name (`Kref`); at run time they are plain strings.
 *
 * | type            | grammar                          | example           | names                                   |
 * |-----------------|----------------------------------|-------------------|-----------------------------------------|
 * | `VatId`         | `v` number                       | `v3`              | a vat; ids are never reused             |
 * | `ObjectKref`    | `ko` number                      | `ko20`            | an object, in the kernel                |
 * | `PromiseKref`   | `kp` number                      | `kp40`            | a promise, in the kernel                |
 * | `ObjectVref`    | `o-` number                      | `o-50`            | an object that a vat imports            |
 * |                 | `o+` number                      | `o+5`             | an ephemeral object that a vat exports  |
 * |                 | `o+d` kind `/` instance          | `o+d7/12`         | a durable object or collection of a vat |
 * |                 | `o+v` kind `/` instance          | `o+v8/3`          | a merely virtual one                    |
 * |                 | either, `:` facet                | `o+d7/12:0`       | a facet of an object of a multi-facet kind |
 * |                 | `o+p` number                     | `o+p3`            | a promise in virtual data; no other vat and no kernel ever sees this name |
 * | `PromiseVref`   | `p-` number                      | `p-60`            | a promise that the kernel named         |
 * |                 | `p+` number                      | `p+5`             | a promise that the vat named            |
 * | `BundleId`      | `b1-` 64 hex digits              | `b1-0f3c…`        | code, by the SHA-256 of its bytes       |
 * |                 | `b1-` 128 hex digits             | `b1-5d51…`        | an archive of `@endo/bundle-source`, by the SHA-512 of its compartment map |
 * | `WorkerId`      | `w1-` 64 hex digits              | `w1-77ab…`        | a worker version, by engine and supervisor |
 * | `Hash`          | 64 hex digits                    | `9b74c989…`       | SHA-256 of anything else                |
 */

declare const brand: unique symbol
export type Branded<Name extends string> = string & { readonly [brand]: Name }

export type VatId = Branded<'VatId'>
export type ObjectKref = Branded<'ObjectKref'>
export type PromiseKref = Branded<'PromiseKref'>
export type Kref = ObjectKref | PromiseKref
export type ObjectVref = Branded<'ObjectVref'>
export type PromiseVref = Branded<'PromiseVref'>
export type Vref = ObjectVref | PromiseVref
export type BundleId = Branded<'BundleId'>
export type WorkerId = Branded<'WorkerId'>
export type Hash = Branded<'Hash'>

// A number has at most 15 digits, so that it is exact and every key with a name is short.
const vatIdGrammar = /^v[1-9][0-9]{0,14}$/
const objectVrefGrammar =
  /^o(?:-[1-9][0-9]{0,14}|\+(?:0|[1-9][0-9]{0,14})|\+[dv][1-9][0-9]{0,14}\/[1-9][0-9]{0,14}(?::(?:0|[1-9][0-9]{0,14}))?)$/
const promiseVrefGrammar = /^p[-+][1-9][0-9]{0,14}$/
const bundleIdGrammar = /^b1-[0-9a-f]{64}(?:[0-9a-f]{64})?$/
const workerIdGrammar = /^w1-[0-9a-f]{64}$/
const hashGrammar = /^[0-9a-f]{64}$/

export const vatId = (number: number): VatId => `v${number}` as VatId
export const objectKref = (number: number): ObjectKref => `ko${number}` as ObjectKref
export const promiseKref = (number: number): PromiseKref => `kp${number}` as PromiseKref
export const importedObject = (number: number): ObjectVref => `o-${number}` as ObjectVref
export const exportedObject = (number: number): ObjectVref => `o+${number}` as ObjectVref
export const storedObject = (durability: Durability, kind: number, instance: number): ObjectVref =>
  ((durability === 'durable' ? 'o+d' : 'o+v') + kind + '/' + instance) as ObjectVref
export const storedPromise = (number: number): ObjectVref => `o+p${number}` as ObjectVref
export const facetVref = (base: ObjectVref, facet: number): ObjectVref => `${base}:${facet}` as ObjectVref
export const kernelPromise = (number: number): PromiseVref => `p-${number}` as PromiseVref
export const vatPromise = (number: number): PromiseVref => `p+${number}` as PromiseVref
export const bundleId = (hash: Hash): BundleId => `b1-${hash}` as BundleId
/** The id under which an archive is published. */
export const archiveId = (sha512: string): BundleId => `b1-${sha512}` as BundleId
export const workerId = (hash: Hash): WorkerId => `w1-${hash}` as WorkerId

/** The number in a vat's id. */
export const vatNumber = (vat: VatId): number => Number(vat.slice(1))

/** Orders vats by number, which is the order of their creation. */
export const compareVatIds = (one: VatId, other: VatId): number => vatNumber(one) - vatNumber(other)

/** The vat's own part of the state. */
export const vatSpace = (vat: VatId): `vat/${VatId}` => `vat/${vat}`

export const isVatId = (text: string): text is VatId => vatIdGrammar.test(text)
export const isBundleId = (text: string): text is BundleId => bundleIdGrammar.test(text)
/** Whether a bundle's id is that of an archive, and not the hash of its bytes. */
export const isArchiveId = (id: BundleId): boolean => id.length === 'b1-'.length + 128
export const isWorkerId = (text: string): text is WorkerId => workerIdGrammar.test(text)
export const isHash = (text: string): text is Hash => hashGrammar.test(text)
export const isObjectKref = (kref: string): kref is ObjectKref => /^ko[1-9][0-9]{0,14}$/.test(kref)
export const isPromiseKref = (kref: string): kref is PromiseKref => /^kp[1-9][0-9]{0,14}$/.test(kref)
export const isObjectVref = (text: string): text is ObjectVref => objectVrefGrammar.test(text)
export const isPromiseVref = (text: string): text is PromiseVref => promiseVrefGrammar.test(text)
export const isVref = (text: string): text is Vref => isObjectVref(text) || isPromiseVref(text)

/** Whether a valid vref names an object; checks one letter. */
export const namesObject = (vref: Vref): vref is ObjectVref => vref[0] === 'o'

/** The allocator of a vref: `vat` for `o+…` and `p+…`, `kernel` for `o-…` and `p-…`. */
export const allocatorOf = (vref: Vref): 'vat' | 'kernel' => (vref[1] === '+' ? 'vat' : 'kernel')

/** Whether the state of a stored object outlives its incarnation. */
export type Durability = 'durable' | 'virtual'

/** Durable objects and collections outlive the incarnation; their vrefs carry kind and instance. */
export const isDurableVref = (vref: Vref): boolean => vref.startsWith('o+d')

/** Stored: durable or merely virtual. The state is in the vat's space, not in its heap. */
export const isStoredVref = (vref: Vref): boolean => vref.startsWith('o+d') || vref.startsWith('o+v')

export interface StoredName {
  readonly durability: Durability
  readonly kind: number
  readonly instance: number
  /** Undefined for objects of single-facet kinds, and for a cohort as a whole. */
  readonly facet: number | undefined
}

/** The parts of a stored object's vref: `o+d7/12:0` → durable, kind 7, instance 12, facet 0. */
export function parseStored(vref: ObjectVref): StoredName {
  const slash = vref.indexOf('/')
  const colon = vref.indexOf(':')
  return {
    durability: vref[2] === 'd' ? 'durable' : 'virtual',
    kind: Number(vref.slice(3, slash)),
    instance: Number(vref.slice(slash + 1, colon === -1 ? undefined : colon)),
    facet: colon === -1 ? undefined : Number(vref.slice(colon + 1)),
  }
}

/** The kind of a stored object, by its vref. */
export const kindOf = (vref: ObjectVref): number => Number(vref.slice(3, vref.indexOf('/')))

/** The vref without its facet: the name of the object as a whole. */
export function baseOf<Name extends Vref>(vref: Name): Name {
  const colon = vref.indexOf(':')
  return colon === -1 ? vref : (vref.slice(0, colon) as Name)
}
