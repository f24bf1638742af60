/**
 * The common interface of the kernel's services: how they are called, and what they may reply.
 *
 * Sv1. A service has no powers except the tables; garbage in a message rejects its result with
 *      `service-refused` and changes nothing.
 */
import { isBundleId, isObjectKref, type BundleId, type ObjectKref, type PromiseKref } from '../../base/ids.ts'
import type { CapData } from '../../protocol/capdata.ts'
import { deliveryLimits } from '../../protocol/limits.ts'
import { claimsTagged } from '../../codec/passable.ts'
import type { KernelRejection, ReasonData } from '../../protocol/results.ts'
import type { Incarnations } from '../vats/incarnations.ts'
import { scriptOfSource, textFormats } from '../../protocol/bundle/bundleCode.ts'
import type { BundleRegistry } from '../objects/bundles.ts'
import type { Makers } from '../objects/makers.ts'
import type { Meters } from '../delivery/meters.ts'
import type { KernelPlatform } from '../../protocol/kernel/platform.ts'
import { Reference, cut, encode } from '../objects/kernelValues.ts'
import type { VatErrorOf } from '../objects/vatErrors.ts'
import { scalarText } from '../objects/readable.ts'
import type { Promises } from '../objects/promises.ts'
import type { References } from '../objects/references.ts'
import type { RunQueue } from '../objects/runQueue.ts'
import type { Suspension } from '../vats/suspension.ts'
import type { Termination } from '../vats/termination.ts'
import type { Tables } from '../tables/tables.ts'
import type { HostPorts } from '../external/hostPorts.ts'
import type { Timer } from '../external/timer.ts'

/** The parts that services act on. */
export interface ServiceParts {
  readonly tables: Tables
  readonly references: References
  readonly promises: Promises
  readonly queue: RunQueue
  readonly installed: BundleRegistry
  readonly meters: Meters
  readonly makers: Makers
  readonly incarnations: Incarnations
  readonly ports: KernelPlatform
  readonly suspension: Suspension
  readonly termination: Termination
  readonly traffic: HostPorts
  readonly wakeups: Timer
}

/** A message to a service, decoded; references in it are `Reference` objects (`kernelValues.ts`). */
export interface ServiceCall {
  readonly target: ObjectKref
  readonly method: string | symbol
  readonly args: readonly unknown[]
  /** The promise of the reply; null when no one waits for it. */
  readonly result: PromiseKref | null
}

/** The immediate reply of a service: an answer, a deferral, or a refusal. */
export type Reply =
  | { readonly kind: 'answer'; readonly data: CapData }
  /** The result will be settled elsewhere. */
  | { readonly kind: 'later' }
  /** The request was valid, and this is the reason why it failed. */
  | { readonly kind: 'reject'; readonly data: ReasonData }
  | {
      readonly kind: 'refuse'
      readonly code: KernelRejection['code']
      readonly message: string
      readonly vatErrorOf?: VatErrorOf
    }

/** The methods of a service, by name; symbols are well-known ones. */
export type Methods<Of> = Readonly<{
  [name: string | symbol]: (parts: ServiceParts, service: Of, asked: ServiceCall) => Reply
}>

export const later: Reply = { kind: 'later' }
export const answer = (data: CapData): Reply => ({ kind: 'answer', data })
export const rejected = (data: ReasonData): Reply => ({ kind: 'reject', data })
export const refusal = (message: string, code: KernelRejection['code'] = 'service-refused'): Reply => ({
  kind: 'refuse',
  code,
  message,
})

export type Options = Readonly<Record<string, unknown>>
export const isOptions = (value: unknown): value is Options =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Describes a wrong argument in an error message: a scalar by its value, anything else by its type. */
export function nameOf(given: unknown): string {
  switch (typeof given) {
    case 'string':
      return JSON.stringify(given.slice(0, maxNameLength))
    case 'object':
      return given === null ? 'null' : kindOf(given)
    default:
      return cut(scalarText(given), maxNameLength)
  }
}

