/**
 * `E`: eventual send. `E(target).method(...args)` returns a promise for the answer, wherever the target is;
 * `E.sendOnly(target)` requests no answer.
 *
 * It uses the global `HandledPromise` that the worker provides, as `@endo/eventual-send` does; the two can be
 * mixed freely.
 */

type Method = (...args: never[]) => unknown

/** One message: the arguments of the method, and a promise for its result. */
type Message<Called> = Called extends (...args: infer Args) => infer Result
  ? (...args: Args) => Promise<Awaited<Result>>
  : never
type MessageOnly<Called> = Called extends (...args: infer Args) => unknown ? (...args: Args) => void : never

/**
 * A target without known methods, such as an `unknown` or an `object`: any method, with any arguments and an
 * unchecked answer. To have them checked, declare the methods of the target: `E(target as Counter)`.
 */
export interface UntypedSender {
  // Only this type can be called under `noUncheckedIndexedAccess` too, which adds `undefined` to every other.
  readonly [name: string | symbol]: any
  (...args: readonly unknown[]): Promise<unknown>
}

/**
 * The messages that `E(target)` accepts: the methods of `T`, each of which returns a promise; `T` itself,
 * when it is a function.
 */
export type Sender<T> = [unknown] extends [T] ? UntypedSender
  : [T] extends [Method] ? Message<T>
  : [keyof T] extends [never] ? UntypedSender
  : { readonly [Name in keyof T]: Message<T[Name]> }

/** The same without answers. */
export type SendOnly<T> = [unknown] extends [T] ? UntypedSender
  : [T] extends [Method] ? MessageOnly<T>
  : [keyof T] extends [never] ? UntypedSender
  : { readonly [Name in keyof T]: MessageOnly<T[Name]> }

interface EventualSend {
  applyFunction(target: unknown, args: readonly unknown[]): Promise<unknown>
  applyFunctionSendOnly(target: unknown, args: readonly unknown[]): void
  applyMethod(target: unknown, name: PropertyKey, args: readonly unknown[]): Promise<unknown>
  applyMethodSendOnly(target: unknown, name: PropertyKey, args: readonly unknown[]): void
  resolve<T>(value: T): Promise<Awaited<T>>
}

declare const HandledPromise: EventualSend

/** How a proxy of `E` forwards operations on it. */
interface Sending {
  method(name: PropertyKey, args: readonly unknown[]): unknown
  call(args: readonly unknown[]): unknown
}

/**
 * A function without properties of its own: any name may be that of a method, and the target itself may be
 * one.
 */
function bareFunction(): object {
  const bare = (): void => {}
  Reflect.deleteProperty(bare, 'name')
  Reflect.deleteProperty(bare, 'length')
  return Object.freeze(bare)
}
const proxied = bareFunction()

function proxyFor({ method, call }: Sending): object {
  return new Proxy(proxied, {
    get: (_target, name) => (name === 'then' ? undefined : (...args: unknown[]) => method(name, args)),
    apply: (_target, _this, args: unknown[]) => call(args),
    set: () => false,
    has: () => true,
  })
}

/** The type of `E`. */
export interface EProxy {
  <T>(target: T | Promise<T>): Sender<Awaited<T>>
  /** Sends without requesting an answer: a failure is not reported. */
  sendOnly<T>(target: T | Promise<T>): SendOnly<Awaited<T>>
  /** Waits for the target without sending to it, as `then` does. */
  when<T, R>(
    target: T | Promise<T>,
    fulfilled: (value: Awaited<T>) => R,
    rejected?: (reason: unknown) => R,
  ): Promise<R>
  /** A promise for the target, to which messages can be sent at once. */
  resolve<T>(value: T): Promise<Awaited<T>>
}

/**
 * Sends a message to an object or to the promise of one, wherever it is, and returns a promise for the
 * answer.
 *
 * ```ts
 * import { E, Far } from 'heirloom/vat'
 *
 * interface Counter {
 *   add(by: bigint): bigint
 * }
 *
 * export const buildRootObject = () =>
 *   Far('asker', {
 *     // The compiler knows that `add` takes and returns a bigint.
 *     ask: async (counter: Counter) => (await E(counter).add(5n)) + 1n,
 *     // Nothing is known of this one: its calls are not checked.
 *     shout: (target: unknown) => E(target).anything('loud'),
 *   })
 * ```
 */
export const E: EProxy = Object.freeze(
  Object.assign(
    <T>(target: T | Promise<T>) =>
      proxyFor({
        method: (name, args) => HandledPromise.applyMethod(target, name, args),
        call: (args) => HandledPromise.applyFunction(target, args),
      }) as Sender<Awaited<T>>,
    {
      sendOnly: <T>(target: T | Promise<T>) =>
        proxyFor({
          method: (name, args) => HandledPromise.applyMethodSendOnly(target, name, args),
          call: (args) => HandledPromise.applyFunctionSendOnly(target, args),
        }) as SendOnly<Awaited<T>>,
      when: <T, R>(
        target: T | Promise<T>,
        fulfilled: (value: Awaited<T>) => R,
        rejected?: (reason: unknown) => R,
      ) => HandledPromise.resolve(target as T).then(fulfilled, rejected),
      resolve: <T,>(value: T) => HandledPromise.resolve(value),
    },
  ),
)
