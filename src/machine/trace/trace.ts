/**
 * The trace of a machine: a switch between event sources and the trace file.
 *
 * Tr1. The trace affects nothing: it can be switched on, off and redirected at any time, and its file can be
 *      full, unwritable or missing.
 * Tr2. An unwanted event costs one field access: `tracing` has a flag per kind.
 */
import { assert } from '../../base/errors.ts'
import type { VatId } from '../../base/ids.ts'
import type { ConsoleLine } from '../../protocol/worker/syscall.ts'
import { traceKinds, type TraceEvent, type TraceKind, type Tracing } from '../../protocol/reports/trace.ts'
import { TestLog } from './testLog.ts'
import { Thrown } from './thrown.ts'
import { TraceFile } from './traceFile.ts'
import type { TraceSettings, TraceStatus } from '../../protocol/machine/traceSettings.ts'

/** Receives a line that a vat writes. */
export type ConsoleListener = (vat: VatId, line: ConsoleLine) => void

type Switches = { -readonly [Kind in TraceKind]: boolean }

/** Event sources check these flags first. */
export interface Tracer {
  readonly tracing: Tracing
  readonly testLog: TestLog
  readonly thrown: Thrown
  write(event: TraceEvent): void
}

export class Trace implements Tracer {
  readonly testLog = new TestLog()
  readonly thrown = new Thrown()
  readonly #switches: Switches = Object.fromEntries(
    Object.keys(traceKinds).map((kind) => [kind, false]),
  ) as Switches
  readonly #readable: (text: string) => string
  readonly #console: ConsoleListener | null
  /** Kinds written to the file. */
  #kinds: ReadonlySet<TraceKind> = new Set()
  #file: TraceFile | undefined
  #crank: number | undefined
  /** The start of the crank, written with the next event: the step may turn out not to be a crank. */
  #beginning: { readonly at: number; readonly event: TraceEvent } | undefined

  /**
   * `readable`: maps stacks in vat output, for people. `console`: receives each line that a vat writes, when
   * it is traced.
   */
  constructor(
    settings: TraceSettings | null,
    readable: (text: string) => string = (text) => text,
    console: ConsoleListener | null = null,
  ) {
    this.#readable = readable
    this.#console = console
    this.set(settings)
  }

  get tracing(): Tracing {
    return this.#switches
  }

  /** @throws CodedError `trace/unwritable`; the trace is unchanged then */
  set(settings: TraceSettings | null): void {
    const file = settings === null ? undefined : new TraceFile(settings)
    this.#file?.close()
    this.#file = file
    this.#kinds = new Set(
      settings === null ? [] : (settings.kinds ?? (Object.keys(traceKinds) as TraceKind[])),
    )
    for (const kind of Object.keys(this.#switches) as TraceKind[]) {
      this.#switches[kind] = this.#kinds.has(kind) || (kind === 'console' && this.#console !== null)
    }
  }

  /** Begins a crank with this number. */
  begins(crank: number, event: TraceEvent): void {
    assert(crank > 0, 'cranks count from 1')
    assert(this.#crank === undefined, 'one crank is traced at a time')
    this.#crank = crank
    this.#beginning = { at: Date.now(), event }
  }

  /** The step was not a crank; nothing of it is written. */
  wasNone(): void {
    assert(this.#crank !== undefined, 'a step has begun')
    this.#beginning = undefined
  }

  /** Later events are between cranks. */
  ends(): void {
    assert(this.#crank !== undefined, 'a crank ends that has begun')
    this.#tellBeginning()
    this.#crank = undefined
  }

  write(event: TraceEvent): void {
    if (!this.#switches[event.kind]) return
    const readable =
      event.kind === 'console'
        ? { ...event, line: { ...event.line, text: this.#readable(event.line.text) } }
        : event
    if (readable.kind === 'console') this.#console?.(readable.vat, readable.line)
    if (this.#file === undefined || !this.#kinds.has(event.kind)) return
    this.#tellBeginning()
    this.#emit(Date.now(), readable)
  }

  #tellBeginning(): void {
    const beginning = this.#beginning
    if (beginning === undefined) return
    this.#beginning = undefined
    this.#emit(beginning.at, beginning.event)
  }

  #emit(at: number, event: TraceEvent): void {
    if (!this.#kinds.has(event.kind)) return
    this.#file?.write(
      JSON.stringify(this.#crank === undefined ? { at, ...event } : { at, crank: this.#crank, ...event }),
    )
  }

  get isOn(): boolean {
    return this.#file !== undefined
  }

  status(): TraceStatus {
    return this.#file === undefined
      ? { kind: 'off' }
      : { kind: 'on', file: this.#file.options.file, lost: this.#file.lost }
  }

  flush(): void {
    this.#file?.flush()
  }

  close(): void {
    this.set(null)
  }
}

/** Milliseconds, rounded to the thousandth. */
export const roundMs = (milliseconds: number): number => Math.round(milliseconds * 1_000) / 1_000
