/**
 * Messages and promises across the vat's border.
 *
 * M1. A promise that comes in is a native promise with a target, so messages to it go out at once
 *     (pipelining); the kernel queues them until it is settled.
 * M2. A promise's name ends when it is settled, on both sides: after a `resolve` that the vat sent,
 *     after a `notify` that it got. A promise that is mentioned again gets a new name.
 * M3. Garbage from another vat (a body that does not decode) rejects what waits for it and harms
 *     nothing else.
 * M4. The stack of an error that leaves the vat is told to the trace and to nobody else.
 */
import type { ObjectVref, PromiseVref, Vref } from '../base/ids.ts'
import type { MessageDelivery, Resolution } from '../protocol/delivery.ts'
import { command } from './channel.ts'
import type { Codec } from './codec.ts'
import { describeError, writeLine } from './console.ts'
import { clearTarget, invoke, setTarget } from './handledPromise.ts'
import type { MethodName, Target } from './handledPromise.ts'
import { remotablePrototype } from './remotable.ts'
import type { Slots } from './slots.ts'

interface Settler {
  resolve(value: unknown): void
  reject(reason: unknown): void
}

const ignore = (): void => {}

/** Whether waiting for the value can make a difference. */
const mayBeThenable = (value: unknown): boolean =>
  (typeof value === 'object' && value !== null && 'then' in value) || typeof value === 'function'

export class Messenger {
  readonly #slots: Slots
  readonly #codec: Codec
  /** Promises that somebody else will settle. */
  readonly #awaited = new Map<PromiseVref, Settler>()

  constructor(slots: Slots, codec: Codec) {
    this.#slots = slots
    this.#codec = codec
  }

  makePresence(vref: ObjectVref, interfaceName: string | undefined): object {
    const presence = Object.freeze(Object.create(presencePrototype(interfaceName ?? 'Alleged: presence')) as object)
    setTarget(presence, this.#targetFor(vref))
    this.#slots.holdWeakly(vref, presence)
    return presence
  }

  /** A promise that the kernel named, met for the first time. */
  importPromise(vref: PromiseVref): Promise<unknown> {
    const promise = this.#await(vref)
    this.#slots.holdPromise(vref, promise)
    command({ kind: 'subscribe', promise: vref })
    return promise
  }

  /** A promise of this vat that leaves it for the first time: this vat decides it. */
  exportPromise(promise: Promise<unknown>): PromiseVref {
    const vref = this.#slots.namePromise(promise)
    promise.then(
      (value) => this.#settle(vref, 'fulfilled', value),
      (reason: unknown) => this.#settle(vref, 'rejected', reason),
    )
    return vref
  }

  deliver({ target, methargs, result }: MessageDelivery): void {
    let answer: unknown
    try {
      const [method, args] = this.#codec.decode(methargs) as [MethodName, readonly unknown[]]
      answer = invoke(this.#codec.reference(target), method, args)
    } catch (error) {
      this.#answer(result, 'rejected', error)
      return
    }
    if (!mayBeThenable(answer)) {
      this.#answer(result, 'fulfilled', answer)
      return
    }
    Promise.resolve(answer).then(
      (value) => this.#answer(result, 'fulfilled', value),
      (reason: unknown) => this.#answer(result, 'rejected', reason),
    )
  }

  notify(resolutions: readonly Resolution[]): void {
    const settle = resolutions.map((resolution) => this.#settlement(resolution))
    for (const { promise } of resolutions) this.#retire(promise)
    for (const act of settle) act()
  }

  #settlement({ promise, outcome, data }: Resolution): () => void {
    const settler = this.#awaited.get(promise)
    this.#awaited.delete(promise)
    if (settler === undefined) return ignore
    let value: unknown
    try {
      value = this.#codec.decode(data)
    } catch (error) {
      return () => settler.reject(error)
    }
    return outcome === 'fulfilled' ? () => settler.resolve(value) : () => settler.reject(value)
  }

  #retire(vref: PromiseVref): void {
    const promise = this.#slots.valueOf(vref)
    if (promise !== undefined) clearTarget(promise)
    this.#slots.forget(vref)
  }

  #await(vref: PromiseVref): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    promise.catch(ignore)
    this.#awaited.set(vref, { resolve, reject })
    setTarget(promise, this.#targetFor(vref))
    return promise
  }

  #targetFor(vref: Vref): Target {
    return {
      apply: (method, args) => this.#send(vref, method, args),
      applySendOnly: (method, args) => {
        command({ kind: 'send', target: vref, methargs: this.#codec.encode([method, args]), result: null })
      },
    }
  }

  #send(target: Vref, method: MethodName, args: readonly unknown[]): Promise<unknown> {
    const methargs = this.#codec.encode([method, args])
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const result = this.#slots.namePromise(promise)
    this.#awaited.set(result, { resolve, reject })
    setTarget(promise, this.#targetFor(result))
    command({ kind: 'send', target, methargs, result })
    return promise
  }

  #answer(result: PromiseVref | null, outcome: Resolution['outcome'], value: unknown): void {
    if (result !== null) this.#settle(result, outcome, value)
    else if (outcome === 'rejected') writeLine('debug', describeError(value))
  }

  #settle(promise: PromiseVref, outcome: Resolution['outcome'], value: unknown): void {
    if (outcome === 'rejected') writeLine('debug', describeError(value))
    const resolution = this.#resolution(promise, outcome, value)
    this.#slots.forget(promise)
    command({ kind: 'resolve', resolutions: [resolution] })
  }

  #resolution(promise: PromiseVref, outcome: Resolution['outcome'], value: unknown): Resolution {
    try {
      return { promise, outcome, data: this.#codec.encode(value) }
    } catch (error) {
      return { promise, outcome: 'rejected', data: this.#codec.encode(error) }
    }
  }
}

const presencePrototypes = new Map<string, object>()

/** Presences of one interface share a prototype. */
function presencePrototype(interfaceName: string): object {
  const known = presencePrototypes.get(interfaceName)
  if (known !== undefined) return known
  const prototype = remotablePrototype(interfaceName)
  presencePrototypes.set(interfaceName, prototype)
  return prototype
}
