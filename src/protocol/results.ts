/** Outcomes that cross a boundary as plain data: of a delivery, a message or an upgrade. */
import type { ObjectVref, PromiseVref } from '../base/ids.ts'
import type { CapData } from './capdata.ts'

/** Why an incarnation could not start. `names` lists what each code concerns. */
export type StartRefusalCode =
  /** The bundle has a syntax error, threw while it was evaluated, or has no `buildRootObject`. */
  | 'start/bundle-broken'
  /** `buildRootObject` threw or its promise was rejected. */
  | 'start/threw'
  /** The promise of `buildRootObject` was still pending when the crank had no more jobs. */
  | 'start/never-settled'
  /** The value that `buildRootObject` returned is not an object that can be exported. */
  | 'start/root-not-remotable'
  /** Durable kinds of the estate that have objects were not redefined; `names` are their tags. */
  | 'start/kinds-missing'
  /** A durable kind was defined without facets that it had; `names` are `tag.facet`. */
  | 'start/facets-missing'
  /** A durable kind with a single facet was defined with several, or the other way; `names` is its tag. */
  | 'start/facets-changed'
  /**
   * The state shape of a durable kind is incompatible with the last one; `names` are `tag.field`, or the tag.
   */
  | 'start/shape-changed'
  /**
   * Records of a durable kind are newer than the code, or a migration to the code's version is missing;
   * `names` is its tag.
   */
  | 'start/migration-missing'
  /** Named exports were neither reconnected nor released; `names` are their labels. */
  | 'start/exports-missing'
  /** The vat requested its own end while it started. */
  | 'start/exited'
  /**
   * It ran out of computrons or heap, its meter has too little, or the engine trapped; `names` is that code.
   */
  | 'start/fault'
  /**
   * The parameters were to be kept, but the kernel does not have them: the vat was started by a kernel that
   * did not keep any.
   */
  | 'start/parameters-unknown'
  /** The salvage is of another incarnation, or of deleted objects; `names` lists these. */
  | 'salvage/stale'

/** Which side may report each code: the supervisor at the end of `startVat`, or only the kernel. */
const startRefusers = {
  'start/bundle-broken': 'supervisor',
  'start/threw': 'supervisor',
  'start/never-settled': 'supervisor',
  'start/root-not-remotable': 'supervisor',
  'start/kinds-missing': 'supervisor',
  'start/facets-missing': 'supervisor',
  'start/facets-changed': 'supervisor',
  'start/shape-changed': 'supervisor',
  'start/migration-missing': 'supervisor',
  'start/exports-missing': 'supervisor',
  'start/exited': 'kernel',
  'start/fault': 'kernel',
  'start/parameters-unknown': 'kernel',
  'salvage/stale': 'supervisor',
} as const satisfies Readonly<Record<StartRefusalCode, 'supervisor' | 'kernel'>>

/** The codes with which a supervisor may refuse a start. */
export const supervisorRefusals: readonly string[] = Object.entries(startRefusers)
  .filter(([, refuser]) => refuser === 'supervisor')
  .map(([code]) => code)

/** Why an incarnation could not start. */
export interface StartRefusal {
  readonly code: StartRefusalCode
  readonly message: string
  readonly names: readonly string[]
  /** The stack of the vat's error, for people; empty when there was none. */
  readonly stack: string
}

/**
 * A durable kind with a higher state version than in the incarnation before: its records are migrated on
 * first access.
 */
export interface MigratedKind {
  readonly tag: string
  readonly from: number
  readonly to: number
}

/**
 * A durable kind that the start of an heir left undefined, as its upgrade allowed; `kind` is its number in
 * the names of its objects.
 */
export interface KindLeft {
  readonly tag: string
  readonly kind: number
}

/** A durable kind that ended with an upgrade, and the number of its exported objects and facets. */
export interface AbandonedKind {
  readonly tag: string
  readonly exports: number
}

/** The supervisor's result of a delivery. */
export type DeliveryResult =
  /** `garbage`: a `bringOutYourDead` stopped before the end, so the vat is to be asked again. */
  | { readonly kind: 'ok'; readonly garbage?: 'left' }
  /**
   * `promises` is `kept` when the supervisor supports kept promises (`Resolution`). `migrated` is absent when
   * no durable kind has a higher state version than before, `abandoned` when none was abandoned.
   */
  | {
      readonly kind: 'started'
      readonly root: ObjectVref
      readonly promises?: 'kept'
      readonly migrated?: readonly MigratedKind[]
      readonly abandoned?: readonly KindLeft[]
    }
  | { readonly kind: 'refused'; readonly refusal: StartRefusal }

/**
 * The reason of a rejected promise. The fields beyond capdata exist in the kernel's record alone and never on
 * the wire of a vat, so that no vat can set them.
 */
export interface ReasonData extends CapData {
  /** The kernel itself rejected it, with its own reason. Kernels without such records never set it. */
  readonly by?: 'kernel'
  /** The body that vats receive, without slots; absent if it is the same as the host's. */
  readonly toVats?: string
}

