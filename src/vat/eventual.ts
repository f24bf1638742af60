/**
 * `E`: eventual send. `E(target).method(...args)` gives a promise for the answer, wherever the
 * target is; `E.sendOnly(target)` asks for none.
 *
 * It speaks to the global `HandledPromise` that the worker provides, as `@endo/eventual-send` does;
 * the two can be mixed freely.
 */

/** What a value is once it has arrived. */
export type Settled<T> = Awaited<T>

/** The methods of `T`, each answering with a promise; `T` itself, when it is a function. */
export type Sender<T> = (T extends (...args: infer Args) => infer Result ? (...args: Args) => Promise<Awaited<Result>> : unknown) & {
  readonly [Name in keyof T]: T[Name] extends (...args: infer Args) => infer Result
    ? (...args: Args) => Promise<Awaited<Result>>
    : never
}

/** The methods of `T`, answering nothing. */
export type SendOnly<T> = {
  readonly [Name in keyof T]: T[Name] extends (...args: infer Args) => unknown ? (...args: Args) => void : never
}


interface EventualSend {
  applyFunction(target: unknown, args: readonly unknown[]): Promise<unknown>
  applyFunctionSendOnly(target: unknown, args: readonly unknown[]): void
  applyMethod(target: unknown, name: PropertyKey, args: readonly unknown[]): Promise<unknown>
  applyMethodSendOnly(target: unknown, name: PropertyKey, args: readonly unknown[]): void
  resolve<T>(value: T): Promise<Awaited<T>>
}

declare const HandledPromise: EventualSend

/** How a proxy of `E` passes on what is done to it. */
interface Sending {
  method(name: PropertyKey, args: readonly unknown[]): unknown
  call(args: readonly unknown[]): unknown
}

/** A function without properties of its own: any name may be that of a method, and the target itself may be one. */
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

export interface EProxy {
  <T>(target: T | Promise<T>): Sender<Settled<T>>
  /** The same without an answer: nothing is told when it fails. */
  sendOnly<T>(target: T | Promise<T>): SendOnly<Settled<T>>
  when<T, R>(target: T | Promise<T>, fulfilled: (value: Awaited<T>) => R, rejected?: (reason: unknown) => R): Promise<R>
  resolve<T>(value: T): Promise<Awaited<T>>
}

export const E: EProxy = Object.freeze(
  Object.assign(
    <T>(target: T | Promise<T>) =>
      proxyFor({
        method: (name, args) => HandledPromise.applyMethod(target, name, args),
        call: (args) => HandledPromise.applyFunction(target, args),
      }) as Sender<Settled<T>>,
    {
      sendOnly: <T>(target: T | Promise<T>) =>
        proxyFor({
          method: (name, args) => HandledPromise.applyMethodSendOnly(target, name, args),
          call: (args) => HandledPromise.applyFunctionSendOnly(target, args),
        }) as SendOnly<Settled<T>>,
      when: <T, R>(target: T | Promise<T>, fulfilled: (value: Awaited<T>) => R, rejected?: (reason: unknown) => R) =>
        HandledPromise.resolve(target as T).then(fulfilled, rejected),
      resolve: <T>(value: T) => HandledPromise.resolve(value),
    },
  ),
)
