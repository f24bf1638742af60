/**
 * `HandledPromise`: eventual send to whatever a reference turns out to be.
 *
 * The API is that of `@endo/eventual-send` (the proposal "Eventual Send for JavaScript"), so that
 * every `E` in a vat, bundled from wherever, works on it. The mechanism is one weak table from
 * objects to *targets*: a presence or a pending promise of another vat has a target, which takes
 * the message at once (this is pipelining: nobody waits for the promise). Anything else is local:
 * a promise is awaited, an object is called in a later turn.
 *
 * P1. An operation never throws; what goes wrong rejects the promise it returns.
 * P2. Operations on one target reach it in the order in which they were made.
 * P3. A local object is never called in the turn of its caller.
 */

/** `undefined` as a method name asks for a call of the target itself. */
export type MethodName = string | symbol | undefined

/** Where the messages for a presence or a promise go. It is told which, so that one target serves many. */
export interface Target {
  apply(reference: object, method: MethodName, args: readonly unknown[]): Promise<unknown>
  applySendOnly(reference: object, method: MethodName, args: readonly unknown[]): void
}

/** What `new HandledPromise(executor, handler)` and `resolveWithPresence(handler)` take. */
export interface EventualHandler {
  get?(target: unknown, name: PropertyKey, returned?: Promise<unknown>): unknown
  applyFunction?(target: unknown, args: readonly unknown[], returned?: Promise<unknown>): unknown
  applyMethod?(target: unknown, name: PropertyKey, args: readonly unknown[], returned?: Promise<unknown>): unknown
}

type Resolve = (value: unknown) => void
type ResolveWithPresence = (handler: EventualHandler) => object
type Executor = (resolve: Resolve, reject: Resolve, resolveWithPresence: ResolveWithPresence) => void

const targets = new WeakMap<object, Target>()

const isObject = (value: unknown): value is object =>
  (typeof value === 'object' && value !== null) || typeof value === 'function'

const ignore = (): void => {}

export function setTarget(reference: object, target: Target): void {
  targets.set(reference, target)
}

export function clearTarget(reference: object): void {
  targets.delete(reference)
}

/** Calls a method of a local object, with an error that says what it has instead. */
export function invoke(object: unknown, method: MethodName, args: readonly unknown[]): unknown {
  if (method === undefined) {
    if (typeof object !== 'function') throw new TypeError('the target of the call is not a function')
    return Reflect.apply(object, undefined, args)
  }
  if (object === undefined || object === null) {
    throw new TypeError(`cannot send ${String(method)} to ${String(object)}`)
  }
  const behaviour: unknown = Reflect.get(Object(object), method, object)
  if (typeof behaviour !== 'function') throw new TypeError(noSuchMethod(object, method))
  return Reflect.apply(behaviour, object, args)
}

function noSuchMethod(object: unknown, method: string | symbol): string {
  const names: string[] = []
  for (let at = Object(object) as object | null; at !== null && at !== Object.prototype; at = Reflect.getPrototypeOf(at)) {
    for (const key of Reflect.ownKeys(at)) if (typeof key === 'string' && !names.includes(key)) names.push(key)
  }
  return `target has no method ${JSON.stringify(String(method))}, has [${names.sort().join(', ')}]`
}

function applyLocal(object: unknown, method: MethodName, args: readonly unknown[]): Promise<unknown> {
  return Promise.resolve().then(() => invoke(object, method, harden(args)))
}

function apply(reference: unknown, method: MethodName, args: readonly unknown[]): Promise<unknown> {
  if (!isObject(reference)) return applyLocal(reference, method, args)
  const target = targets.get(reference)
  try {
    if (target !== undefined) return target.apply(reference, method, args)
    harden(args)
  } catch (error) {
    return Promise.reject(error)
  }
  if (reference instanceof Promise) return reference.then((settled) => apply(settled, method, args))
  return applyLocal(reference, method, args)
}