/** The status of a message that the host sent. */
export type ResultStatus =
  | { readonly kind: 'pending' }
  | { readonly kind: 'fulfilled'; readonly data: CapData }
  | { readonly kind: 'rejected'; readonly data: ReasonData }

/** The rejection of promises of an old incarnation. The shape is SwingSet's. */
export interface Disconnection {
  readonly name: 'vatUpgraded' | 'vatTerminated'
  readonly upgradeMessage: string
  /** The number of the incarnation that decided the promise. */
  readonly incarnationNumber: number
}

/** Why the kernel itself rejected a message. */
export type RejectionCode =
  /** The target was an ephemeral export of an incarnation that an upgrade ended. */
  | 'object-abandoned'
  /** The host named an object that the kernel does not have, or no longer has. */
  | 'object-unknown'
  /** The vat that owned the target has ended. */
  | 'vat-terminated'
  /** The target is data, not an object. */
  | 'target-not-object'
  /** The delivery made the vat run out of computrons; it was undone. */
  | 'computrons-exhausted'
  /** The meter of the vat has nothing left, or not enough for the delivery; it was undone, or not made. */
  | 'meter-exhausted'
  /** The delivery made the vat run out of heap; it was undone. */
  | 'heap-exhausted'
  /**
   * The delivery exceeded the vat's storage limit; it was undone. Before that, the vat's own code gets an
   * error that it can catch.
   */
  | 'storage-exhausted'
  /** The delivery trapped the vat's engine; it was undone. */
  | 'worker-trapped'
  /** The delivery made the vat send an illegal syscall; it was undone. */
  | 'illegal-syscall'
  /** The vat is suspended, or drains before an upgrade, and its queue is full. */
  | 'vat-suspended'
  /** No worker version with this id is installed. */
  | 'worker-unknown'
  /** The worker version is needed, by vats or a rollout; `names` of the reason lists them. */
  | 'worker-in-use'
  /** No bundle for vats with this id is installed. */
  | 'bundle-unknown'
  /** The bundle is needed, by vats, an upgrade or holders of its bundle cap; the message names them. */
  | 'bundle-in-use'
  /** Another rollout is not over, or there is none that could be paused, resumed or aborted. */
  | 'rollout-refused'
  /** The maximum number of vats is reached, for the store or for the maker. */
  | 'too-many-vats'
  /** A kernel service has no such method, or its arguments are not of its shape. */
  | 'service-refused'
  /** The port has the maximum number of unacknowledged items. */
  | 'port-full'
  /** The promise's wakeup was cancelled. */
  | 'timer-cancelled'
  /** A vat could not be created; `reason` is a `StartRefusal`. */
  | 'start-refused'
  /**
   * An upgrade failed and the old incarnation continues; `reason` is a `StartRefusal` or a `ReplayRefusal`.
   */
  | 'upgrade-refused'

/** Failures of a delivery that a vat can cause itself. */
export type FaultCode = Extract<
  RejectionCode,
  | 'computrons-exhausted'
  | 'heap-exhausted'
  | 'storage-exhausted'
  | 'worker-trapped'
  | 'illegal-syscall'
  | 'meter-exhausted'
>

/** Why a vat is suspended: by request, or after a failure. */
export type SuspensionCause = 'requested' | FaultCode | 'upgrade-refused'

/**
 * Why the kernel is paused: by request, because a critical vat failed or ended, or because of a rejection
 * whose policy is to pause.
 */
export type PauseCode = SuspensionCause | 'vat-terminated' | 'result-rejected'

/**
 * The action on a vat whose delivery fails through its own fault. `reject`: a message is rejected and the vat
 * continues; any other delivery suspends it. `suspend`: it is suspended, and the delivery waits first.
 * `terminate`: it ends.
 */
export const faultPolicies = ['reject', 'suspend', 'terminate'] as const
/** The action on a vat when a delivery fails: `reject`, `suspend` or `terminate`. */
export type OnFault = (typeof faultPolicies)[number]

/** A fault of a `critical` vat suspends it, regardless of its policy, and pauses the kernel. */
export const importances = ['ordinary', 'critical'] as const
/** One of `ordinary` and `critical`. */
export type Importance = (typeof importances)[number]

/** How a vat ended: by its own completion, or by a failure. */
export type VatEnd = 'completed' | 'failed'

/** The target of a message no longer exists, so any message fails. */
export type GoneCode = Extract<RejectionCode, 'object-abandoned' | 'vat-terminated'>
export const goneCodes: readonly GoneCode[] = ['object-abandoned', 'vat-terminated']

/** The message by which vats written for SwingSet recognise that an object no longer exists, and retry. */
export const goneMessage = 'vat terminated'

/** The message by which vats written for SwingSet recognise a cancelled wakeup. */
export const cancelledMessage = 'TimerCancelled'

/**
 * The error that a sender gets when the target no longer exists; its code says which of the two cases it is.
 */
