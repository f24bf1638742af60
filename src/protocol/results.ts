/**
 * Outcomes that cross a boundary as plain data: of a delivery, of a message, of an upgrade.
 */
import type { ObjectVref, PromiseVref } from '../base/ids.ts'
import type { CapData } from './capdata.ts'

/** Why an incarnation could not start. Each names the things concerned in `names`. */
export type StartRefusalCode =
  /** The bundle has a syntax error, threw while it was evaluated, or has no `buildRootObject`. */
  | 'start/bundle-broken'
  /** `buildRootObject` threw or its promise was rejected. */
  | 'start/threw'
  /** The promise of `buildRootObject` was still pending when the crank had no more jobs. */
  | 'start/never-settled'
  /** What `buildRootObject` returned is not an object that can be exported. */
  | 'start/root-not-remotable'
  /** Durable kinds of the estate that have objects were not defined again; `names` are their tags. */
  | 'start/kinds-missing'
  /** A durable kind was defined without facets that it had; `names` are `tag.facet`. */
  | 'start/facets-missing'
  /** A durable kind with a single facet was defined with several, or the other way; `names` is its tag. */
  | 'start/facets-changed'
  /** The state shape of a durable kind does not go on from the last; `names` are `tag.field`, or the tag. */
  | 'start/shape-changed'
  /** Records of a durable kind are newer than the code, or a migration to the code's version is missing; `names` is its tag. */
  | 'start/migration-missing'
  /** Named exports were neither reconnected nor released; `names` are their labels. */
  | 'start/exports-missing'
  /** The vat asked for its own end while it started. */
  | 'start/exited'
  /** It ran out of computrons or heap, its meter has too little, or the engine trapped; `names` is the code of that. */
  | 'start/fault'
  /** The parameters were to be kept, and the kernel does not have them: the vat was started by a kernel that did not keep any. */
  | 'start/parameters-unknown'
  /** What was salvaged is of another incarnation, or of objects that are gone; `names` are these. */
  | 'salvage/stale'

/** Who may say so: the supervisor at the end of `startVat`, or only the kernel, which knows the rest. */
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

/** The codes that a supervisor may refuse a start with. */
export const supervisorRefusals: readonly string[] = Object.entries(startRefusers).filter(([, refuser]) => refuser === 'supervisor').map(([code]) => code)

/** Why an incarnation could not start. */
export interface StartRefusal {
  readonly code: StartRefusalCode
  readonly message: string
  readonly names: readonly string[]
  /** The stack of the vat's error, for people; empty when there was none. */
  readonly stack: string
}

/** A durable kind whose state version is higher than in the incarnation before: its records are brought there when they are touched. */
export interface MigratedKind {
  readonly tag: string
  readonly from: number
  readonly to: number
}

/** A durable kind that the start of an heir left undefined, as its upgrade allowed; `kind` is its number in the names of its objects. */
export interface KindLeft {
  readonly tag: string
  readonly kind: number
}

/** A durable kind that ended with an upgrade, and how many of its objects and facets were exported. */
export interface AbandonedKind {
  readonly tag: string
  readonly exports: number
}

/** What the supervisor says of a delivery at its end. */
export type DeliveryResult =
  /** `garbage` says of a `bringOutYourDead` that it stopped before the end: the vat is to be asked again. */
  | { readonly kind: 'ok'; readonly garbage?: 'left' }
  /**
   * `promises` is `kept` when the supervisor knows kept promises (`Resolution`).
   * `migrated` is absent when no durable kind has a higher state version than before, `abandoned` when none was abandoned.
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
 * What a promise is rejected with. The fields that capdata does not have are in the kernel's record alone and never
 * on the wire of a vat, so that no vat can set them.
 */
export interface ReasonData extends CapData {
  /** The kernel itself rejected it, with a reason of its own. Kernels that kept no such record never say so. */
  readonly by?: 'kernel'
  /** The body with which vats are rejected, without slots; absent where they are told the same as the host. */
  readonly toVats?: string
}

/** How a message that the host sent stands. */
export type ResultStatus =
  | { readonly kind: 'pending' }
  | { readonly kind: 'fulfilled'; readonly data: CapData }
  | { readonly kind: 'rejected'; readonly data: ReasonData }

