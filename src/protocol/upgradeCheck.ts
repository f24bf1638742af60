/**
 * What a check says of an upgrade before it is made, and what a bundle says of itself: the results of
 * `checkUpgrade` and `signature`. Nothing here is state. The tables are in `docs/wires/results.md`.
 */
import type { BundleId, WorkerId } from '../base/ids.ts'
import type { StoredShape } from './estate.ts'
import type { OnFailure } from './inbox.ts'
import type { ReplayRefusal, StartRefusal, StartRefusalCode, UpgradeResult } from './results.ts'

/** What the upgrade would come to if it were the next thing that happens. */
export type UpgradeCheck =
  | {
      readonly kind: 'accepted'
      /** As the upgrade would give it. */
      readonly result: UpgradeResult
      readonly estate: EstateChanges
      readonly expected: Expectation
      readonly warnings: readonly UpgradeWarning[]
      /** What it would take. */
      readonly computrons: bigint
    }
  | {
      readonly kind: 'refused'
      /** As the upgrade would give it: the first thing that fails. */
      readonly reason: StartRefusal | ReplayRefusal
      /** What would become of the vat, by the choice of `onFailure`: its incarnation goes on, or is suspended. */
      readonly onFailure: OnFailure
      readonly expected: Expectation
      readonly warnings: readonly UpgradeWarning[]
      readonly computrons: bigint
    }

/** What refuses no upgrade, and is seldom meant. */
export interface UpgradeWarning {
  readonly code: (typeof warningCodes)[number]
  readonly message: string
  /** `tag.field` of those that differ, if it is about records. */
  readonly names: readonly string[]
}

export const warningCodes = ['upgrade/parameters-dropped', 'estate/record-differs'] as const

/** What the start of the heir would change of what the vat leaves. */
export interface EstateChanges {
  /** Tags of durable kinds that are new. */
  readonly kindsAdded: readonly string[]
  /** `tag.facet` of those that kinds gain. */
  readonly facetsAdded: readonly string[]
  /** Kinds whose records would be brought up to date when they are touched. */
  readonly migrations: readonly Migrating[]
  /** Labels. */
  readonly exportsNamed: readonly string[]
  readonly exportsReleased: readonly string[]
}

/** A durable kind whose records would be migrated. */
export interface Migrating {
  readonly tag: string
  /** The oldest state version that a record may have. */
  readonly from: number
  readonly to: number
}

/** What comparing the estate with the signature of the bundle finds: all of it at once, without a run. */
export type Expectation =
  | { readonly kind: 'compared'; readonly findings: readonly Finding[] }
  | { readonly kind: 'unknown'; readonly why: string }

/** The refusals that a comparison can foresee. */
export const findingCodes = [
  'start/kinds-missing', 'start/facets-changed', 'start/facets-missing', 'start/shape-changed', 'start/migration-missing', 'start/exports-missing',
] as const satisfies readonly StartRefusalCode[]

/** `names` as a `StartRefusal` of the code has them. */
export interface Finding {
  readonly code: (typeof findingCodes)[number]
  readonly message: string
  readonly names: readonly string[]
}

/** What a bundle does with an empty estate, as far as starting it once shows. */
export type Signature =
  | {
      readonly kind: 'known'
      readonly bundle: BundleId
      /** On which it was started. */
      readonly worker: WorkerId
      readonly kinds: readonly KindSignature[]
      /** In their order; keys that are no texts are left out. */
      readonly baggageKeys: readonly string[]
      /** Labels. */
      readonly namedExports: readonly string[]
    }
  /** It does not start. */
  | { readonly kind: 'unknown'; readonly bundle: BundleId; readonly worker: WorkerId; readonly why: StartRefusal }

/** A durable kind as a bundle defines it. */
export interface KindSignature {
  readonly tag: string
  /** Null for a kind with a single facet. */
  readonly facets: readonly string[] | null
  readonly shape: StoredShape | null
  readonly stateVersion: number
  /** Of a record that `init` would make, in its order; null when that could not be seen. */
  readonly fields: readonly string[] | null
  /** The oldest version from which there is a migration for each step; null when that could not be seen. */
  readonly migratesFrom: number | null
}