export interface GoneError extends Error {
  readonly code: GoneCode
}

/** The error for a cancelled wakeup. */
export interface CancelledError extends Error {
  readonly code: 'timer-cancelled'
}

/** The reason that a sender gets when the kernel rejects for any other reason: plain data. */
export interface KernelRejection {
  readonly name: 'KernelRejection'
  readonly code: Exclude<RejectionCode, GoneCode>
  readonly message: string
  readonly vat?: string
  readonly reason?: StartRefusal | ReplayRefusal
}

/** Whether every replayed delivery used the recorded computrons. */
export type Metering = 'identical' | 'differs'

/** The first difference between a transcript and its replay. */
export interface Divergence {
  /** Of the delivery, in the vat's transcript. */
  readonly position: number
  /**
   * `exhausted`: the delivery needed more than its limits. `trapped`: the engine stopped. Kernels of release
   * 0.1.0 leave it out of their refusals.
   */
  readonly why: 'differs' | 'exhausted' | 'trapped'
  /** The delivery as JSON, cut if long; so are the next two. */
  readonly delivery: string
  readonly message: string
  /** The recorded syscall or result, or null if there was none. */
  readonly recorded: string | null
  /** The one that came instead, or null if there was none. */
  readonly sent: string | null
}

/** Why code could not take over by replay. */
export interface ReplayRefusal extends Pick<StartRefusal, 'message' | 'names' | 'stack'> {
  readonly code:
    | 'replay/diverged'
    /** A delivery needs more there than its limit. */
    | 'replay/exhausted'
    /** The engine trapped, or its supervisor threw. */
    | 'replay/trapped'
    | 'replay/unavailable'
    | 'replay/parameters'
  /** The divergence; null if no replay was possible. */
  readonly divergence: Divergence | null
}

/** A rejection by the kernel itself, with a code from a closed list. */
export type Rejection = KernelRejection | GoneError | CancelledError

/** The result of `suspend`; `since` is the number of the crank in which the suspension began. */
export interface SuspendResult {
  readonly outcome: 'suspended' | 'was-suspended'
  readonly cause: SuspensionCause
  readonly message: string
  readonly since: number
}

/** The result of `resume`: the number of parked deliveries, which now come first. */
export interface ResumeResult {
  readonly outcome: 'resumed' | 'was-running'
  readonly released: number
}

/** The result of terminating a vat. */
export interface TerminateResult {
  readonly outcome: 'terminated' | 'was-terminated'
}

/** The result of a successful upgrade. */
export type UpgradeResult = DurableUpgrade | ReplayUpgrade

/** The incarnation continues, with heap and promises, on code that would have done exactly the same. */
export interface ReplayUpgrade {
  readonly mode: 'replay'
  readonly incarnationNumber: number
  readonly abandonedExports: 0
  readonly disconnectedPromises: 0
  /** The number of replayed deliveries, and the computrons that they used. */
  readonly deliveries: number
  readonly computrons: bigint
}

/** An export that ended with its incarnation, by its vat's name for it. */
export interface AbandonedExport {
  readonly object: ObjectVref
  /** The names of the vats that hold it, oldest first, as far as they were searched (`upgradeLimits`). */
  readonly holders: readonly string[]
  /**
   * The number of other references: of the host, waiting messages, settled promises, and vats that are not
   * named.
   */
  readonly others: number
}

/** A promise that ended with its incarnation, by its vat's name for it. */
export interface DisconnectedPromise {
  readonly promise: PromiseVref
  /** The names of the notified vats. */
  readonly subscribers: readonly string[]
  /** The number of further notified vats. */
  readonly others: number
  /** Messages that waited for it. */
  readonly waiting: number
}

/** The next incarnation has begun, from the old one's estate. */
export interface DurableUpgrade {
  readonly mode: 'durable'
  readonly incarnationNumber: number
  /**
   * Exports that were neither durable nor named, and those of abandoned kinds: messages to them are rejected
   * from now on.
   */
  readonly abandonedExports: number
  /** Promises that the old incarnation decided, rejected with the disconnection record. */
  readonly disconnectedPromises: number
  /** The first of each, at most `upgradeLimits.listed`. */
  readonly abandoned: readonly AbandonedExport[]
  readonly disconnected: readonly DisconnectedPromise[]
  readonly migratedKinds: readonly MigratedKind[]
  /**
   * Durable kinds that ended, as `abandonKinds` of the upgrade allowed; the first of them
   * (`upgradeLimits.listed`).
   */
  readonly abandonedKinds: readonly AbandonedKind[]
  /**
   * The number of deliveries for the upgrade, and the computrons of these and of an attempted replay. The
   * trace has the time taken.
   */
  readonly deliveries: number
  readonly computrons: bigint
  /** Why the old incarnation was not asked to collect its garbage, or null if it was. */
  readonly collectionSkipped: string | null
  /** Why the mode `auto` did not take over by replay, or null if that mode was not requested. */
  readonly replayRefused: ReplayRefusal | null
}