/** The record with which promises of an old incarnation are rejected. The shape is SwingSet's. */
export interface Disconnection {
  readonly name: 'vatUpgraded' | 'vatTerminated'
  readonly upgradeMessage: string
  /** The number of the incarnation that had been going to keep the promise. */
  readonly incarnationNumber: number
}

/** Why the kernel rejected a message by itself. */
export type RejectionCode =
  /** The target was an ephemeral export of an incarnation that an upgrade ended. */
  | 'object-abandoned'
  /** The host named an object that the kernel does not have, or has no more. */
  | 'object-unknown'
  /** The vat that owned the target is gone. */
  | 'vat-terminated'
  /** The target is data, not an object. */
  | 'target-not-object'
  /** The delivery made the vat run out of computrons; it was undone. */
  | 'computrons-exhausted'
  /** The meter of the vat has nothing left, or not enough for the delivery; it was undone, or not made. */
  | 'meter-exhausted'
  /** The delivery made the vat run out of heap; it was undone. */
  | 'heap-exhausted'
  /** The delivery made the vat store more than it may; it was undone. The vat's own code is told before that, by an error that it can catch. */
  | 'storage-exhausted'
  /** The delivery trapped the vat's engine; it was undone. */
  | 'worker-trapped'
  /** The delivery made the vat send a syscall that no vat may send; it was undone. */
  | 'illegal-syscall'
  /** The vat is suspended, or drains before an upgrade, and as many deliveries wait for it as may. */
  | 'vat-suspended'
  /** There are as many vats as the store may have, or as the maker may have made. */
  | 'too-many-vats'
  /** A kernel service has no such method, or its arguments are not of its shape. */
  | 'service-refused'
  /** So many items of the port wait for the host to acknowledge them that no more are taken. */
  | 'port-full'
  /** The wakeup that the promise was for was cancelled. */
  | 'timer-cancelled'
  /** A vat could not be made; `reason` is a `StartRefusal`. */
  | 'start-refused'
  /** An upgrade failed and the old incarnation goes on; `reason` is a `StartRefusal` or a `ReplayRefusal`. */
  | 'upgrade-refused'

/** What a vat's own doing can make go wrong with a delivery. */
export type FaultCode = Extract<RejectionCode, 'computrons-exhausted' | 'heap-exhausted' | 'storage-exhausted' | 'worker-trapped' | 'illegal-syscall' | 'meter-exhausted'>

/** Why a vat is suspended: it was asked for, or something failed. */
export type SuspensionCause = 'requested' | FaultCode | 'upgrade-refused'

/** Why the kernel is paused: it was asked for, a critical vat failed or ended, or a result was rejected that must not be. */
export type PauseCode = SuspensionCause | 'vat-terminated' | 'result-rejected'

/**
 * What becomes of a vat when a delivery fails by its own doing. `reject`: a message is rejected and the
 * vat goes on; anything else suspends it. `suspend`: it is suspended, and the delivery waits first.
 * `terminate`: it ends.
 */
export const faultPolicies = ['reject', 'suspend', 'terminate'] as const
/** What happens to a vat when a delivery fails: `reject`, `suspend` or `terminate`. */
export type OnFault = (typeof faultPolicies)[number]

/** A fault of a `critical` vat suspends it, whatever its policy, and pauses the kernel. */
export const importances = ['ordinary', 'critical'] as const
/** One of `ordinary` and `critical`. */
export type Importance = (typeof importances)[number]

/** How a vat ended: as it wished, or by a failure. */
export type VatEnd = 'completed' | 'failed'

/** The target of a message is gone for ever, whatever the message says. */
export type GoneCode = Extract<RejectionCode, 'object-abandoned' | 'vat-terminated'>
export const goneCodes: readonly GoneCode[] = ['object-abandoned', 'vat-terminated']

/** The message by which vats that were written for SwingSet know that an object is gone, and try again. */
export const goneMessage = 'vat terminated'

/** The message by which vats that were written for SwingSet know that a wakeup was cancelled. */
export const cancelledMessage = 'TimerCancelled'

/** What a sender sees when the target is gone: an error that says so, and which of the two it is by its code. */
export interface GoneError extends Error {
  readonly code: GoneCode
}

/** What those see who wait for a wakeup that was cancelled. */
export interface CancelledError extends Error {
  readonly code: 'timer-cancelled'
}

