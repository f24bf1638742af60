/**
 * The membrane between a kernel and its host, inside the kernel's own context.
 *
 * The functions below are not called where they are declared. Their text (`membraneSource`) is evaluated in
 * the context of a kernel, before any code of that kernel, so they refer only to each other and what
 * `intrinsics` declares.
 *
 * Mb1. Everything a kernel can reach was made in its own context: the ports, their results and exceptions,
 *      and its events. Host objects are held in closures and never passed on.
 * Mb2. Host data is copied: plain records and lists of primitives become records and lists of the context.
 * Mb3. A port of the host returns a value or `failed`; it does not throw. If it throws anyway (the host's
 *      stack overflowed), the exception is dropped unseen, and the membrane throws an error of the context;
 *      the host learns of it (Pg5).
 * Mb4. The host calls functions of the membrane, never of the kernel: a call through a proxy would hand the
 *      kernel a list of arguments made by the caller.
 * Mb5. Nothing here looks up a global, or a method that is not an object's own, after the kernel's code has
 *      begun to run: the kernel can replace both.
 */

/** A function of the host. It takes and returns primitives, or plain data that the membrane copies. */
export type HostFunction = (...args: readonly unknown[]) => unknown

/**
 * The ports as the host offers them; `deliver` and `salvage` take a function of the membrane as their sink.
 */
export type HostPorts = Readonly<Record<PortFunction, HostFunction>>

/** The ports of a read-only kernel. */
export type ReadingPorts = Readonly<Record<'state.get' | 'state.nextKey' | 'bundles.has', HostFunction>>

export type PortFunction =
  | keyof ReadingPorts
  | `state.${'set' | 'delete' | 'mark' | 'undo'}`
  | `transcripts.${'append' | 'beginSpan' | 'count' | 'forget'}`
  | `workers.${'start' | 'deliver' | 'replay' | 'salvage' | 'build' | 'discard' | 'forget' | 'snapshot'}`
  | `outbox.${'append' | 'release'}`
  | 'bundles.putScript'
  | 'trace'
  | 'isTraced'

/** Why a port failed, as reported by the host. */
export type Failure =
  /** The kernel's own sink threw; its exception is rethrown. */
  | { readonly kind: 'sink' }
  | {
      readonly kind: 'host'
      readonly name: string
      readonly message: string
      readonly code: string | null
      readonly detail: Readonly<Record<string, unknown>>
    }

export interface HostSide {
  /** A port's result when it failed. */
  readonly failed: symbol
  readonly traceKinds: readonly string[]
  /** Why the last port failed. */
  failure(): Failure
  /** Receives the error that the kernel gets for the failure, to recognise it when it leaves the kernel. */
  thrown(error: object): void
}

/** An object of the kernel's context. The host only passes it back to the membrane, or copies it. */
export type Foreign = { readonly foreign: unique symbol }

/** The membrane's own functions, made in the kernel's context. They throw what the kernel throws. */
export interface Membrane {
  /** Calls a function of the target, with copies of the arguments. */
  call(target: Foreign, name: string, args: readonly unknown[]): unknown
  /** Whether the stack ended in a port since this was last asked: the kernel may have caught that. */
  takeCut(): boolean
  isFunction(target: Foreign, name: string): boolean
  property(target: Foreign, name: string): unknown
  /** Calls `makeKernel` of the bundle with the ports. */
  makeKernel(bundle: Foreign, ports: HostPorts): unknown
  /** Calls a function of the bundle that reads through `state` and `bundles`. */
  read(bundle: Foreign, name: string, ports: ReadingPorts): unknown
  /** The stack of an error, or another description of it. */
  describe(thrown: unknown): unknown
}

// Everything from here on is evaluated in the context of a kernel.

/** Taken before the kernel's code can replace them (Mb5). */
const intrinsics = `
  const { isArray } = Array
  const { keys, defineProperty, freeze } = Object
  const { apply } = Reflect
  const [ContextError, StackError] = [Error, RangeError]
`
const { isArray } = Array
const { keys, defineProperty, freeze } = Object
const { apply } = Reflect
const [ContextError, StackError] = [Error, RangeError]

type Data = Readonly<Record<string, unknown>>

/** Mb2. */
function copyIn(value: unknown): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') return undefined
  if (typeof value !== 'object' || value === null) return value
  if (isArray(value)) {
    const list: unknown[] = []
    for (let index = 0; index < value.length; index += 1) list[index] = copyIn(value[index])
    return list
  }
  const record = {}
  const names = keys(value)
  for (let index = 0; index < names.length; index += 1)
    put(record, names[index]!, copyIn((value as Data)[names[index]!]))
  return record
}

