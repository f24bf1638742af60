/**
 * Where messages to a reference go: the tables behind `HandledPromise`, and what they hold.
 *
 * A reference is in at most one of `targets`, `pendings`, `forwards` and `presences`; in none, it is local
 * (`handledPromise.ts` lists the five).
 */
import type { MethodName } from './invoke.ts'

/**
 * The receiver of messages for a presence or a promise of another vat. It gets the reference, so that one
 * target serves many.
 */
export interface Target {
  apply(reference: object, method: MethodName, args: readonly unknown[]): Promise<unknown>
  applySendOnly(reference: object, method: MethodName, args: readonly unknown[]): void
}

export type OperationName = 'get' | 'applyFunction' | 'applyMethod'

/**
 * The handler of `new HandledPromise(executor, handler)` and `resolveWithPresence(handler)`:
 * `get(target, name, returned)`, `applyFunction(target, args, returned)`,
 * `applyMethod(target, name, args, returned)`, and each with the suffix `SendOnly` and without `returned`,
 * the promise that the sender got.
 */
export type EventualHandler = Readonly<Partial<Record<OperationName | `${OperationName}SendOnly`, unknown>>>

/** A message on its way. */
export interface Operation {
  readonly name: OperationName
  /** The handler's arguments after the target: a name, a list of arguments, or both. */
  readonly operands: readonly unknown[]
  readonly answer: 'wanted' | 'unwanted'
  /** The promise of the result, for handlers; undefined when no one waits for it. */
  readonly returned: Promise<unknown> | undefined
  readonly resolve: Resolve
  readonly reject: Resolve
}

/** A handled promise that is not resolved. */
export interface PendingPromise {
  readonly handler: EventualHandler | undefined
  queue: Operation[]
}

export interface Presence {
  readonly handler: EventualHandler
  /** The promise that was resolved to it. */
  readonly promise: Promise<unknown>
}

export type Resolve = (value: unknown) => void

export const targets = new WeakMap<object, Target>()

export const pendings = new WeakMap<object, PendingPromise>()

/** From handled promises to their resolutions, where those take messages themselves. */
export const forwards = new WeakMap<object, object>()

export const presences = new WeakMap<object, Presence>()

export function setTarget(reference: object, target: Target): void {
  targets.set(reference, target)
}

export function clearTarget(reference: object): void {
  targets.delete(reference)
}

/** The current resolution of a reference. */
export function shorten(reference: object): object {
  let end = reference
  for (let next = forwards.get(end); next !== undefined; next = forwards.get(end)) end = next
  for (let at = reference; at !== end;) {
    const next = forwards.get(at) as object
    forwards.set(at, end)
    at = next
  }
  return end
}

export const takesMessages = (reference: object): boolean =>
  targets.has(reference) || pendings.has(reference) || presences.has(reference)
