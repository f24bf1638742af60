/**
 * The host's side of a kernel's ports, called by its membrane (`membrane.ts`).
 *
 * Pg1. Arguments come from untrusted code: before any use, primitives are checked and everything else is
 *      copied.
 * Pg2. No port throws: the exception is kept, and `failed` is returned.
 * Pg3. An error that the kernel received for a failure is recognised when it leaves the kernel again.
 * Pg4. A step that calls its ports far more often than any step must is stopped as a fault of the kernel, at
 *      the same call on every machine.
 * Pg5. A step in which a port failed for a reason of this machine has failed, whether or not the kernel
 *      caught the exception: nothing that a kernel decides depends on what this machine could not do.
 *      Likewise for a step that is stopped (Pg4).
 */
import { CodedError } from '../../base/errors.ts'
import type { BundleId, VatId, WorkerId } from '../../base/ids.ts'
import { at, beat } from '../../base/pulse.ts'
import type { AuditPlatform } from '../../protocol/kernel/bundle.ts'
import type {
  KernelPlatform,
  Mark,
  Space,
  SpanReason,
  SyscallSink,
  Verdict,
  WorkerAssignment,
} from '../../protocol/kernel/platform.ts'
import type { BundleKind } from '../../protocol/bundle/bundle.ts'
import type { Delivery } from '../../protocol/worker/delivery.ts'
import type { Syscall } from '../../protocol/worker/syscall.ts'
import { traceKinds, type KernelTraceEvent, type TraceKind } from '../../protocol/reports/trace.ts'
import type { TranscriptEntry } from '../../protocol/worker/transcript.ts'
import type { DeliveryLimits, ReplayLimits } from '../../protocol/worker/worker.ts'
import { copyOut, isOwnError } from './foreign.ts'
import { KernelFault } from './kernelFault.ts'
import type { Failure, HostFunction, HostPorts, HostSide, ReadingPorts } from './membrane.ts'

/** Aborts a delivery because the kernel's own sink threw. */
class SinkThrew extends Error {}

/** Ends a step of a kernel that never stops calling (Pg4). */
class Stopped extends KernelFault {}

/** What no kernel may catch (Pg5). It may catch what its own sink or its own arguments provoked. */
function isFinal(error: unknown): boolean {
  if (error instanceof CodedError) return /^(?:store|engine)\/|^kernel\/replay-diverged$/.test(error.code)
  // The stack, memory, and refusals of the operating system, which have codes of their own.
  return error instanceof Stopped || error instanceof RangeError || (error instanceof Error && 'code' in error)
}

/** Ten times what the largest step of a release needs. */
const defaultMaxCalls = 100_000_000

type Gate = (first: unknown, second: unknown, third: unknown, fourth: unknown, fifth: unknown) => unknown

export class PortGates implements HostSide {
  readonly failed = Symbol('failed')
  readonly traceKinds = Object.keys(traceKinds)
  readonly #thrown = new WeakMap<object, unknown>()
  readonly #maxCalls: number
  /** Calls of ports since the host called the kernel. */
  #calls = 0
  /** Calls into the kernel that are under way, each within the one before. */
  #depth = 0
  #failure: unknown
  /** The first that no kernel may catch since then (Pg5). */
  #first: { readonly error: unknown } | undefined
  /** The entry of the last delivery: the membrane hands it back when the kernel appends it. */
  #given: TranscriptEntry | undefined

  constructor(maxCalls = defaultMaxCalls) {
    this.#maxCalls = maxCalls
  }

