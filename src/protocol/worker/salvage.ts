/**
 * Salvage: the findings of a host's bundle in a copy of a vat's heap, in transit to the vat's heir.
 *
 * Slots of its data are names of two sorts. The vat's imports are krefs, so that they stay valid even if the
 * vat releases them. The vat's own objects are vrefs of durable objects: most of these have never left the
 * vat,
 * and the kernel has no name for them. The tables of this wire are in `docs/wires/worker.md` and
 * `docs/wires/inbox.md`.
 */
import { isCount, isRecord } from '../../base/guards.ts'
import {
  isDurableVref,
  isObjectKref,
  isObjectVref,
  type BundleId,
  type Hash,
  type ObjectKref,
  type ObjectVref,
  type VatId,
  type Vref,
} from '../../base/ids.ts'
import { isCapData, type CapData } from '../capdata.ts'
import { historyLimits } from '../limits.ts'

/** The key of the baggage under which the heir finds it. */
export const salvageKey = 'salvage'

export type SalvageSlot = ObjectKref | ObjectVref

/** The salvage as an upgrade gets it. */
export interface Salvaged {
  /** The bundle that found it. */
  readonly bundle: BundleId
  /** The incarnation whose heap was copied, and the number of deliveries to the vat by then. */
  readonly incarnation: number
  readonly position: number
  readonly data: CapData<SalvageSlot>
}

export const isSalvaged = (value: unknown): value is Salvaged =>
  isRecord(value) &&
  isCount(value['incarnation']) &&
  isCount(value['position']) &&
  isCapData(value['data']) &&
  value['data'].slots.every(isSalvageSlot)

/** The salvage as the host gets it. It is plain data and can be kept in a file. */
export interface Salvage extends Salvaged {
  readonly vat: VatId
  readonly summary: SalvageSummary
}

/** For people. */
export interface SalvageSummary {
  /** The data as smallcaps, cut if long. */
  readonly text: string
  /** UTF-16 code units of the whole. */
  readonly characters: number
  /** Number of objects in it. */
  readonly references: number
}

/** The part that the history of a vat keeps. */
export interface SalvageEntry extends SalvageSummary, Pick<Salvaged, 'bundle' | 'incarnation' | 'position'> {
  /** SHA-256 of the capdata as JSON in UTF-8. */
  readonly hash: Hash
}

export const isSalvageSlot = (slot: string): slot is SalvageSlot =>
  isObjectKref(slot) || (isObjectVref(slot) && isDurableVref(slot))

export const summaryOf = ({ body, slots }: CapData): SalvageSummary => ({
  text: body.slice(1, 1 + historyLimits.message).toWellFormed(),
  characters: body.length,
  references: slots.length,
})

/** Why nothing was salvaged; each is a code for the host (`codes.ts`). */
export const salvageFailureCodes = [
  'salvage/bundle-broken',
  'salvage/threw',
  'salvage/never-settled',
  'salvage/not-durable',
] as const
export type SalvageFailureCode = (typeof salvageFailureCodes)[number]

/** In addition to the supervisor's codes: how the copy ended. */
export type SalvageRefusalCode =
  SalvageFailureCode | 'salvage/wrote' | 'salvage/exhausted' | 'salvage/failed' | 'worker/too-old'

/** The supervisor's result of a salvage. */
export type SalvageResult =
  | { readonly kind: 'salvaged'; readonly data: CapData<Vref> }
  | {
      readonly kind: 'failed'
      readonly code: SalvageFailureCode
      readonly message: string
      readonly stack: string
    }

/** Limits of a salvage; by default those of the vat. */
export interface SalvageLimits {
  readonly computrons: bigint | null
  /** At least the vat's limit. */
  readonly heapLimitBytes: number | null
}

/** The limits of the vat. */
export const noSalvageLimits: SalvageLimits = { computrons: null, heapLimitBytes: null }
