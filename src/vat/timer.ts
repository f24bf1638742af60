/**
 * The timer: the kernel's service that wakes vats. The host sets the time and chooses its unit (milliseconds,
 * seconds, heights), by `controller.advanceTime`.
 *
 * A vat gets the timer from its host or from `bootstrap` and sends to it with `E`:
 *
 * ```ts
 * import { E, Far } from 'heirloom/vat'
 * import type { Timestamp, TimerService } from 'heirloom/vat'
 *
 * export const buildRootObject = () =>
 *   Far('sleeper', {
 *     async nap(timer: TimerService): Promise<bigint> {
 *       const { absValue }: Timestamp = await E(timer).delay(1_000n)
 *       return absValue
 *     },
 *   })
 * ```
 */

/** Identifies the timer that a time belongs to. */
export interface TimerBrand {
  /** Whether the object is the timer of this brand. */
  isMyTimerService(timer: object): boolean
  /** Whether the object is a clock of this brand's timer. */
  isMyClock(clock: object): boolean
}

/** A point in time, as the timer reports it. */
export interface Timestamp {
  readonly timerBrand: TimerBrand
  readonly absValue: bigint
}

/** A duration. */
export interface RelativeTime {
  readonly timerBrand: TimerBrand
  readonly relValue: bigint
}

/** A point in time as an argument: a record of this timer, or its value alone. */
export type TimestampLike = Timestamp | bigint | number

/** A duration as an argument. */
export type RelativeTimeLike = RelativeTime | bigint | number

/**
 * Woken by a timer. Make it of a durable kind to be woken after an upgrade too. A repetition waits for the
 * result of `wake` and ends when it is rejected.
 */
export interface WakeupHandler {
  wake(time: Timestamp): unknown
}

/**
 * Cancels wakeups: pass any remotable of your own when you register them, and the same one to `cancel`.
 *
 * ```ts
 * import { E, Far } from 'heirloom/vat'
 * import type { CancelToken, TimerService } from 'heirloom/vat'
 *
 * export const buildRootObject = () =>
 *   Far('waiter', {
 *     async never(timer: TimerService) {
 *       const token: CancelToken = Far('token', {})
 *       const waiting = E(timer).delay(1_000n, token)
 *       await E(timer).cancel(token)
 *       return waiting // rejected: TimerCancelled
 *     },
 *   })
 * ```
 */
export type CancelToken = object

/** Calls a handler repeatedly, between `schedule` and `disable`. */
export interface Repeater {
  schedule(handler: WakeupHandler): void
  /** Stops it; it can be scheduled again. */
  disable(): void
}

/** One update of a notifier. `updateCount` is `undefined` once no more will come. */
export interface NotifierUpdate<Value> {
  readonly value: Value
  readonly updateCount: bigint | undefined
}

/** Reports a value that changes, in the shape of those of `@agoric/notifier`. */
export interface Notifier<Value> {
  /** The newest update if it is not the one of that count; otherwise the next one, when it happens. */
  getUpdateSince(updateCount?: bigint | number): NotifierUpdate<Value>
}

/** Iterates over the updates of a notifier; call `next` again only after its last answer has arrived. */
export interface TimerIterator {
  next(): { readonly value: Timestamp; readonly done: boolean }
}

/** A notifier of the times of a repetition. */
export interface TimerNotifier extends Notifier<Timestamp> {
  [Symbol.asyncIterator](): TimerIterator
}

/** Reads the time and schedules nothing: safe to share widely. */
export interface Clock {
  getCurrentTimestamp(): Timestamp
  getTimerBrand(): TimerBrand
}

/** The timer. `docs/ports.md` describes its behaviour across upgrades. */
export interface TimerService extends Clock {
  /** Calls `handler.wake(time)` once `when` is reached; at once if it is already. Returns `when`. */
  setWakeup(when: TimestampLike, handler: WakeupHandler, cancelToken?: CancelToken): Timestamp
  /** Resolves to the time, once `when` is reached. */
  wakeAt(when: TimestampLike, cancelToken?: CancelToken): Timestamp
  /** Resolves to the time, once the delay has passed. */
  delay(delay: RelativeTimeLike, cancelToken?: CancelToken): Timestamp
  /** Calls `handler.wake(time)` after `delay`, and every `interval` from there. */
  repeatAfter(
    delay: RelativeTimeLike,
    interval: RelativeTimeLike,
    handler: WakeupHandler,
    cancelToken?: CancelToken,
  ): void
  makeRepeater(delay: RelativeTimeLike, interval: RelativeTimeLike, cancelToken?: CancelToken): Repeater
  makeNotifier(delay: RelativeTimeLike, interval: RelativeTimeLike, cancelToken?: CancelToken): TimerNotifier
  /** Cancels the wakeups of this token; returns the times for which they were scheduled. */
  cancel(cancelToken: CancelToken): readonly Timestamp[]
  getClock(): Clock
  /** The timer itself, for vats that ask for it as SwingSet's do. */
  createTimerService(): TimerService
}
