/**
 * `HandledPromise`: eventual send to the target that a reference turns out to be.
 *
 * The API is that of `@endo/eventual-send` (the proposal "Eventual Send for JavaScript"), so that every `E`
 * in a vat, bundled from any source, works on it; `test/supervisor/handledPromise.test.ts` runs the same
 * programs on that package and compares. The receiver of a message is one of five:
 *
 * - a reference to another vat has a *target*, which takes the message at once (this is pipelining: nothing
 *   waits for the promise);
 * - a handled promise that is not resolved has a *queue*. With a handler each message goes to the handler in
 *   a later turn; without one it waits until the promise is resolved;
 * - a handled promise that was resolved to one of these *forwards* to it;
 * - a presence created by user code has a handler;
 * - anything else is local: a promise is awaited, an object is called in a later turn.
 *
 * Hpr1. A failure of a message rejects the promise of its result. An operation throws only when its arguments
 *       are neither a name nor a list.
 * Hpr2. Operations on one reference reach its final target in the order in which they were made: operations
 *       that wait when a promise is resolved move on at once, ahead of all later ones.
 * Hpr3. Neither a local object nor a handler of user code is ever called in the turn of its caller.
 * Hpr4. Everything passed to user code is hardened: promises, arguments, results and reasons.
 */
import { isObject } from '../../base/guards.ts'
import { invoke, methodNames, quoted, quotedList, type MethodName } from './invoke.ts'
import {
  targets,
  pendings,
  forwards,
  presences,
  shorten,
  takesMessages,
  type Target,
  type OperationName,
  type EventualHandler,
  type Operation,
  type PendingPromise,
  type Resolve,
} from './routes.ts'

interface PresenceOptions {
  readonly proxy?: {
    readonly handler: ProxyHandler<object>
    readonly target: object
    readonly revokerCallback?: (revoke: () => void) => void
  }
}

type ResolveWithPresence = (handler?: EventualHandler, options?: PresenceOptions) => unknown
type Executor = (resolve: Resolve, reject: Resolve, resolveWithPresence: ResolveWithPresence) => void
/** Creates the native promise behind a handled one. */
type MakePromise = (executor: (resolve: Resolve, reject: Resolve) => void) => Promise<unknown>

/** The results of `HandledPromise.resolve` for references to other vats. */
const resolvedTo = new WeakMap<object, Promise<unknown>>()

const ignore = (): void => {}

/**
 * Passes an incoming message to an object of this vat: at once, except for presences created by user code.
 */
export function deliverTo(object: unknown, method: MethodName, args: readonly unknown[]): unknown {
  if (!isObject(object) || !presences.has(object)) return invoke(object, method, args)
  return method === undefined
    ? operate(object, 'applyFunction', [args])
    : operate(object, 'applyMethod', [method, args])
}

// --- sending

function operate(reference: unknown, name: OperationName, operands: readonly unknown[]): Promise<unknown> {
  const at = isObject(reference) ? shorten(reference) : undefined
  const target = at === undefined ? undefined : targets.get(at)
  // Messages that go out at once are copied, which hardens everything that travels by reference.
  return target === undefined
    ? begin(reference, name, harden(operands), 'wanted')
    : applyAt(target, at as object, name, operands)
}

function operateSendOnly(reference: unknown, name: OperationName, operands: readonly unknown[]): void {
  begin(reference, name, harden(operands), 'unwanted').catch(ignore)
}

function begin(
  reference: unknown,
  name: OperationName,
  operands: readonly unknown[],
  answer: Operation['answer'],
  handled?: { readonly returned: Promise<unknown> | undefined },
): Promise<unknown> {
  const { promise, resolve, reject } = makeHandled(native)
  const returned = answer === 'unwanted' ? undefined : handled === undefined ? promise : handled.returned
  send(reference, { name, operands, answer, returned, resolve, reject })
  return promise
}

function send(reference: unknown, operation: Operation): void {
  const at = isObject(reference) ? shorten(reference) : reference
  if (isObject(at)) {
    const target = targets.get(at)
    if (target !== undefined) return sendTo(target, at, operation)
    const pending = pendings.get(at)
    if (pending !== undefined) return enqueue(pending, at, operation)
  }
  if (!mustBeAwaited(at)) return later(() => handOver(at, operation))
  resolve(at).then((settled) => handOver(settled, operation), operation.reject)
}

/** Traps of a proxy may throw: then the promise of it reports the error. */
function mustBeAwaited(value: unknown): boolean {
  if (!isObject(value) || presences.has(value)) return false
  try {
    return value instanceof Promise || 'then' in value
  } catch {
    return true
  }
}

const later = (action: () => void): void => void Promise.resolve().then(action)

