/**
 * What every service of the kernel has in common: how it is asked, and what it may say.
 *
 * Sv1. A service has no powers but those of the tables; garbage in a message rejects its result
 *      with `service-refused` and changes nothing.
 */
import { isBundleId, isObjectKref } from '../../base/ids.ts'
import type { BundleId, ObjectKref, PromiseKref } from '../../base/ids.ts'
import type { CapData } from '../../protocol/capdata.ts'
import type { KernelRejection } from '../../protocol/results.ts'
import type { Incarnations } from '../incarnations.ts'
import type { BundlePort } from '../ports.ts'
import { Reference } from '../data.ts'
import type { Promises } from '../promises.ts'
import type { References } from '../references.ts'
import type { RunQueue } from '../runQueue.ts'
import type { Tables } from '../tables/tables.ts'
import type { Traffic } from '../traffic.ts'
import type { Wakeups } from '../wakeups.ts'

/** What services act on. */
export interface ServiceParts {
  readonly tables: Tables
  readonly references: References
  readonly promises: Promises
  readonly queue: RunQueue
  readonly bundles: BundlePort
  readonly incarnations: Incarnations
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
  | { readonly kind: 'refuse'; readonly code: KernelRejection['code']; readonly message: string }

/** The methods of a service, by name. */
export type Methods<Of> = Readonly<{ [name: string]: (parts: ServiceParts, service: Of, asked: Asked) => Reply }>

export const later: Reply = { kind: 'later' }
export const answer = (data: CapData): Reply => ({ kind: 'answer', data })
export const refusal = (message: string, code: KernelRejection['code'] = 'service-refused'): Reply => ({ kind: 'refuse', code, message })

export type Options = Readonly<Record<string, unknown>>
export const isOptions = (value: unknown): value is Options => typeof value === 'object' && value !== null && !Array.isArray(value)

/** What was given, as far as it is text: anything else may have no text at all. */
export const nameOf = (given: unknown): string =>
  typeof given === 'string' ? JSON.stringify(given.slice(0, 100)) : typeof given === 'symbol' ? String(given) : `a ${typeof given}`

/** The object that was given, if it is one. */
export const objectOf = (given: unknown): ObjectKref | undefined =>
  given instanceof Reference && isObjectKref(given.kref) ? given.kref : undefined

/** The vat bundle that was named, if it is installed. */
export function vatBundle({ bundles }: ServiceParts, bundle: unknown): BundleId | undefined {
  return typeof bundle === 'string' && isBundleId(bundle) && bundles.has(bundle, 'vat') ? bundle : undefined
}

export const noVatBundle = (bundle: unknown): Reply => refusal(`${nameOf(bundle)} is not the id of a vat bundle that is installed`)