function applySendOnly(reference: unknown, method: MethodName, args: readonly unknown[]): void {
  const target = isObject(reference) ? targets.get(reference) : undefined
  if (target === undefined) {
    apply(reference, method, args).catch(ignore)
    return
  }
  try {
    target.applySendOnly(reference as object, method, args)
  } catch {
    // Nobody waits for an answer (P1).
  }
}

function get(reference: unknown, name: PropertyKey): Promise<unknown> {
  if (isObject(reference) && targets.has(reference)) {
    return Promise.reject(new TypeError(`cannot get property ${String(name)} of a remote object; send it a message`))
  }
  return Promise.resolve(reference).then((settled) =>
    isObject(settled) && targets.has(settled) ? get(settled, name) : Reflect.get(Object(settled), name),
  )
}

function targetOfHandler(handler: EventualHandler, subject: () => unknown): Target {
  const call = async (_reference: object, method: MethodName, args: readonly unknown[]): Promise<unknown> => {
    await undefined
    if (method === undefined) {
      if (handler.applyFunction === undefined) throw new TypeError('the handler has no applyFunction')
      return handler.applyFunction(subject(), args)
    }
    if (handler.applyMethod === undefined) throw new TypeError('the handler has no applyMethod')
    return handler.applyMethod(subject(), method, args)
  }
  return { apply: call, applySendOnly: (reference, method, args) => void call(reference, method, args).catch(ignore) }
}

/** A target that passes on to whatever another reference has as its target by then. */
const forwarding = (reference: object): Target => ({
  apply: (_reference, method, args) => apply(reference, method, args),
  applySendOnly: (_reference, method, args) => applySendOnly(reference, method, args),
})

/** A local promise takes over the target of what it was resolved to, so that pipelining goes on through it. */
function follow(promise: Promise<unknown>, value: unknown): void {
  if (isObject(value) && targets.has(value)) targets.set(promise, forwarding(value))
  else targets.delete(promise)
}

function makeHandledPromise(executor: Executor, handler?: EventualHandler): Promise<unknown> {
  if (typeof executor !== 'function') throw new TypeError('HandledPromise needs an executor')
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  let settled = false
  const once = (action: () => void): void => {
    if (settled) return
    settled = true
    action()
  }
  if (handler !== undefined) targets.set(promise, targetOfHandler(handler, () => promise))
  const resolveTo = (value: unknown): void => once(() => { follow(promise, value); resolve(value) })
  const rejectWith = (reason: unknown): void => once(() => { targets.delete(promise); reject(reason) })
  const resolveWithPresence = (presenceHandler: EventualHandler): object => {
    const presence = Object.create(null) as object
    targets.set(presence, targetOfHandler(presenceHandler, () => presence))
    resolveTo(presence)
    return presence
  }
  try {
    executor(resolveTo, rejectWith, resolveWithPresence)
  } catch (error) {
    rejectWith(error)
  }
  return promise
}

function HandledPromiseConstructor(this: unknown, executor: Executor, handler?: EventualHandler): Promise<unknown> {
  if (new.target === undefined) throw new TypeError('HandledPromise must be called with new')
  return makeHandledPromise(executor, handler)
}

/** The global `HandledPromise` of vats. */
export const HandledPromise: unknown = Object.assign(HandledPromiseConstructor, {
  prototype: Promise.prototype,
  applyMethod: (target: unknown, name: string | symbol, args: readonly unknown[]) => apply(target, name, args),
  applyMethodSendOnly: (target: unknown, name: string | symbol, args: readonly unknown[]) => applySendOnly(target, name, args),
  applyFunction: (target: unknown, args: readonly unknown[]) => apply(target, undefined, args),
  applyFunctionSendOnly: (target: unknown, args: readonly unknown[]) => applySendOnly(target, undefined, args),
  get,
  getSendOnly: (target: unknown, name: PropertyKey) => void get(target, name).catch(ignore),
  resolve: (value: unknown) => Promise.resolve(value),
})