/** A setter that the kernel has put on a prototype is given the copy, and nothing of the host. */
function put(record: object, name: string, value: unknown): void {
  if (name === '__proto__')
    defineProperty(record, name, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
      __proto__: null,
    } as PropertyDescriptor)
  else (record as Record<string, unknown>)[name] = value
}

/** Calls to ports, and what comes of those that fail. */
class Crossing {
  readonly #host: HostSide
  readonly #failed: symbol
  /** What the kernel's sink threw in the delivery that is under way. */
  #fromSink: unknown
  /** Whether a port was cut off by the end of the stack since the last look. */
  #isCut = false

  constructor(host: HostSide) {
    this.#host = host
    this.#failed = host.failed
  }

  takeCut(): boolean {
    const isCut = this.#isCut
    this.#isCut = false
    return isCut
  }

  /** A port that takes and returns primitives, or takes what the host copies. */
  simple(port: HostFunction): HostFunction {
    return freeze((first: unknown, second: unknown, third: unknown): unknown => {
      let result
      try {
        result = port(first, second, third)
      } catch {
        this.#isCut = true
        throw new StackError(overflowed())
      }
      if (result === this.#failed) this.#fail()
      return result
    })
  }

  /** Calls a port of the workers. What it returns is the host's. */
  ask(
    port: HostFunction,
    vat: unknown,
    assignment: unknown,
    subject: unknown,
    limits: unknown,
    sink?: HostFunction,
  ): unknown {
    let result
    try {
      result = port(vat, assignment, subject, limits, sink)
    } catch {
      this.#isCut = true
      throw new StackError(overflowed())
    }
    if (result === this.#failed) this.#fail()
    return result
  }

  /** The kernel's sink, as the host calls it: `failed` when it threw. */
  sinkOf(sink: { handle(syscall: unknown): unknown }): HostFunction {
    return (syscall) => {
      try {
        return sink.handle(copyIn(syscall))
      } catch (error) {
        this.#fromSink = error
        return this.#failed
      }
    }
  }

  /** Mb3. */
  #fail(): never {
    let error
    try {
      error = this.#errorOfFailure()
    } catch {
      this.#isCut = true
      error = new StackError(overflowed())
    }
    throw error
  }

  #errorOfFailure(): unknown {
    const failure = copyIn(this.#host.failure()) as Failure
    if (failure.kind === 'sink') return this.#fromSink
    const error = new ContextError(failure.message)
    put(error, 'name', failure.name)
    if (failure.code !== null) {
      put(error, 'code', failure.code)
      put(error, 'detail', failure.detail)
    }
    this.#host.thrown(error)
    return error
  }
}

/** What V8 says itself. */
function overflowed(): string {
  return 'Maximum call stack size exceeded'
}

/**
 * A transcript entry for the kernel, which has seen the syscalls one by one: they are copied again when it
 * asks for them.
 */
class Entry {
  readonly delivery: unknown
  readonly result: unknown
  readonly computrons: unknown
  readonly #own: Data

  constructor(delivery: unknown, own: Data) {
    this.delivery = delivery
    this.result = copyIn(own['result'])
    this.computrons = own['computrons']
    this.#own = own
  }

  get syscalls(): unknown {
    return copyIn(this.#own['syscalls'])
  }
}

/**
 * The entry of the delivery that ended last, as the kernel has it and as the host has it, so that it need not
 * be copied back.
 */
class Entries {
  #given: object | undefined
  #own: Data | undefined