/** What a sender sees when the kernel rejects for any other reason: plain data. */
export interface KernelRejection {
  readonly name: 'KernelRejection'
  readonly code: Exclude<RejectionCode, GoneCode>
  readonly message: string
  readonly vat?: string
  readonly reason?: StartRefusal | ReplayRefusal
}

/** The first difference between a transcript and what happened when it was replayed. */
export interface Divergence {
  /** Of the delivery, in the vat's transcript. */
  readonly position: number
  /** The delivery as JSON, cut where it is long; so are the next two. */
  readonly delivery: string
  readonly message: string
  /** What was recorded, or null where nothing was. */
  readonly recorded: string | null
  /** What came instead, or null where nothing did. */
  readonly sent: string | null
}

/** Why code could not take over by replay. */
export interface ReplayRefusal extends Pick<StartRefusal, 'message' | 'names' | 'stack'> {
  readonly code: 'replay/diverged' | 'replay/unavailable' | 'replay/parameters'
  /** Where it differed; null when it could not be tried. */
  readonly divergence: Divergence | null
}

/** A rejection by the kernel itself, with a code from a closed list. */
export type Rejection = KernelRejection | GoneError | CancelledError

/** What `suspend` gives; `since` is the number of the crank in which the suspension began. */
export interface SuspendResult {
  readonly outcome: 'suspended' | 'was-suspended'
  readonly cause: SuspensionCause
  readonly message: string
  readonly since: number
}

/** What `resume` gives: how many deliveries that waited come first now. */
export interface ResumeResult {
  readonly outcome: 'resumed' | 'was-running'
  readonly released: number
}

/** What the termination of a vat gives. */
export interface TerminateResult {
  readonly outcome: 'terminated' | 'was-terminated'
}

/** What an upgrade gives when it succeeds. */
export type UpgradeResult = DurableUpgrade | ReplayUpgrade

/** The incarnation goes on, heap and promises with it, on code that would have done all the same. */
export interface ReplayUpgrade {
  readonly mode: 'replay'
  readonly incarnationNumber: number
  readonly abandonedExports: 0
  readonly disconnectedPromises: 0
  /** How many deliveries were replayed, and the computrons that it took. */
  readonly deliveries: number
  readonly computrons: bigint
}

/** An export that ended with its incarnation, by the name that its vat had for it. */
export interface AbandonedExport {
  readonly object: ObjectVref
  /** The names of the vats that hold it, the oldest first, as far as they were looked for (`upgradeLimits`). */
  readonly holders: readonly string[]
  /** How many other references there are: of the host, of messages that wait, of settled promises; of vats that are not named. */
  readonly others: number
}

/** A promise that ended with its incarnation, by the name that its vat had for it. */
export interface DisconnectedPromise {
  readonly promise: PromiseVref
  /** The names of the vats that are told. */
  readonly subscribers: readonly string[]
  /** How many more vats are told. */
  readonly others: number
  /** Messages that waited for it. */
  readonly waiting: number
}

/** The next incarnation has begun, from what the old one left. */
export interface DurableUpgrade {
  readonly mode: 'durable'
  readonly incarnationNumber: number
  /** Exports that were neither durable nor named, and those of abandoned kinds: messages to them are rejected from now on. */
  readonly abandonedExports: number
  /** Promises that the old incarnation was to keep, rejected with the disconnection record. */
  readonly disconnectedPromises: number
  /** The first of each, at most `upgradeLimits.listed`. */
  readonly abandoned: readonly AbandonedExport[]
  readonly disconnected: readonly DisconnectedPromise[]
  readonly migratedKinds: readonly MigratedKind[]
  /** Durable kinds that ended, as `abandonKinds` of the upgrade allowed; the first of them (`upgradeLimits.listed`). */
  readonly abandonedKinds: readonly AbandonedKind[]
  /** Deliveries that were made for it, and the computrons of these and of a replay that was tried. How long it took is in the trace. */
  readonly deliveries: number
  readonly computrons: bigint
  /** Why the old incarnation was not asked to collect its garbage, or null when it was. */
  readonly collectionSkipped: string | null
  /** Why the mode `auto` did not take over by replay, or null when it was not asked to. */
  readonly replayRefused: ReplayRefusal | null
}