  /** Makes a call into the kernel (Pg4, Pg5). */
  during<Value>(call: () => Value): Value {
    if (this.#depth === 0) [this.#calls, this.#first] = [0, undefined]
    this.#depth += 1
    try {
      const value = call()
      if (this.#first !== undefined) throw this.#first.error
      return value
    } finally {
      this.#depth -= 1
    }
  }

  failure(): Failure {
    const failure = this.#failure
    if (failure instanceof SinkThrew) return { kind: 'sink' }
    if (!isOwnError(failure))
      return {
        kind: 'host',
        name: 'Error',
        message: 'the kernel passed a port something that cannot be read',
        code: null,
        detail: {},
      }
    const { name, message } = failure
    if (failure instanceof CodedError)
      return { kind: 'host', name, message, code: failure.code, detail: failure.detail }
    return { kind: 'host', name, message, code: null, detail: {} }
  }

  thrown(error: object): void {
    this.#thrown.set(error, this.#failure)
  }

  /** The host error for which the kernel received this one (Pg3); undefined for the kernel's own errors. */
  behind(error: unknown): unknown {
    return typeof error === 'object' && error !== null ? this.#thrown.get(error) : undefined
  }

  portsFor(ports: KernelPlatform): HostPorts {
    return {
      ...this.portsForReading(ports),
      ...this.#state(ports),
      ...this.#records(ports),
      ...this.#workers(ports),
    }
  }

  portsForReading({ state, bundles }: AuditPlatform): ReadingPorts {
    return {
      'state.get': this.#gate((space, key) => state.get(text(space) as Space, text(key))),
      'state.nextKey': this.#gate((space, prefix, after) =>
        state.nextKey(text(space) as Space, text(prefix), text(after)),
      ),
      'bundles.has': this.#gate((bundle, kind) =>
        bundles.has(text(bundle) as BundleId, text(kind) as BundleKind),
      ),
    }
  }

  /** Pg2. */
  #gate(port: Gate): HostFunction {
    return (first, second, third, fourth, fifth) => {
      this.#calls += 1
      beat(at.port)
      try {
        if (this.#calls > this.#maxCalls) throw new Stopped(`a step made ${this.#maxCalls} calls of ports`)
        return port(first, second, third, fourth, fifth)
      } catch (error) {
        this.#failure = error
        if (isFinal(error)) this.#first ??= { error }
        return this.failed
      }
    }
  }

  #state({ state }: KernelPlatform) {
    return {
      'state.set': this.#gate((space, key, value) => state.set(text(space) as Space, text(key), text(value))),
      'state.delete': this.#gate((space, key) => state.delete(text(space) as Space, text(key))),
      'state.mark': this.#gate(() => state.mark()),
      'state.undo': this.#gate((mark) => state.undo(number(mark) as Mark)),
    } as const
  }

  #records({ transcripts, outbox, bundles, tracing, ...ports }: KernelPlatform) {
    return {
      'bundles.putScript': this.#gate((script) => bundles.putScript(text(script))),
      'transcripts.append': this.#gate((vat, entry) =>
        transcripts.append(
          text(vat) as VatId,
          this.#given !== undefined && entry === this.#given ? this.#given : entryOf(entry),
        ),
      ),
      'transcripts.beginSpan': this.#gate((vat, reason) =>
        transcripts.beginSpan(text(vat) as VatId, text(reason) as SpanReason),
      ),
      'transcripts.count': this.#gate((vat) => transcripts.count(text(vat) as VatId)),
      'transcripts.forget': this.#gate((vat, from) => transcripts.forget(text(vat) as VatId, number(from))),
      'outbox.append': this.#gate((port, item) => outbox.append(text(port), text(item))),
      'outbox.release': this.#gate((sequence) => outbox.release(number(sequence))),
      'trace': this.#gate((event) => ports.trace(copyOut(event) as KernelTraceEvent)),
      'isTraced': this.#gate((kind) => tracing[text(kind) as TraceKind] === true),
    } as const
  }

  #workers({ workers }: KernelPlatform) {
    return {
      'workers.start': this.#gate((vat, assignment) =>
        workers.start(text(vat) as VatId, assigned(assignment)),
      ),
      'workers.deliver': this.#gate((vat, assignment, delivery, limits, sink) => {
        const outcome = workers.deliver(
          text(vat) as VatId,
          assigned(assignment),
          copyOut(delivery) as Delivery,
          limitsOf(limits),
          this.#sink(sink),
        )
        if (outcome.kind === 'done') this.#given = outcome.entry
        return outcome
      }),
      'workers.replay': this.#gate((vat, assignment, bundle, limits) =>
        workers.replay(
          text(vat) as VatId,
          assigned(assignment),
          text(bundle) as BundleId,
          copyOut(limits) as ReplayLimits,
        ),
      ),
      'workers.salvage': this.#gate((vat, assignment, bundle, limits, sink) =>
        workers.salvage(
          text(vat) as VatId,
          assigned(assignment),
          text(bundle) as BundleId,
          limitsOf(limits),
          this.#sink(sink),
        ),
      ),
      'workers.build': this.#gate((engine, supervisor) =>
        workers.build(text(engine) as BundleId, text(supervisor) as BundleId),
      ),
      'workers.discard': this.#gate((vat) => workers.discard(text(vat) as VatId)),
      'workers.forget': this.#gate((vat) => workers.forget(text(vat) as VatId)),
      'workers.snapshot': this.#gate((vat, assignment) =>
        workers.snapshot(text(vat) as VatId, assigned(assignment)),
      ),
    } as const
  }

  /** Wraps the kernel's sink, as the membrane passes it. */
  #sink(sink: unknown): SyscallSink {
    const handle = sink as (syscall: Syscall) => unknown
    return {
      handle: (syscall) => {
        const verdict = handle(syscall)
        if (verdict === this.failed) throw new SinkThrew()
        return verdictOf(verdict)
      },
    }
  }
}

