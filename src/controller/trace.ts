/**
 * The trace of a machine: a switch between whoever has something to tell and the file it goes to.
 *
 * Tr1. What is told has no effect on anything: the trace can be switched on, off and over at any time, and
 *      its file can be full, unwritable or gone.
 * Tr2. What nobody wants costs a look at a field: `tracing` says for each kind whether it is wanted.
 */
import type { VatId } from '../base/ids.ts'
import type { ConsoleLine } from '../protocol/syscall.ts'
import { traceKinds } from '../protocol/trace.ts'
import type { TraceEvent, TraceKind, Tracing } from '../protocol/trace.ts'
import { TestLog } from './testLog.ts'
import { Thrown } from './thrown.ts'
import { TraceFile } from './traceFile.ts'
import type { TraceFileOptions } from './traceFile.ts'

/** What is told of what happens, and where to. It has no effect on anything. */
export interface TraceOptions {
  readonly file: string
  /** All kinds if not given. */
  readonly kinds?: readonly TraceKind[]
  /** A file that has grown to this is renamed to `file.1`, that to `file.2`, …; never if not given. */
  readonly rotateBytes?: number
  /** How many renamed files are kept; 5 if not given. */
  readonly keep?: number
}

export interface TraceSettings extends TraceFileOptions {
  /** All kinds if null. */
  readonly kinds: readonly TraceKind[] | null
}

/** Whether a trace is written, and where. */
export type TraceStatus =
  | { readonly kind: 'off' }
  /** `lost`: events that could not be written. */
  | { readonly kind: 'on'; readonly file: string; readonly lost: number }

/** Told of a line that a vat writes. */
export type ConsoleListener = (vat: VatId, line: ConsoleLine) => void

type Switches = { -readonly [Kind in TraceKind]: boolean }

/** Whoever tells looks here first. */
export interface Tracer {
  readonly tracing: Tracing
  readonly testLog: TestLog
  readonly thrown: Thrown
  write(event: TraceEvent): void
}

export class Trace implements Tracer {
  readonly testLog = new TestLog()
  readonly thrown = new Thrown()
  readonly #switches: Switches = Object.fromEntries(Object.keys(traceKinds).map((kind) => [kind, false])) as Switches
  readonly #readable: (text: string) => string
  readonly #console: ConsoleListener | null
  /** Kinds that go to the file. */
  #kinds: ReadonlySet<TraceKind> = new Set()
  #file: TraceFile | undefined
  #crank: number | undefined
  /** The beginning of the crank, told with what is told next: it may turn out to be none. */
  #beginning: { readonly at: number; readonly event: TraceEvent } | undefined

  /** `readable`: stacks in what a vat writes, for people. `console`: told of each line that a vat writes, as it is traced. */
  constructor(settings: TraceSettings | null, readable: (text: string) => string = (text) => text, console: ConsoleListener | null = null) {
    this.#readable = readable
    this.#console = console
    this.set(settings)
  }

  get tracing(): Tracing {
    return this.#switches
  }

  /** @throws CodedError `trace/unwritable`, and everything is as before */
  set(settings: TraceSettings | null): void {
    const file = settings === null ? undefined : new TraceFile(settings)
    this.#file?.close()
    this.#file = file
    this.#kinds = new Set(settings === null ? [] : (settings.kinds ?? (Object.keys(traceKinds) as TraceKind[])))
    for (const kind of Object.keys(this.#switches) as TraceKind[]) {
      this.#switches[kind] = this.#kinds.has(kind) || (kind === 'console' && this.#console !== null)
    }
  }

  /** A crank begins, with this number. */
  begins(crank: number, event: TraceEvent): void {
    this.#crank = crank
    this.#beginning = { at: Date.now(), event }
  }

  /** What began was no crank, and nothing is told of it. */
  wasNone(): void {
    this.#beginning = undefined
  }

  /** What is told from here on is between cranks. */
  ends(): void {
    this.#tellBeginning()
    this.#crank = undefined
  }

  write(event: TraceEvent): void {
    if (!this.#switches[event.kind]) return
    const told = event.kind === 'console' ? { ...event, line: { ...event.line, text: this.#readable(event.line.text) } } : event
    if (told.kind === 'console') this.#console?.(told.vat, told.line)
    if (this.#file === undefined || !this.#kinds.has(event.kind)) return
    this.#tellBeginning()
    this.#tell(Date.now(), told)
  }

  #tellBeginning(): void {
    const beginning = this.#beginning
    if (beginning === undefined) return
    this.#beginning = undefined
    this.#tell(beginning.at, beginning.event)
  }

  #tell(at: number, event: TraceEvent): void {
    if (!this.#kinds.has(event.kind)) return
    this.#file?.write(JSON.stringify(this.#crank === undefined ? { at, ...event } : { at, crank: this.#crank, ...event }))
  }

  get isOn(): boolean {
    return this.#file !== undefined
  }

  status(): TraceStatus {
    return this.#file === undefined ? { kind: 'off' } : { kind: 'on', file: this.#file.options.file, lost: this.#file.lost }
  }

  flush(): void {
    this.#file?.flush()
  }

  close(): void {
    this.set(null)
  }
}

/** Milliseconds to the thousandth. */
export const roundMs = (milliseconds: number): number => Math.round(milliseconds * 1_000) / 1_000
