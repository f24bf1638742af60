/**
 * The results of `checkUpgrade` and `signature`: the predicted outcome of an upgrade, and the definitions of
 * a bundle. Nothing here is state. The tables are in `docs/wires/results.md`.
 */
import type { BundleId, WorkerId } from '../../base/ids.ts'
import type { StoredShape } from '../worker/estate.ts'
import type { OnFailure } from '../host/inbox.ts'
import type { ReplayRefusal, StartRefusal, StartRefusalCode, UpgradeResult } from '../results.ts'

/** The outcome of the upgrade if it ran next. */
export type UpgradeCheck =
  | {
      readonly kind: 'accepted'
      /** The result that the upgrade would return. */
      readonly result: UpgradeResult
      readonly estate: EstateChanges
      readonly expected: Expectation
      readonly warnings: readonly UpgradeWarning[]
      /** The computrons that it would use. */
      readonly computrons: bigint
    }
  | {
      readonly kind: 'refused'
      /** The reason that the upgrade would return: the first failure. */
      readonly reason: StartRefusal | ReplayRefusal
      /** The effect on the vat, by the choice of `onFailure`: its incarnation continues, or is suspended. */
      readonly onFailure: OnFailure
      readonly expected: Expectation
      readonly warnings: readonly UpgradeWarning[]
      readonly computrons: bigint
    }

/** A difference that does not refuse an upgrade, but is rarely intended. */
export interface UpgradeWarning {
  readonly code: (typeof warningCodes)[number]
  readonly message: string
  /** `tag.field` of the differing fields, if it concerns records; `object.method` if it concerns methods. */
  readonly names: readonly string[]
}

export const warningCodes = [
  'upgrade/parameters-dropped',
  'estate/record-differs',
  'interface/called-method-removed',
  'interface/method-removed',
  'interface/arity-changed',
  'interface/call-kind-changed',
  'interface/guard-changed',
] as const

/** The changes that the start of the heir would make to the vat's estate. */
export interface EstateChanges {
  /** Tags of new durable kinds. */
  readonly kindsAdded: readonly string[]
  /** `tag.facet` of facets that kinds gain. */
  readonly facetsAdded: readonly string[]
  /** Kinds whose records would be migrated on first access. */
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

/** The findings of comparing the estate with the signature of the bundle: all at once, without a run. */
export type Expectation =
  | { readonly kind: 'compared'; readonly findings: readonly Finding[] }
  | { readonly kind: 'unknown'; readonly why: string }

/** The refusals that a comparison can foresee. */
export const findingCodes = [
  'start/kinds-missing',
  'start/facets-changed',
  'start/facets-missing',
  'start/shape-changed',
  'start/migration-missing',
  'start/exports-missing',
] as const satisfies readonly StartRefusalCode[]

/** `names` as in a `StartRefusal` with this code. */
export interface Finding {
  readonly code: (typeof findingCodes)[number]
  readonly message: string
  readonly names: readonly string[]
}

/** The definitions of a bundle on an empty estate, as far as one start shows them. */
export type Signature =
  | {
      readonly kind: 'known'
      readonly bundle: BundleId
      /** The worker of the start. */
      readonly worker: WorkerId
      readonly kinds: readonly KindSignature[]
      /** In order; keys that are not texts are left out. */
      readonly baggageKeys: readonly string[]
      /** Labels. */
      readonly namedExports: readonly string[]
    }
  /** It does not start. */
  | {
      readonly kind: 'unknown'
      readonly bundle: BundleId
      readonly worker: WorkerId
      readonly why: StartRefusal
    }

/** A durable kind as a bundle defines it. */
export interface KindSignature {
  readonly tag: string
  /** Null for a kind with a single facet. */
  readonly facets: readonly string[] | null
  readonly shape: StoredShape | null
  readonly stateVersion: number
  /** Of a record that `init` would create, in order; null if unknown. */
  readonly fields: readonly string[] | null
  /** The oldest version with a migration for each step; null if unknown. */
  readonly migratesFrom: number | null
}
