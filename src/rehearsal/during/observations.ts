/**
 * What is seen of each step while a plan is run: errors on the way, the longest crank, the growth of the
 * store.
 *
 * Obs1. It is read from the trace, which affects nothing (Tr1), and from the file of the fork.
 * Obs2. What is seen is noted; nothing of it speaks against the plan. Vats may talk in rejections.
 */
import { isRecord } from '../../base/guards.ts'
import { excerpt } from '../../base/text.ts'
import type { CapData } from '../../protocol/capdata.ts'
import type { PlanView } from '../../protocol/machine/plans.ts'
import type { TraceKind, TraceLine } from '../../protocol/reports/trace.ts'
import type { Delivery } from '../../protocol/worker/delivery.ts'

/** Something that was seen in a step. */
export interface StepNote {
  readonly kind:
    | 'console'
    | 'rejected'
    | 'fault'
    | 'suspended'
    | 'terminated'
    | 'paused'
    | 'watched'
    | 'kernel'
  /** The name of the vat; null if it was none. */
  readonly vat: string | null
  readonly crank: number | null
  /** What the vat was given; empty if nothing. */
  readonly delivery: string
  readonly message: string
}

/** What was seen of a step. */
export interface StepObservation {
  /** Null: the work that was left before the first step. */
  readonly step: string | null
  /** The crank with the most computrons. */
  readonly longest: { readonly crank: number; readonly vat: string; readonly computrons: string } | null
  /** Bytes by which the file has grown. */
  readonly growth: number
  /** The first ones. */
  readonly notes: readonly StepNote[]
  /** How many notes there were besides. */
  readonly omitted: number
}

/** The kinds of events that are looked at. */
export const observedKinds = [
  'delivery',
  'syscall',
  'console',
  'crankEnded',
  'fault',
  'suspended',
  'terminated',
  'paused',
  'rejection',
  'kernelFault',
] as const satisfies readonly TraceKind[]

const maxNotes = 100
const maxMessage = 500

/** What was seen in one block. */
class BlockSight {
  readonly notes: StepNote[] = []
  omitted = 0
  longest: StepObservation['longest'] = null
  #delivery: Extract<TraceLine, { kind: 'delivery' }> | undefined

  /** `nameOf`: by the id of a vat. */
  see(line: TraceLine, nameOf: (vat: string) => string): void {
    if (line.kind === 'delivery') this.#delivery = line
    else if (line.kind === 'crankEnded') this.#weigh(line, nameOf)
    for (const note of notesOf(line)) this.#add(note, 'crank' in line ? (line.crank ?? null) : null, nameOf)
  }

  #weigh(line: Extract<TraceLine, { kind: 'crankEnded' }>, nameOf: (vat: string) => string): void {
    const { vat, computrons } = line
    const crank = 'crank' in line ? (line.crank ?? 0) : 0
    this.#delivery = undefined
    if (vat === null || BigInt(computrons) <= BigInt(this.longest?.computrons ?? 0)) return
    this.longest = { crank, vat: nameOf(vat), computrons }
  }

  #add(note: Seen, crank: number | null, nameOf: (vat: string) => string): void {
    if (this.notes.length >= maxNotes) {
      this.omitted += 1
      return
    }
    const { kind, vat, message } = note
    const delivery = this.#delivery?.vat === vat ? deliveryText(this.#delivery?.delivery) : ''
    this.notes.push({
      kind,
      vat: vat === null ? null : nameOf(vat),
      crank,
      delivery,
      message: excerpt(message, maxMessage),
    })
  }
}

type Seen = Pick<StepNote, 'kind' | 'vat' | 'message'>

function notesOf(line: TraceLine): readonly Seen[] {
  switch (line.kind) {
    case 'console': {
      const { level, text } = line.line
      return level === 'error' || level === 'warn'
        ? [{ kind: 'console', vat: line.vat, message: `${level}: ${text}` }]
        : []
    }
    case 'syscall': {
      if (line.syscall.kind !== 'resolve') return []
      return line.syscall.resolutions
        .filter(({ outcome }) => outcome === 'rejected')
        .map(({ data }) => ({ kind: 'rejected', vat: line.vat, message: reasonText(data) }))
    }
    case 'fault':
    case 'suspended':
    case 'paused':
      return [{ kind: line.kind, vat: line.vat, message: `${line.cause}: ${line.message}` }]
    case 'terminated':
      return [{ kind: 'terminated', vat: line.vat, message: `${line.end}: ${line.message}` }]
    case 'rejection':
      return [{ kind: 'watched', vat: null, message: `result ${line.sequence}: ${reasonText(line.data)}` }]
    case 'kernelFault':
      return [{ kind: 'kernel', vat: null, message: line.message }]
    default:
      return []
  }
}

/** The error in it, or its text. */
function reasonText({ body }: CapData<string>): string {
  const value = parsed(body)
  const message = isRecord(value) ? (value['#error'] ?? value['message']) : undefined
  return typeof message === 'string' ? message : body
}

/** Of a message its method, and of a start the incarnation. */
function deliveryText(delivery: Delivery | undefined): string {
  if (delivery === undefined) return ''
  if (delivery.kind === 'startVat') return `start of incarnation ${delivery.incarnation}`
  if (delivery.kind !== 'message') return delivery.kind
  const methargs = parsed(delivery.methargs.body)
  const method: unknown = Array.isArray(methargs) ? methargs[0] : undefined
  return `message ${typeof method === 'string' ? method : ''} to ${delivery.target}`
}

/** Smallcaps begin with `#`. */
function parsed(body: string): unknown {
  try {
    return JSON.parse(body.replace(/^#/, ''))
  } catch {
    return undefined
  }
}

/** The step with which the block ends, or that goes on after it; `ended`: steps that were over before it. */
export const stepOfBlock = ({ reports, current, state }: PlanView, ended: number): string | null =>
  (reports.length > ended || state === 'done' ? reports.at(-1)?.name : current?.name) ?? null

/** Obs1. */
export class Observations {
  readonly #steps = new Map<string | null, StepObservation>()
  #bytes: number

  /** `bytes`: the length of the file. */
  constructor(bytes: number) {
    this.#bytes = bytes
  }

  get all(): readonly StepObservation[] {
    return [...this.#steps.values()]
  }

  /** A block is committed: what was traced in it belongs to the step that it ended, or is in. */
  block(
    view: PlanView,
    ended: number,
    lines: Iterable<TraceLine>,
    { bytes, nameOf }: { readonly bytes: number; readonly nameOf: (vat: string) => string },
  ): void {
    const sight = new BlockSight()
    for (const line of lines) sight.see(line, nameOf)
    this.#add(stepOfBlock(view, ended), sight, bytes - this.#bytes)
    this.#bytes = bytes
  }

  #add(step: string | null, { notes, omitted, longest }: BlockSight, growth: number): void {
    const known = this.#steps.get(step) ?? { step, longest: null, growth: 0, notes: [], omitted: 0 }
    const all = [...known.notes, ...notes]
    const isLonger = longest !== null && BigInt(longest.computrons) > BigInt(known.longest?.computrons ?? 0)
    this.#steps.set(step, {
      step,
      longest: isLonger ? longest : known.longest,
      growth: known.growth + growth,
      notes: all.slice(0, maxNotes),
      omitted: known.omitted + omitted + Math.max(0, all.length - maxNotes),
    })
  }
}
