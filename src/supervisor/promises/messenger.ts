/**
 * Messages and promises across the vat's boundary.
 *
 * M1. An incoming promise is a native promise with a target, so messages to it go out at once (pipelining);
 *     the kernel queues them until it is settled.
 * M2. A promise's name ends when it is settled, on both sides: after a `resolve` that the vat sent, after a
 *     `notify` that it got. A promise that is mentioned again gets a new name and is kept: that name lasts
 *     until the promise is forgotten, so that there is no third notification of it.
 * M3. Garbage from another vat (a body that does not decode) rejects the promises that wait for it and harms
 *     nothing else.
 * M4. The stack of an error that leaves the vat goes to the trace only.
 * M5. A settled promise that occurs in another's resolution is settled with it, in one syscall or
 *     notification: one after the other, promises that hold each other would never end.
 * M6. Names assigned during an encoding are valid only if the whole value could be encoded.
 * M7. Messages to one promise arrive in order even when it resolves to an object of this vat: if one went out
 *     before that was known, later ones go out too and come back behind it.
 */
import { assert } from '../../base/errors.ts'
import { allocatorOf, namesObject, type ObjectVref, type PromiseVref, type Vref } from '../../base/ids.ts'
import type { CapData } from '../../protocol/capdata.ts'
import { refuse } from '../../protocol/codes.ts'
import type { MessageDelivery, Resolution } from '../../protocol/worker/delivery.ts'
import { messageLimits } from '../../protocol/limits.ts'
import type { VatEnd } from '../../protocol/results.ts'
import { command } from '../wire/channel.ts'
import type { Codec } from '../values/codec.ts'
import { writeLine } from '../realm/console.ts'
import { deliverTo } from './handledPromise.ts'
import { clearTarget, setTarget, type Target } from './routes.ts'
import type { MethodName } from './invoke.ts'
import { remotablePrototype } from '../values/remotable.ts'
import type { Slots } from '../wire/slots.ts'

interface Settler {
  resolve(value: unknown): void
  reject(reason: unknown): void
  /** Whether a message went out to the promise (M7). */
  wasSentTo: boolean
}

/** The resolution of a promise. */
interface Outcome {
  readonly outcome: Resolution['outcome']
  readonly value: unknown
}

/** A promise that the current `resolve` settles. */
interface Settlement extends Outcome {
  readonly vref: PromiseVref
  /** Whether it was settled before it got this name (M2). */
  readonly name: 'ends' | 'kept'
}

/** A promise of this vat under its outgoing name. */
interface NamedPromise {
  readonly vref: PromiseVref
  readonly promise: Promise<unknown>
}

/** The names assigned by most encodings. */
const none: NamedPromise[] = []
const ignore = (): void => {}

/** Whether awaiting the value can make a difference. */
const mayBeThenable = (value: unknown): boolean =>
  (typeof value === 'object' && value !== null && 'then' in value) || typeof value === 'function'

