/**
 * Watchers: durable handlers of promises, called in the incarnation that is current when the promise settles.
 */
import type { KindHandle } from './kinds/kindTypes.ts'

/** A durable object that is notified when a promise settles, with the arguments passed to `watchPromise`. */
export interface PromiseWatcher<Value = unknown, Args extends readonly unknown[] = readonly unknown[]> {
  onFulfilled?(value: Value, ...args: Args): unknown
  onRejected?(reason: unknown, ...args: Args): unknown
}

interface WatcherPowers {
  providePromiseWatcher(handle: KindHandle, onFulfilled?: unknown, onRejected?: unknown): object
  watchPromise(promise: unknown, watcher: object, ...args: readonly unknown[]): void
}

declare const VatData: WatcherPowers

/**
 * Defines the watcher of a handle; like every durable kind it is defined anew in each incarnation.
 *
 * ```ts
 * import { E, Far, makeMapStore, provide, provideKindHandle, providePromiseWatcher, watchPromise } from
 * 'heirloom/vat'
 * import type { BuildRootObject } from 'heirloom/vat'
 *
 * export const buildRootObject: BuildRootObject = (_powers, _parameters, baggage) => {
 *   const answers = provide(baggage, 'answers', () => makeMapStore<string, string>('answers', { durable: true
 *   }))
 *   const watcher = providePromiseWatcher(
 *     provideKindHandle(baggage, 'Watcher'),
 *     (answer: string, question: string) => answers.init(question, answer),
 *   )
 *   return Far('asker', {
 *     ask: (oracle: { answer(question: string): string }, question: string) =>
 *       watchPromise(E(oracle).answer(question), watcher, question),
 *   })
 * }
 * ```
 */
export const providePromiseWatcher = <Value, Args extends readonly unknown[]>(
  handle: KindHandle,
  onFulfilled?: (value: Value, ...args: Args) => unknown,
  onRejected?: (reason: unknown, ...args: Args) => unknown,
): PromiseWatcher<Value, Args> => VatData.providePromiseWatcher(handle, onFulfilled, onRejected)

/**
 * Calls the watcher, in this incarnation or a later one, when the promise settles. The arguments must be
 * durable.
 */
export const watchPromise = <Value, Args extends readonly unknown[]>(
  promise: Value | Promise<Value>,
  watcher: PromiseWatcher<Value, Args>,
  ...args: Args
): void => VatData.watchPromise(promise, watcher, ...args)