const maxNameLength = 100

function kindOf(given: object): string {
  if (given instanceof Reference) return isObjectKref(given.kref) ? 'an object' : 'a promise'
  if (given instanceof Error) return 'an error'
  if (Array.isArray(given)) return 'a list'
  return claimsTagged(given) ? 'a tagged value' : 'a record'
}

export type VatBundle =
  { readonly kind: 'bundle'; readonly id: BundleId } | { readonly kind: 'none'; readonly reply: Reply }

/** The error messages for wrong arguments of these calls. */
const noBundle = {
  createVat: 'Vat Creation Error: createVat() requires a bundlecap',
  upgrade: 'vatAdmin.upgrade() requires a bundlecap',
} as const

/** The bundle, by its cap, its id or its source, if it can create vats. */
export function vatBundle(
  { installed }: ServiceParts,
  call: keyof typeof noBundle,
  bundle: unknown,
): VatBundle {
  if (isOptions(bundle) && typeof bundle['moduleFormat'] === 'string')
    return rawBundle(installed, call, bundle)
  const id = typeof bundle === 'string' && isBundleId(bundle) ? bundle : installed.bundleOf(bundle)
  const format = id === undefined ? undefined : installed.format(id)
  if (id === undefined)
    return noVat(`${noBundle[call]}: ${nameOf(bundle)} is neither a bundle cap nor the id of a vat bundle`)
  if (format === undefined) return noVat(`unknown bundleID ${id}: no such bundle is installed`)
  return installed.code(id) === undefined ? noVat(notForVats(id)) : { kind: 'bundle', id }
}

const noVat = (message: string): VatBundle => ({ kind: 'none', reply: refusal(message) })

/**
 * A bundle of `@endo/bundle-source` in the message itself. Archives need the host, which has a loader for
 * them.
 */
function rawBundle(
  installed: BundleRegistry,
  call: keyof typeof noBundle,
  { moduleFormat, source }: Options,
): VatBundle {
  const format = textFormats.find((each) => each === moduleFormat)
  if (format === undefined)
    return noVat(
      `${noBundle[call]}: a bundle of the format ${nameOf(moduleFormat)} is installed by the host; give its bundle cap`,
    )
  if (typeof source !== 'string')
    return noVat(`${noBundle[call]}: the source of a bundle of the format ${format} is a text`)
  if (source.length > maxRawSourceLength)
    return noVat(
      `${noBundle[call]}: the source has ${source.length} characters; over ${maxRawSourceLength} the host installs it, and its bundle cap is given`,
    )
  return { kind: 'bundle', id: installed.installScript(scriptOfSource(format, source)) }
}

/** For the source of a bundle in a message. */
const maxRawSourceLength = 1_000_000

export type ReencodedData =
  { readonly kind: 'data'; readonly data: CapData } | { readonly kind: 'none'; readonly reply: Reply }

/**
 * The value as the kernel encodes it: that may be longer than the input, in which a vat may have written 1e20
 * for 100000000000000000000.
 */
export function reencode(value: unknown): ReencodedData {
  const data = encode(value)
  const { length } = data.body.length > deliveryLimits.written ? data.body : JSON.stringify(data)
  return length <= deliveryLimits.written
    ? { kind: 'data', data }
    : {
        kind: 'none',
        reply: refusal(`what is given has ${length} characters; the limit is ${deliveryLimits.written}`),
      }
}

/** The object, if the value is one. */
export const objectOf = (given: unknown): ObjectKref | undefined =>
  given instanceof Reference && isObjectKref(given.kref) ? given.kref : undefined

/** For an upgrade that names kinds to abandon. */
export const nothingToAbandon =
  'a replay abandons no kinds: the incarnation goes on with all of them; use the mode durable or auto'

export const notForVats = (id: BundleId): string =>
  `a vat cannot be made of ${id}, a bundle of @endo/bundle-source without code for vats; make it again without noTransforms, or bundle its entry with heirloom install or bundleVat`