  outcome(outcome: unknown, delivery: unknown): unknown {
    const { kind, entry, computrons } = outcome as {
      readonly kind: string
      readonly entry: Data
      readonly computrons: bigint
    }
    if (kind !== 'done') return copyIn(outcome)
    this.#own = entry
    this.#given = new Entry(delivery, entry)
    return { kind, entry: this.#given, computrons }
  }

  own(entry: unknown): unknown {
    return entry === this.#given ? this.#own : entry
  }
}

function workersOf(crossing: Crossing, entries: Entries, ports: HostPorts): object {
  const deliver = (
    vat: unknown,
    assignment: unknown,
    delivery: unknown,
    limits: unknown,
    sink: never,
  ): unknown =>
    entries.outcome(
      crossing.ask(ports['workers.deliver'], vat, assignment, delivery, limits, crossing.sinkOf(sink)),
      delivery,
    )
  const replay = (vat: unknown, assignment: unknown, bundle: unknown, limits: unknown): unknown =>
    copyIn(crossing.ask(ports['workers.replay'], vat, assignment, bundle, limits))
  const salvage = (
    vat: unknown,
    assignment: unknown,
    bundle: unknown,
    limits: unknown,
    sink: never,
  ): unknown =>
    copyIn(crossing.ask(ports['workers.salvage'], vat, assignment, bundle, limits, crossing.sinkOf(sink)))
  const build = (engine: unknown, supervisor: unknown): unknown =>
    copyIn(crossing.ask(ports['workers.build'], engine, supervisor, undefined, undefined))
  return freeze({
    deliver: freeze(deliver),
    build: freeze(build),
    replay: freeze(replay),
    salvage: freeze(salvage),
    start: crossing.simple(ports['workers.start']),
    discard: crossing.simple(ports['workers.discard']),
    forget: crossing.simple(ports['workers.forget']),
    snapshot: crossing.simple(ports['workers.snapshot']),
  })
}

function transcriptsOf(crossing: Crossing, entries: Entries, ports: HostPorts): object {
  const append = crossing.simple(ports['transcripts.append'])
  return freeze({
    append: freeze((vat: unknown, entry: unknown) => append(vat, entries.own(entry))),
    beginSpan: crossing.simple(ports['transcripts.beginSpan']),
    count: crossing.simple(ports['transcripts.count']),
    forget: crossing.simple(ports['transcripts.forget']),
  })
}

function stateOf(crossing: Crossing, ports: HostPorts): object {
  return freeze({
    get: crossing.simple(ports['state.get']),
    set: crossing.simple(ports['state.set']),
    delete: crossing.simple(ports['state.delete']),
    nextKey: crossing.simple(ports['state.nextKey']),
    mark: crossing.simple(ports['state.mark']),
    undo: crossing.simple(ports['state.undo']),
  })
}

/** Which events are wanted can change at any time. */
function tracingOf(crossing: Crossing, kinds: readonly string[], ports: HostPorts): object {
  const isTraced = crossing.simple(ports['isTraced'])
  const tracing = {}
  for (let index = 0; index < kinds.length; index += 1) {
    const kind = kinds[index]!
    defineProperty(tracing, kind, {
      get: () => isTraced(kind),
      enumerable: true,
      configurable: false,
      __proto__: null,
    } as PropertyDescriptor)
  }
  return freeze(tracing)
}

function portsOf(crossing: Crossing, kinds: readonly string[], ports: HostPorts): object {
  const entries = new Entries()
  return freeze({
    state: stateOf(crossing, ports),
    transcripts: transcriptsOf(crossing, entries, ports),
    workers: workersOf(crossing, entries, ports),
    bundles: freeze({
      has: crossing.simple(ports['bundles.has']),
      putScript: crossing.simple(ports['bundles.putScript']),
    }),
    outbox: freeze({
      append: crossing.simple(ports['outbox.append']),
      release: crossing.simple(ports['outbox.release']),
    }),
    tracing: tracingOf(crossing, kinds, ports),
    trace: crossing.simple(ports['trace']),
  })
}

function readingPortsOf(crossing: Crossing, ports: ReadingPorts): object {
  const state = freeze({
    get: crossing.simple(ports['state.get']),
    nextKey: crossing.simple(ports['state.nextKey']),
  })
  return freeze({ state, bundles: freeze({ has: crossing.simple(ports['bundles.has']) }) })
}

function describe(thrown: unknown): unknown {
  try {
    const stack =
      typeof thrown === 'object' && thrown !== null
        ? (thrown as { readonly stack?: unknown }).stack
        : undefined
    return typeof stack === 'string' ? stack : `${thrown as string}`
  } catch {
    return 'something was thrown that cannot be described'
  }
}

function makeMembrane(host: HostSide): Membrane {
  const crossing = new Crossing(host)
  const kinds = copyIn(host.traceKinds) as readonly string[]
  const functionOf = (target: Foreign, name: string): HostFunction => (target as Data)[name] as HostFunction
  return {
    call: (target, name, args) => apply(functionOf(target, name), target, copyIn(args) as readonly unknown[]),
    takeCut: () => crossing.takeCut(),
    isFunction: (target, name) => typeof functionOf(target, name) === 'function',
    property: (target, name) => (target as Data)[name],
    makeKernel: (bundle, ports) =>
      apply(functionOf(bundle, 'makeKernel'), bundle, [portsOf(crossing, kinds, ports)]),
    read: (bundle, name, ports) => apply(functionOf(bundle, name), bundle, [readingPortsOf(crossing, ports)]),
    describe,
  }
}

const parts = [
  copyIn,
  put,
  Crossing,
  overflowed,
  Entry,
  Entries,
  workersOf,
  transcriptsOf,
  stateOf,
  tracingOf,
  portsOf,
  readingPortsOf,
  describe,
  makeMembrane,
]

/**
 * A script whose completion value is `makeMembrane`, which takes the `HostSide` and returns the `Membrane`.
 */
export const membraneSource = `(() => {\n'use strict'${intrinsics}${parts.map(String).join('\n')}\nreturn makeMembrane\n})()`
