/**
 * What every service of the kernel has in common: how it is asked, and what it may say.
 *
 * Sv1. A service has no powers but those of the tables; garbage in a message rejects its result
 *      with `service-refused` and changes nothing.
 */
import { isBundleId, isObjectKref } from '../../base/ids.ts'
import type { BundleId, ObjectKref, PromiseKref } from '../../base/ids.ts'
import type { CapData } from '../../protocol/capdata.ts'
import { deliveryLimits } from '../../protocol/limits.ts'
import { claimsTagged } from '../../protocol/passable.ts'
import type { KernelRejection } from '../../protocol/results.ts'
import type { Incarnations } from '../incarnations.ts'
import type { Installed } from '../installed.ts'
import type { Makers } from '../makers.ts'
import type { Meters } from '../meters.ts'
import type { KernelPorts } from '../ports.ts'
import { Reference, cut, encode } from '../data.ts'
import { scalarText } from '../readable.ts'
import type { Promises } from '../promises.ts'
import type { References } from '../references.ts'
import type { RunQueue } from '../runQueue.ts'
import type { Suspension } from '../suspension.ts'
import type { Termination } from '../termination.ts'
import type { Tables } from '../tables/tables.ts'
import type { Traffic } from '../traffic.ts'
import type { Wakeups } from '../wakeups.ts'

/** What services act on. */
export interface ServiceParts {
  readonly tables: Tables
  readonly references: References
  readonly promises: Promises
  readonly queue: RunQueue
  readonly installed: Installed
  readonly meters: Meters
  readonly makers: Makers
  readonly incarnations: Incarnations
  readonly ports: KernelPorts
  readonly suspension: Suspension
  readonly termination: Termination
  readonly traffic: Traffic
  readonly wakeups: Wakeups
}

/** A message to a service, decoded; references in it are `Reference` objects (`data.ts`). */
export interface Asked {
  readonly target: ObjectKref
  readonly args: readonly unknown[]
  /** Who asks waits for this promise; null when nobody does. */
  readonly result: PromiseKref | null
}

/** What a service says at once: an answer, that it comes later, or why not. */
export type Reply =
  | { readonly kind: 'answer'; readonly data: CapData }
  /** Somebody else settles the result. */
  | { readonly kind: 'later' }
  /** It was understood, and this is why not. */
  | { readonly kind: 'reject'; readonly data: CapData }
  | { readonly kind: 'refuse'; readonly code: KernelRejection['code']; readonly message: string }

/** The methods of a service, by name. */
export type Methods<Of> = Readonly<{ [name: string]: (parts: ServiceParts, service: Of, asked: Asked) => Reply }>

export const later: Reply = { kind: 'later' }
export const answer = (data: CapData): Reply => ({ kind: 'answer', data })
export const rejected = (data: CapData): Reply => ({ kind: 'reject', data })
export const refusal = (message: string, code: KernelRejection['code'] = 'service-refused'): Reply => ({ kind: 'refuse', code, message })

export type Options = Readonly<Record<string, unknown>>
export const isOptions = (value: unknown): value is Options => typeof value === 'object' && value !== null && !Array.isArray(value)

/** What was given, for a message that says what is wanted instead: a scalar as it is written, anything else by its kind. */
export function nameOf(given: unknown): string {
  switch (typeof given) {
    case 'string':
      return JSON.stringify(given.slice(0, longestName))
    case 'object':
      return given === null ? 'null' : kindOf(given)
    default:
      return cut(scalarText(given), longestName)
  }
}

const longestName = 100

function kindOf(given: object): string {
  if (given instanceof Reference) return isObjectKref(given.kref) ? 'an object' : 'a promise'
  if (given instanceof Error) return 'an error'
  if (Array.isArray(given)) return 'a list'
  return claimsTagged(given) ? 'a tagged value' : 'a record'
}

export type VatBundle = { readonly kind: 'bundle'; readonly id: BundleId } | { readonly kind: 'none'; readonly reply: Reply }

/** The bundle, by its cap or its id, if a vat can be made of it. */
export function vatBundle({ installed }: ServiceParts, bundle: unknown): VatBundle {
  const id = typeof bundle === 'string' && isBundleId(bundle) ? bundle : installed.bundleOf(bundle)
  const format = id === undefined ? undefined : installed.format(id)
  if (id === undefined || format === undefined) {
    return { kind: 'none', reply: refusal(`${nameOf(bundle)} is neither a bundle cap nor the id of a vat bundle that is installed`) }
  }
  return installed.code(id) === undefined ? { kind: 'none', reply: refusal(notForVats(id)) } : { kind: 'bundle', id }
}

export type Recoded = { readonly kind: 'data'; readonly data: CapData } | { readonly kind: 'none'; readonly reply: Reply }

/** What was given, as the kernel writes it: that may be longer than what came, in which a vat may have written 1e20 for 100000000000000000000. */
export function recoded(value: unknown): Recoded {
  const data = encode(value)
  const { length } = data.body.length > deliveryLimits.written ? data.body : JSON.stringify(data)
  return length <= deliveryLimits.written ? { kind: 'data', data } : { kind: 'none', reply: refusal(`what is given has ${length} characters; the limit is ${deliveryLimits.written}`) }
}

/** The object that was given, if it is one. */
export const objectOf = (given: unknown): ObjectKref | undefined =>
  given instanceof Reference && isObjectKref(given.kref) ? given.kref : undefined

/** Of an upgrade that names kinds to abandon. */
export const nothingToAbandon = "a replay abandons no kinds: the incarnation goes on with all of them; use the mode durable or auto"

export const notForVats = (id: BundleId): string =>
  `a vat cannot be made of ${id}, a bundle of @endo/bundle-source without code for vats; make it again without noTransforms, or bundle its entry with heirloom install or bundleVat`
