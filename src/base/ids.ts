/**
 * Names of things, as branded strings.
 *
 * Every identifier that crosses a boundary is made and checked here and nowhere else.
 * The brand keeps a vat's name for an object (`Vref`) from being used where the kernel's
 * name (`Kref`) is meant; at run time they are plain strings.
 *
 * | type            | grammar                          | example           | names                                   |
 * |-----------------|----------------------------------|-------------------|-----------------------------------------|
 * | `VatId`         | `v` number                       | `v3`              | a vat, for ever                         |
 * | `ObjectKref`    | `ko` number                      | `ko20`            | an object, in the kernel                |
 * | `PromiseKref`   | `kp` number                      | `kp40`            | a promise, in the kernel                |
 * | `ObjectVref`    | `o-` number                      | `o-50`            | an object that a vat imports            |
 * |                 | `o+` number                      | `o+5`             | an ephemeral object that a vat exports  |
 * |                 | `o+d` kind `/` instance          | `o+d7/12`         | a durable object that a vat exports     |
 * | `PromiseVref`   | `p-` number                      | `p-60`            | a promise that the kernel named         |
 * |                 | `p+` number                      | `p+5`             | a promise that the vat named            |
 * | `BundleId`      | `b1-` 64 hex digits              | `b1-0f3c…`        | code, by the SHA-256 of its bytes       |
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

const vatIdGrammar = /^v[1-9][0-9]*$/
const objectVrefGrammar = /^o(?:-[1-9][0-9]*|\+(?:0|[1-9][0-9]*)|\+d[1-9][0-9]*\/[1-9][0-9]*)$/
const promiseVrefGrammar = /^p[-+][1-9][0-9]*$/
const bundleIdGrammar = /^b1-[0-9a-f]{64}$/
const workerIdGrammar = /^w1-[0-9a-f]{64}$/
const hashGrammar = /^[0-9a-f]{64}$/

export const vatId = (number: number): VatId => `v${number}` as VatId
export const objectKref = (number: number): ObjectKref => `ko${number}` as ObjectKref
export const promiseKref = (number: number): PromiseKref => `kp${number}` as PromiseKref
export const importedObject = (number: number): ObjectVref => `o-${number}` as ObjectVref
export const exportedObject = (number: number): ObjectVref => `o+${number}` as ObjectVref
export const durableObject = (kind: number, instance: number): ObjectVref => `o+d${kind}/${instance}` as ObjectVref
export const kernelPromise = (number: number): PromiseVref => `p-${number}` as PromiseVref
export const vatPromise = (number: number): PromiseVref => `p+${number}` as PromiseVref
export const bundleId = (hash: Hash): BundleId => `b1-${hash}` as BundleId
export const workerId = (hash: Hash): WorkerId => `w1-${hash}` as WorkerId

export const isVatId = (text: string): text is VatId => vatIdGrammar.test(text)
export const isBundleId = (text: string): text is BundleId => bundleIdGrammar.test(text)
export const isWorkerId = (text: string): text is WorkerId => workerIdGrammar.test(text)
export const isHash = (text: string): text is Hash => hashGrammar.test(text)
export const isObjectKref = (kref: string): kref is ObjectKref => /^ko[1-9][0-9]*$/.test(kref)
export const isPromiseKref = (kref: string): kref is PromiseKref => /^kp[1-9][0-9]*$/.test(kref)
export const isObjectVref = (text: string): text is ObjectVref => objectVrefGrammar.test(text)
export const isPromiseVref = (text: string): text is PromiseVref => promiseVrefGrammar.test(text)
export const isVref = (text: string): text is Vref => isObjectVref(text) || isPromiseVref(text)

/** Who gave a vref its name: `vat` for `o+…` and `p+…`, `kernel` for `o-…` and `p-…`. */
export const allocatorOf = (vref: Vref): 'vat' | 'kernel' => (vref[1] === '+' ? 'vat' : 'kernel')

/** A durable object's vref carries its kind and instance; everything else has none. */
export const isDurableVref = (vref: Vref): boolean => vref.startsWith('o+d')

/** The kind and instance of a durable vref: `o+d7/12` → `{ kind: 7, instance: 12 }`. */
export function splitDurableVref(vref: ObjectVref): { kind: number; instance: number } {
  const slash = vref.indexOf('/')
  return { kind: Number(vref.slice(3, slash)), instance: Number(vref.slice(slash + 1)) }
}