export class Messenger {
  readonly #slots: Slots
  readonly #codec: Codec
  /** Promises that another party will settle. */
  readonly #awaited = new Map<PromiseVref, Settler>()
  /** Resolutions of promises that may be sent again. */
  readonly #outcomes = new WeakMap<object, Outcome>()
  /**
   * Names assigned by the current encoding (M6). The encoder may be reentered while it runs, by a trap of a
   * proxy.
   */
  #named: NamedPromise[] = none
  /** The promises that the current `resolve` settles (M5). */
  #settling: Settlement[] | undefined
  /** The promises that the current notification settles: they need no subscription (M5). */
  #arriving: readonly Resolution[] = []
  /** The names in `#arriving`; created on first use. */
  #arrivingNames: ReadonlySet<PromiseVref> | undefined
  /** All references to other vats have this target: the tables know their names. */
  readonly #remote: Target = {
    apply: (reference, method, args) => this.#send(this.#nameOf(reference), method, args),
    applySendOnly: (reference, method, args) => {
      this.#sendOnly(this.#nameOf(reference), method, args)
    },
  }
  /** For promises that were sent to and resolved to objects of this vat (M7). */
  readonly #roundabout: Target = {
    apply: (promise, method, args) => this.#send(this.#ownName(promise), method, args),
    applySendOnly: (promise, method, args) => this.#sendOnly(this.#ownName(promise), method, args),
  }

  constructor(slots: Slots, codec: Codec) {
    this.#slots = slots
    this.#codec = codec
  }

  makePresence(vref: ObjectVref, interfaceName: string | undefined): object {
    const presence = Object.freeze(
      Object.create(presencePrototype(interfaceName ?? 'Alleged: presence')) as object,
    )
    setTarget(presence, this.#remote)
    this.#slots.holdWeakly(vref, presence)
    return presence
  }

  /** Imports a promise that the kernel names for the first time. */
  importPromise(vref: PromiseVref): Promise<unknown> {
    const promise = this.#await(vref)
    this.#slots.holdPromise(vref, promise)
    if (!this.#isArriving(vref)) command({ kind: 'subscribe', promise: vref })
    return promise
  }

  /** Exports a promise of this vat for the first time: this vat decides it. */
  exportPromise(promise: Promise<unknown>): PromiseVref {
    const vref = this.#slots.namePromise(promise)
    if (this.#named === none) this.#named = []
    this.#named.push({ vref, promise })
    return vref
  }

  /** The name of a promise under which the vat will be notified of its resolution, in any incarnation. */
  nameToWatch(promise: Promise<unknown>): PromiseVref {
    const known = this.#slots.vrefOf(promise) as PromiseVref | undefined
    if (known !== undefined && this.#awaited.has(known)) return known
    const vref = known ?? this.#slots.namePromise(promise)
    if (known === undefined) this.#watch({ vref, promise })
    // This incarnation settles it. If it does not, the kernel will, and notifies the heir.
    command({ kind: 'subscribe', promise: vref })
    return vref
  }

  /** A promise that an earlier incarnation watched: this vat is still subscribed to it. */
  awaitAgain(vref: PromiseVref): Promise<unknown> {
    const promise = this.#await(vref)
    this.#slots.holdPromise(vref, promise)
    return promise
  }

  deliver({ target, methargs, result }: MessageDelivery): void {
    let answer: unknown
    let waits: boolean
    try {
      const call = this.#codec.decode(methargs)
      if (!Array.isArray(call)) throw new TypeError('a message is a list of a method and its arguments')
      answer = deliverTo(this.#codec.reference(target), call[0] as MethodName, call[1] as readonly unknown[])
      waits = mayBeThenable(answer)
    } catch (error) {
      this.#answer(result, 'rejected', error)
      return
    }
    if (!waits) {
      this.#answer(result, 'fulfilled', answer)
      return
    }
    Promise.resolve(answer).then(
      (value) => this.#answer(result, 'fulfilled', value),
      (reason: unknown) => this.#answer(result, 'rejected', reason),
    )
  }

  notify(resolutions: readonly Resolution[]): void {
    assert(
      resolutions.length > 0 && this.#arriving.length === 0,
      'M5: a notification settles at least one promise, and none arrives during another',
    )
    this.#arriving = resolutions
    const ended: Outcome[] = []
    for (const resolution of resolutions) ended.push(this.#outcomeOf(resolution))
    this.#arriving = []
    this.#arrivingNames = undefined
    let index = 0
    for (const { promise, keep } of resolutions) {
      // A value that refers to it may not have been decoded completely (M3), but its name is known all the
      // same.
      if (keep === true && this.#slots.valueOf(promise) === undefined) this.awaitAgain(promise)
      this.#settleHere(promise, ended[index++] as Outcome)
    }
    for (const { promise, keep } of resolutions) this.#endName(promise, keep === true ? 'kept' : 'ends')
  }

  /** The engine is about to search the heap for garbage. */
  beforeCollection(): void {
    this.#slots.holdKeptWeakly()
  }

  /** Reports to the kernel which kept promises the search has found forgotten. */
  retireForgotten(): void {
    const promises = this.#slots.takeForgotten()
    if (promises.length > 0) command({ kind: 'retirePromises', promises })
  }

  /** M2. */
  #endName(vref: PromiseVref, name: Settlement['name']): void {
    if (name === 'kept') this.#slots.keepPromise(vref)
    else this.#slots.forget(vref)
  }

  /** Requests the end of the vat. If the value is not passable it throws, and requests nothing. */
  exit(end: VatEnd, value: unknown): void {
    command({ kind: 'exit', end, data: this.#encode(value) })
  }

  #outcomeOf({ outcome, data }: Resolution): Outcome {
    try {
      return { outcome, value: this.#codec.decode(data) }
    } catch (error) {
      return { outcome: 'rejected', value: error }
    }
  }

  #isArriving(vref: PromiseVref): boolean {
    if (this.#arriving.length === 0) return false
    this.#arrivingNames ??= new Set(this.#arriving.map(({ promise }) => promise))
    return this.#arrivingNames.has(vref)
  }

  /** Settles this vat's own copy of a promise, if it has one and awaits it. */
  #settleHere(vref: PromiseVref, ended: Outcome): void {
    const promise = this.#slots.valueOf(vref)
    if (promise !== undefined) this.#outcomes.set(promise, ended)
    const settler = this.#awaited.get(vref)
    if (settler === undefined) return
    this.#awaited.delete(vref)
    if (promise !== undefined) this.#retarget(promise, settler, ended)
    if (ended.outcome === 'fulfilled') settler.resolve(ended.value)
    else settler.reject(ended.value)
  }

  /** Redirects later messages for the promise to its resolution. */
  #retarget(promise: object, { wasSentTo }: Settler, { outcome, value }: Outcome): void {
    const vref =
      wasSentTo && outcome === 'fulfilled' && typeof value === 'object' && value !== null
        ? this.#slots.vrefOf(value)
        : undefined
    if (vref !== undefined && namesObject(vref) && allocatorOf(vref) === 'vat')
      setTarget(promise, this.#roundabout)
    else clearTarget(promise)
  }

  #await(vref: PromiseVref): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    promise.catch(ignore)
    assert(!this.#awaited.has(vref), 'M2: a promise is awaited twice under one name')
    this.#awaited.set(vref, { resolve, reject, wasSentTo: false })
    setTarget(promise, this.#remote)
    return harden(promise)
  }

  /** The name of a reference with the remote target. It has one while it has the target. */
  #nameOf(reference: object): Vref {
    const vref = this.#slots.vrefOf(reference)
    assert(vref !== undefined, 'M1: a reference has a name while it has the remote target')
    return vref
  }

  #send(target: Vref, method: MethodName, args: readonly unknown[]): Promise<unknown> {
    const methargs = this.#encodeCall(method, args)
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const result = this.#slots.namePromise(promise)
    this.#awaited.set(result, { resolve, reject, wasSentTo: false })
    setTarget(promise, this.#remote)
    this.#noteSent(target)
    command({ kind: 'send', target, methargs, result })
    return harden(promise)
  }

  #sendOnly(target: Vref, method: MethodName, args: readonly unknown[]): void {
    const methargs = this.#encodeCall(method, args)
    this.#noteSent(target)
    command({ kind: 'send', target, methargs, result: null })
  }

  /** M7. */
  #noteSent(target: Vref): void {
    if (target[0] !== 'p') return
    const settler = this.#awaited.get(target as PromiseVref)
    if (settler !== undefined) settler.wasSentTo = true
  }

  /**
   * The name of the own object to which the promise resolved. Other vats may have released it: it is exported
   * again.
   */
  #ownName(promise: object): Vref {
    const [vref] = this.#encode(this.#outcomes.get(promise)?.value).slots
    assert(vref !== undefined, 'M7: a roundabout leads to an object of this vat')
    return vref
  }

  #answer(result: PromiseVref | null, outcome: Resolution['outcome'], value: unknown): void {
    if (result !== null) this.#settle({ vref: result, outcome, value, name: 'ends' })
    else if (outcome === 'rejected') writeLine('debug', value)
  }

  /** M5. */
  #settle(first: Settlement): void {
    if (first.outcome === 'rejected') writeLine('debug', first.value)
    assert(this.#settling === undefined, 'M5: a resolve is composed during another')
    const settling = (this.#settling = [first])
    const resolutions: Resolution[] = []
    // Encoding one can add another.
    for (let index = 0; index < settling.length; index += 1) {
      const one = settling[index] as Settlement
      const resolution = this.#resolution(one.vref, one)
      resolutions[index] = one.name === 'kept' ? { ...resolution, keep: true } : resolution
    }
    this.#settling = undefined
    for (const { vref, name } of settling) this.#endName(vref, name)
    command({ kind: 'resolve', resolutions })
  }

  #resolution(promise: PromiseVref, { outcome, value }: Outcome): Resolution {
    try {
      const data = this.#encode(value)
      this.#settleHere(promise, { outcome, value })
      return { promise, outcome, data }
    } catch (error) {
      this.#settleHere(promise, { outcome: 'rejected', value: error })
      return { promise, outcome: 'rejected', data: this.#encodeReason(error) }
    }
  }

  /** A value thrown by a trap of a proxy may be no more passable than the value it protects. */
  #encodeReason(error: unknown): CapData<Vref> {
    try {
      return this.#encode(error)
    } catch {
      return this.#encode(
        new TypeError('the value cannot be passed, and neither can what was thrown instead'),
      )
    }
  }

  #encode(value: unknown): CapData<Vref> {
    const outer = this.#named
    this.#named = none
    try {
      const data = this.#codec.encode(value)
      this.#accept(data)
      return data
    } catch (error) {
      return this.#forgetNames(error)
    } finally {
      this.#named = outer
    }
  }

  #encodeCall(method: MethodName, args: readonly unknown[]): CapData<Vref> {
    const outer = this.#named
    this.#named = none
    try {
      const data = this.#codec.encodeCall(method, args)
      this.#accept(data)
      return data
    } catch (error) {
      return this.#forgetNames(error)
    } finally {
      this.#named = outer
    }
  }

  /** M6: the encoded data may go out, and promises named for it will be settled. */
  #accept(data: CapData<Vref>): void {
    checkSize(data)
    if (this.#named.length > 0) for (const one of this.#named) this.#watch(one)
  }

  /** M6: nothing goes out. */
  #forgetNames(error: unknown): never {
    for (const { vref } of this.#named) this.#slots.forget(vref)
    throw error
  }

  #watch({ vref, promise }: NamedPromise): void {
    const ended = this.#outcomes.get(promise)
    const name = ended === undefined ? 'ends' : 'kept'
    if (ended !== undefined && this.#settling !== undefined) {
      this.#settling.push({ ...ended, vref, name })
      return
    }
    promise.then(
      (value) => this.#settle({ vref, outcome: 'fulfilled', value, name }),
      (value: unknown) => this.#settle({ vref, outcome: 'rejected', value, name }),
    )
  }
}

/** The kernel would treat anything larger as an illegal syscall. */
function checkSize({ body, slots }: CapData): void {
  if (body.length > messageLimits.body)
    refuse('value/too-large', `${body.length} characters are more than a message may have`)
  if (slots.length > messageLimits.slots)
    refuse('value/too-large', `${slots.length} references are more than a message may have`)
}

/** Interface names come from other vats: at most this many are remembered. */
const maxSharedPrototypes = 1_000
const presencePrototypes = new Map<string, object>()

/** Presences of one interface share a prototype. */
function presencePrototype(interfaceName: string): object {
  const known = presencePrototypes.get(interfaceName)
  if (known !== undefined) return known
  const prototype = remotablePrototype(interfaceName)
  if (presencePrototypes.size < maxSharedPrototypes) presencePrototypes.set(interfaceName, prototype)
  return prototype
}