// Data that crosses in every delivery is read field by field, which is faster than copying it.

type Fields = Readonly<Record<string, unknown>>

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : refuseType(value, 'record')
}

function assigned(assignment: unknown): WorkerAssignment {
  const { version, heapLimitPages } = fieldsOf(assignment)
  const { id, engine, supervisor, image } = fieldsOf(version)
  return {
    version: {
      id: text(id) as WorkerId,
      engine: text(engine) as BundleId,
      supervisor: text(supervisor) as BundleId,
      image: text(image) as BundleId,
    },
    heapLimitPages: number(heapLimitPages),
  }
}

function limitsOf(limits: unknown): DeliveryLimits {
  const { computrons, heapPages } = fieldsOf(limits)
  if (typeof computrons !== 'bigint') return refuseType(computrons, 'bigint')
  return heapPages === undefined ? { computrons } : { computrons, heapPages: number(heapPages) }
}

function verdictOf(verdict: unknown): Verdict {
  const { kind, answer, message } = fieldsOf(verdict)
  if (kind === 'illegal') return { kind, message: text(message) }
  if (kind !== 'legal') throw new KernelFault('the kernel says of a syscall neither that it is legal nor illegal')
  return { kind, answer: answer === null || answer === undefined ? null : text(answer) }
}

/** An entry that the kernel built itself. */
function entryOf(entry: unknown): TranscriptEntry {
  const copy = copyOut(entry)
  const { delivery, syscalls, result, computrons } = fieldsOf(copy)
  const isWhole =
    Array.isArray(syscalls) &&
    typeof delivery === 'object' &&
    typeof result === 'object' &&
    typeof computrons === 'string'
  if (!isWhole) throw new KernelFault('a transcript takes the whole entry that a delivery returned')
  return copy as TranscriptEntry
}

/** Pg1: an object that converts itself to a string is not text. */
function text(value: unknown): string {
  return typeof value === 'string' ? value : refuseType(value, 'string')
}

function number(value: unknown): number {
  return typeof value === 'number' ? value : refuseType(value, 'number')
}

function refuseType(value: unknown, wanted: string): never {
  throw new KernelFault(
    `the kernel passed a port a value of the type ${typeof value} where it takes a ${wanted}`,
  )
}
