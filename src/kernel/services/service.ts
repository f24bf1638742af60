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
import type { KernelRejection, ReasonData } from '../../protocol/results.ts'
import type { Incarnations } from '../incarnations.ts'
import { scriptOfSource, textFormats } from '../../protocol/bundleCode.ts'
import type { Installed } from '../installed.ts'
import type { Makers } from '../makers.ts'
import type { Meters } from '../meters.ts'
import type { KernelPorts } from '../ports.ts'
import { Reference, cut, encode } from '../data.ts'
import type { Tell } from '../told.ts'
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
  readonly method: string | symbol
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
  | { readonly kind: 'reject'; readonly data: ReasonData }
  | { readonly kind: 'refuse'; readonly code: KernelRejection['code']; readonly message: string; readonly tell?: Tell }

/** The methods of a service, by name; a symbol is one that is well known. */
export type Methods<Of> = Readonly<{ [name: string | symbol]: (parts: ServiceParts, service: Of, asked: Asked) => Reply }>

export const later: Reply = { kind: 'later' }
export const answer = (data: CapData): Reply => ({ kind: 'answer', data })
export const rejected = (data: ReasonData): Reply => ({ kind: 'reject', data })
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

/** The words for a call that was given something else. */
const noBundle = { createVat: 'Vat Creation Error: createVat() requires a bundlecap', upgrade: 'vatAdmin.upgrade() requires a bundlecap' } as const

/** The bundle, by its cap, its id or itself, if a vat can be made of it. */
export function vatBundle({ installed }: ServiceParts, call: keyof typeof noBundle, bundle: unknown): VatBundle {
  if (isOptions(bundle) && typeof bundle['moduleFormat'] === 'string') return rawBundle(installed, call, bundle)
  const id = typeof bundle === 'string' && isBundleId(bundle) ? bundle : installed.bundleOf(bundle)
  const format = id === undefined ? undefined : installed.format(id)
  if (id === undefined) return noVat(`${noBundle[call]}: ${nameOf(bundle)} is neither a bundle cap nor the id of a vat bundle`)
  if (format === undefined) return noVat(`unknown bundleID ${id}: no such bundle is installed`)
  return installed.code(id) === undefined ? noVat(notForVats(id)) : { kind: 'bundle', id }
}

const noVat = (message: string): VatBundle => ({ kind: 'none', reply: refusal(message) })

/** A bundle of `@endo/bundle-source` in the message itself. Archives are left to the host, which has a loader for them. */
function rawBundle(installed: Installed, call: keyof typeof noBundle, { moduleFormat, source }: Options): VatBundle {
  const format = textFormats.find((each) => each === moduleFormat)
  if (format === undefined) return noVat(`${noBundle[call]}: a bundle of the format ${nameOf(moduleFormat)} is installed by the host; give its bundle cap`)
  if (typeof source !== 'string') return noVat(`${noBundle[call]}: the source of a bundle of the format ${format} is a text`)
  if (source.length > mostRawCharacters) return noVat(`${noBundle[call]}: the source has ${source.length} characters; over ${mostRawCharacters} the host installs it, and its bundle cap is given`)
  return { kind: 'bundle', id: installed.installScript(scriptOfSource(format, source)) }
}

/** Of the source of a bundle in a message. */
const mostRawCharacters = 1_000_000

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