/** At once (Hpr2). */
function sendTo(target: Target, reference: object, operation: Operation): void {
  const { name, operands, answer, resolve } = operation
  if (answer === 'wanted' || name === 'get') return resolve(applyAt(target, reference, name, operands))
  const { method, args } = callOf(name, operands)
  try {
    target.applySendOnly(reference, method, args)
  } catch {
    // No one waits for an answer (Hpr1).
  }
  resolve(undefined)
}

function applyAt(
  target: Target,
  reference: object,
  name: OperationName,
  operands: readonly unknown[],
): Promise<unknown> {
  if (name === 'get') return propertyOf(reference, operands[0] as PropertyKey)
  const { method, args } = callOf(name, operands)
  try {
    return target.apply(reference, method, args)
  } catch (error) {
    return harden(Promise.reject(error))
  }
}

/**
 * Property reads are not sent to other vats: a promise's resolution may have properties, a presence has none.
 */
const propertyOf = (reference: object, name: PropertyKey): Promise<unknown> =>
  harden(resolve(reference).then((settled) => (settled as Record<PropertyKey, unknown>)[name]))

function callOf(
  name: OperationName,
  operands: readonly unknown[],
): { readonly method: MethodName; readonly args: readonly unknown[] } {
  return name === 'applyFunction'
    ? { method: undefined, args: operands[0] as readonly unknown[] }
    : { method: operands[0] as string | symbol, args: operands[1] as readonly unknown[] }
}

function enqueue(pending: PendingPromise, promise: object, operation: Operation): void {
  pending.queue.push(operation)
  const { handler } = pending
  if (handler === undefined) return
  later(() => {
    // The promise may have been resolved meanwhile: then the message has moved on.
    const next = pending.queue.shift()
    if (next !== undefined) answerBy(next, () => handle('pendingHandler', handler, promise, next))
  })
}

/** In a turn of its own, with a known reference: delivers the message. */
function handOver(reference: unknown, operation: Operation): void {
  if (!isObject(reference)) return answerBy(operation, () => callLocal(reference, operation))
  const target = targets.get(reference)
  if (target !== undefined) return sendTo(target, reference, operation)
  const presence = presences.get(reference)
  answerBy(operation, () =>
    presence === undefined
      ? callLocal(reference, operation)
      : handle('presenceHandler', presence.handler, reference, operation),
  )
}

function answerBy({ resolve, reject }: Operation, work: () => unknown): void {
  try {
    resolve(harden(work()))
  } catch (error) {
    reject(error)
  }
}

function callLocal(object: unknown, { name, operands }: Operation): unknown {
  if (name === 'get') return (object as Record<PropertyKey, unknown>)[operands[0] as PropertyKey]
  const { method, args } = callOf(name, operands)
  return invoke(object, method, args)
}

// --- handlers

function handle(which: string, handler: EventualHandler, subject: object, operation: Operation): unknown {
  const { operands, answer, returned } = operation
  const result = handleAs(
    which,
    handler,
    subject,
    operation,
    answer === 'wanted' ? [...operands, returned] : operands,
  )
  return answer === 'wanted' ? result : undefined
}

/** The method for the operation, or its fallback. */
function handleAs(
  which: string,
  handler: EventualHandler,
  subject: object,
  operation: Operation,
  args: readonly unknown[],
): unknown {
  const { name, operands, answer, returned } = operation
  const sendOnly = answer === 'unwanted' ? handler[`${name}SendOnly`] : undefined
  const method = typeof sendOnly === 'function' ? sendOnly : handler[name]
  if (typeof method === 'function') return Reflect.apply(method, handler, [subject, ...args])
  if (name === 'applyMethod') {
    const behaviour = begin(subject, 'get', [operands[0]], 'wanted', { returned: undefined })
    const result = begin(behaviour, 'applyFunction', [operands[1]], 'wanted', { returned })
    if (answer === 'unwanted') result.catch(ignore)
    return result
  }
  const { applyMethod } = handler
  if (name === 'applyFunction' && typeof applyMethod === 'function') {
    // No verb, and the list of arguments as the only argument: the package does so, and handlers rely on it.
    return Reflect.apply(applyMethod, handler, [
      subject,
      undefined,
      [operands[0]],
      ...(answer === 'wanted' ? [returned] : []),
    ])
  }
  const wanted = answer === 'wanted' ? name : `${name}SendOnly`
  throw new TypeError(
    `${quoted(which)} is defined but has no methods needed for ${quoted(wanted)} (has ${quotedList(methodNames(handler))})`,
  )
}

// --- promises

const native: MakePromise = (executor) => new Promise(executor)

/** A handled promise and its resolvers. Resolving it again is a no-op. */
interface PromiseKit {
  readonly promise: Promise<unknown>
  readonly resolve: Resolve
  readonly reject: Resolve
}

function makeHandled(make: MakePromise, handler?: EventualHandler): PromiseKit {
  let fulfil!: Resolve
  let refuse!: Resolve
  const promise = harden(make((resolve, reject) => { [fulfil, refuse] = [resolve, reject] }))
  const pending: PendingPromise = { handler, queue: [] }
  pendings.set(promise, pending)
  /** Hpr2. */
  const moveOn = (): void => {
    const { queue } = pending
    pending.queue = []
    for (const operation of queue) send(promise, operation)
  }
  return {
    promise,
    resolve: (value) => {
      if (!pendings.delete(promise)) return
      const to = isObject(value) ? shorten(value) : value
      if (isObject(to) && to !== promise && takesMessages(to)) forwards.set(promise, to)
      fulfil(to)
      moveOn()
    },
    reject: (reason) => {
      if (!pendings.delete(promise)) return
      refuse(harden(reason))
      moveOn()
    },
  }
}

function resolveWithPresenceOf(
  { promise, resolve, reject }: PromiseKit,
  pendingHandler: EventualHandler | undefined,
): ResolveWithPresence {
  let presence: object | undefined
  return (handler = pendingHandler, options = {}) => {
    if (!pendings.has(promise)) return presence
    try {
      checkHandler(handler)
      const made = makePresence(options)
      presences.set(made, { handler, promise })
      presence = made
      resolve(made)
      return made
    } catch (error) {
      reject(error)
      throw error
    }
  }
}

function makePresence({ proxy }: PresenceOptions): object {
  if (proxy === undefined) return Object.create(null) as object
  const { handler, target, revokerCallback } = proxy
  if (revokerCallback === undefined) return new Proxy(target, handler)
  const revocable = Proxy.revocable(target, handler)
  revokerCallback(revocable.revoke)
  return revocable.proxy
}

function checkHandler(handler: unknown): asserts handler is EventualHandler {
  if (!isObject(handler)) throw new TypeError(`Handler ${String(handler)} cannot be a primitive`)
}

function HandledPromiseConstructor(
  this: unknown,
  executor: Executor,
  handler?: EventualHandler,
): Promise<unknown> {
  const target: unknown = new.target
  if (typeof target !== 'function') throw new TypeError('must be invoked with "new"')
  if (handler) checkHandler(handler)
  const given = handler ? handler : undefined
  const handled = makeHandled(
    (decide) => Reflect.construct(Promise, [decide], target) as Promise<unknown>,
    given,
  )
  executor(handled.resolve, handled.reject, resolveWithPresenceOf(handled, given))
  return handled.promise
}

// --- the API

const { getPrototypeOf, hasOwn } = Object

/** Whether its `then` is that of all promises, for any creator. It is hardened. */
const isSafe = (promise: Promise<unknown>): boolean =>
  getPrototypeOf(promise) === Promise.prototype &&
  Promise.resolve(promise) === promise &&
  !hasOwn(promise, 'then') &&
  !hasOwn(promise, 'constructor')

function resolve(value: unknown): Promise<unknown> {
  const promise = harden(isObject(value) ? promiseOf(value) : Promise.resolve(value))
  if (isSafe(promise)) return promise
  return harden(Promise.resolve().then(() => {
    const { promise: assimilated, resolve, reject } = makeHandled(native)
    promise.then(resolve, reject)
    return assimilated
  }))
}

/** The promise of a presence is always the same, and takes messages as the presence does. */
function promiseOf(value: object): Promise<unknown> {
  const presence = presences.get(value)
  if (presence !== undefined) return presence.promise
  if (!targets.has(value) || value instanceof Promise) return Promise.resolve(value)
  const known = resolvedTo.get(value)
  if (known !== undefined) return known
  const { promise, resolve } = makeHandled(native)
  resolve(value)
  resolvedTo.set(value, promise)
  return promise
}

const nameOf = (name: unknown): string | symbol => (typeof name === 'symbol' ? name : String(name))

/** The global `HandledPromise` of vats. */
export const HandledPromise: unknown = Object.setPrototypeOf(
  Object.assign(HandledPromiseConstructor, {
    prototype: Promise.prototype,
    get: (target: unknown, name: unknown) => operate(target, 'get', [nameOf(name)]),
    getSendOnly: (target: unknown, name: unknown) => operateSendOnly(target, 'get', [nameOf(name)]),
    applyFunction: (target: unknown, args: Iterable<unknown>) =>
      operate(target, 'applyFunction', [[...args]]),
    applyFunctionSendOnly: (target: unknown, args: Iterable<unknown>) =>
      operateSendOnly(target, 'applyFunction', [[...args]]),
    applyMethod: (target: unknown, name: unknown, args: Iterable<unknown>) =>
      operate(target, 'applyMethod', [nameOf(name), [...args]]),
    applyMethodSendOnly: (target: unknown, name: unknown, args: Iterable<unknown>) =>
      operateSendOnly(target, 'applyMethod', [nameOf(name), [...args]]),
    resolve: (value: unknown) => resolve(value),
  }),
  Promise,
)
