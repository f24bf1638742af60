/**
 * Facts: the combined content of the journals of all vats, and the requests of the host.
 *
 * Fa1. Everything with a number happens at most once in a world. A second record of it is a finding.
 */
import { assert } from '../../base/errors.ts'
import type { Observation, VatSeen } from '../run/observation.ts'
import { allOps, type Op, type Program, type WakeupKind } from '../program/program.ts'
import type { Script } from '../script/script.ts'
import type { StepRecord } from '../steps/step.ts'

/** A position in the journal of a vat. */
export interface Moment {
  /** Its name, or `host`. */
  readonly vat: string
  readonly incarnation: number
  /** The index of the line. */
  readonly index: number
}

/** A message that was sent. */
export interface Sent extends Moment {
  /** The object or promise that it was sent to. */
  readonly target: string
  readonly result: 'ignore' | 'await' | 'hold' | 'keep'
  /** The identity of the promise in the sender's heap; 0 for an object. */
  readonly which: number
}
/** A message that arrived at an object. */
export interface Received extends Moment {
  readonly u: string
}
/** An object that was made. */
export interface Made extends Moment {
  readonly kind: string
}
/** An outcome, in the notation of `vat/outcomes.ts`. */
export interface OutcomeSeen extends Moment {
  readonly how: string
}
/** A watch of a promise. */
export interface Watched extends Moment {
  readonly u: string
}

/** An item of the host that arrived. */
export interface ItemReceived extends Moment {
  readonly number: number
}
/** A requested wakeup. */
export interface Wakeup extends Moment {
  readonly how: WakeupKind
  readonly when: number
  readonly lasts: boolean
}
/** A wakeup that happened. */
export interface Woken extends Moment {
  readonly time: number
}
/** A cancelled wakeup. */
export interface Cancel extends Moment {
  readonly wakeup: number
}
/** The start of an incarnation. */
export interface Started extends Moment {
  readonly tag: string
  readonly mode: string
}

/** Salvaged data that an incarnation received. */
export interface Inherited extends Moment {
  readonly text: string
}

/** The facts about one world, in tables. */
export interface Facts {
  readonly script: Script
  readonly observation: Observation
  readonly vats: ReadonlyMap<string, VatSeen>
  readonly records: ReadonlyMap<number, StepRecord>
  /** The program of each message, by number. */
  readonly programs: ReadonlyMap<number, Program>
  /** The continuation of each message, by number. */
  readonly continuations: ReadonlyMap<number, readonly Op[]>
  /** By vat: how its pending continuations may fail, in the crank of an unrelated message. */
  readonly lateFaults: ReadonlyMap<string, readonly string[]>
  readonly sent: ReadonlyMap<number, Sent>
  readonly received: ReadonlyMap<number, Received>
  readonly answers: ReadonlyMap<number, OutcomeSeen>
  readonly got: ReadonlyMap<number, OutcomeSeen>
  readonly who: ReadonlyMap<number, OutcomeSeen>
  readonly made: ReadonlyMap<string, Made>
  readonly promises: ReadonlyMap<string, Moment>
  readonly decided: ReadonlyMap<string, OutcomeSeen>
  readonly watched: ReadonlyMap<number, Watched>
  readonly told: ReadonlyMap<number, OutcomeSeen>
  readonly asked: ReadonlyMap<number, Watched>
  readonly posted: ReadonlyMap<number, Moment>
  readonly items: ReadonlyMap<number, ItemReceived>
  readonly wakeups: ReadonlyMap<number, Wakeup>
  readonly woke: ReadonlyMap<number, readonly Woken[]>
  readonly cancels: ReadonlyMap<number, Cancel>
  /** By `vat incarnation`. */
  readonly starts: ReadonlyMap<string, Started>
  /** By `vat incarnation`. */
  readonly salvaged: ReadonlyMap<string, Inherited>
  /** Messages of the host about what it learned in a block that a fault of the kernel took back (Flt5). */
  readonly takenBack: ReadonlySet<number>
  readonly findings: string[]
}

/** A map that reports a second value for a key (Fa1). */
class Once<Key, Value> extends Map<Key, Value> {
  readonly #what: string
  readonly #findings: string[]

  constructor(what: string, findings: string[]) {
    super()
    this.#what = what
    this.#findings = findings
  }
  override set(key: Key, value: Value): this {
    if (this.has(key))
      this.#findings.push(
        `${this.#what} ${String(key)} twice: ${JSON.stringify(this.get(key))} and ${JSON.stringify(value)}`,
      )
    return super.set(key, value)
  }
}

function makeTables(findings: string[]) {
  const once = <Key, Value>(what: string): Once<Key, Value> => new Once(what, findings)
  return {
    sent: once<number, Sent>('message sent'),
    received: once<number, Received>('message received'),
    answers: once<number, OutcomeSeen>('message answered'),
    got: once<number, OutcomeSeen>('result known'),
    who: once<number, OutcomeSeen>('result named'),
    made: once<string, Made>('object made'),
    promises: once<string, Moment>('promise made'),
    decided: once<string, OutcomeSeen>('promise decided'),
    watched: once<number, Watched>('promise watched'),
    told: once<number, OutcomeSeen>('watcher told'),
    asked: once<number, Watched>('kernel asked'),
    posted: once<number, Moment>('item sent'),
    items: once<number, ItemReceived>('item received'),
    wakeups: once<number, Wakeup>('wakeup asked for'),
    woke: new Map<number, Woken[]>(),
    cancels: once<number, Cancel>('wakeup cancelled'),
    starts: once<string, Started>('start'),
    salvaged: once<string, Inherited>('salvage inherited'),
  }
}

type Tables = ReturnType<typeof makeTables>
type Rest = readonly (string | number)[]

/** What each kind of line adds to the tables; unlisted kinds add nothing. */
const readers: { readonly [kind: string]: (tables: Tables, moment: Moment, rest: Rest) => void } = {
  sent: ({ sent }, moment, [n, target, result, which]) =>
    sent.set(Number(n), {
      ...moment,
      target: String(target),
      result: result as Sent['result'],
      which: Number(which),
    }),
  recv: ({ received }, moment, [n, u]) => received.set(Number(n), { ...moment, u: String(u) }),
  answers: ({ answers }, moment, [n, how]) => answers.set(Number(n), { ...moment, how: String(how) }),
  got: ({ got }, moment, [n, how]) => got.set(Number(n), { ...moment, how: String(how) }),
  who: ({ who }, moment, [n, how]) => who.set(Number(n), { ...moment, how: String(how) }),
  made: ({ made }, moment, [u, kind]) => made.set(String(u), { ...moment, kind: String(kind) }),
  promise: ({ promises }, moment, [u]) => promises.set(String(u), moment),
  decided: ({ decided }, moment, [u, how]) => decided.set(String(u), { ...moment, how: String(how) }),
  watched: ({ watched }, moment, [n, u]) => watched.set(Number(n), { ...moment, u: String(u) }),
  told: ({ told }, moment, [n, how]) => told.set(Number(n), { ...moment, how: String(how) }),
  asked: ({ asked }, moment, [n, u]) => asked.set(Number(n), { ...moment, u: String(u) }),
  posted: ({ posted }, moment, [n]) => posted.set(Number(n), moment),
  item: ({ items }, moment, [n, number]) => items.set(Number(n), { ...moment, number: Number(number) }),
  wakeup: ({ wakeups }, moment, [n, how, when, x]) =>
    wakeups.set(Number(n), { ...moment, how: how as WakeupKind, when: Number(when), lasts: x === 'lasts' }),
  woke: ({ woke }, moment, [n, time]) =>
    woke.set(Number(n), [...(woke.get(Number(n)) ?? []), { ...moment, time: Number(time) }]),
  cancel: ({ cancels }, moment, [n, wakeup]) => cancels.set(Number(n), { ...moment, wakeup: Number(wakeup) }),
  salvaged: ({ salvaged }, moment, [text]) =>
    salvaged.set(`${moment.vat} ${moment.incarnation}`, { ...moment, text: String(text) }),
  start: ({ starts }, moment, [tag, mode]) =>
    starts.set(`${moment.vat} ${moment.incarnation}`, { ...moment, tag: String(tag), mode: String(mode) }),
}

/** Collects the facts from the script and the observation. */
export function gatherFacts(script: Script, observation: Observation): Facts {
  const findings: string[] = []
  assert(
    new Set(observation.vats.map(({ name }) => name)).size === observation.vats.length,
    'every vat is observed once',
  )
  const tables = makeTables(findings)
  const records = new Map(observation.records)
  const putBack = new Map(observation.putBack)
  const programs = new Map<number, Program>()
  const continuations = new Map<number, readonly Op[]>()
  script.steps.forEach((step, index) => {
    if (step.kind !== 'send') return
    assert(!programs.has(step.n), 'numbers are unique in a script (Po1)')
    programs.set(step.n, step.go)
    for (const op of allOps(step.go.ops)) {
      if (op.kind !== 'send') continue
      assert(!programs.has(op.n), 'numbers are unique in a script (Po1)')
      programs.set(op.n, op.go)
      continuations.set(op.n, op.then)
    }
    if (records.get(index)?.kind !== 'accepted') return
    const target = step.to.kind === 'root' ? `root:${step.to.vat}` : resultName(script, step.to.step)
    // A message that was set aside is sent again when it is put back.
    const at = putBack.get(index) ?? index
    tables.sent.set(step.n, { vat: 'host', incarnation: 0, index: at, target, result: step.result, which: 0 })
  })
  for (const { name, lines } of observation.vats) {
    lines.forEach(([incarnation, kind, ...rest], index) =>
      readers[kind]?.(tables, { vat: name, incarnation, index }, rest),
    )
  }
  const vats = new Map(observation.vats.map((vat) => [vat.name, vat]))
  return {
    script,
    observation,
    vats,
    records,
    programs,
    continuations,
    lateFaults: lateFaultsOf(tables, programs, continuations),
    takenBack: takenBackOf(script, observation),
    ...tables,
    findings,
  }
}

function takenBackOf({ steps }: Script, { kernels }: Observation): ReadonlySet<number> {
  const seen = new Map(kernels)
  const fails = (index: number): boolean => {
    const fault = seen.get(index)?.fault ?? null
    return fault !== null && fault.block !== seen.get(index - 1)?.fault?.block
  }
  const isLost = (index: number): boolean => {
    const block = steps.findIndex(
      ({ kind }, at) => at >= index && (kind === 'commit' || kind === 'kernel' || fails(at)),
    )
    return block >= 0 && steps[block]?.kind !== 'kernel' && fails(block)
  }
  return new Set(
    steps.flatMap((step, index) => {
      const isLearned =
        step.kind === 'send' && (step.to.kind === 'result' || step.give.some((u) => u.startsWith('admin:')))
      return isLearned && isLost(index) ? [step.n] : []
    }),
  )
}

/**
 * Faults of pending continuations, and of messages that wait in the heap of their sender. Both run in the
 * crank of the delivery that settles the promise.
 */
function lateFaultsOf(
  { sent, received, got }: Tables,
  programs: Facts['programs'],
  continuations: Facts['continuations'],
): Map<string, string[]> {
  const faults = new Map<string, string[]>()
  const add = (vat: string, more: readonly string[]): void =>
    void faults.set(vat, [...(faults.get(vat) ?? []), ...more])
  for (const { ops } of programs.values()) {
    for (const op of allOps(ops))
      if (op.kind === 'create' && op.meter > 0) add(op.name, ['k:meter-exhausted'])
  }
  for (const [n, { vat, target }] of sent) {
    if (!got.has(n)) add(vat, faultsOf({ ops: continuations.get(n) ?? [], answer: { kind: 'self' } }))
    if (/^[pm]\d/.test(target) && !received.has(n)) add(vat, faultsOf(programs.get(n)))
  }
  return faults
}

const endless = ['k:computrons-exhausted', 'k:heap-exhausted']
/** The older engine does not check its stack, so deep recursion traps. */
const deep = ['k:worker-trapped']

/** How a program may fail, including the programs that it sends: they may run in the same crank. */
export function faultsOf(program: Program | undefined): string[] {
  if (program === undefined) return []
  const faults = program.answer.kind === 'deep' ? [...deep] : []
  for (const op of allOps(program.ops)) {
    if (op.kind === 'burn' || op.kind === 'blow') faults.push(...endless)
    if (
      (op.kind === 'settle' && op.to.kind === 'deep') ||
      (op.kind === 'send' && op.go.answer.kind === 'deep')
    )
      faults.push(...deep)
  }
  return faults
}

/** The name of the result of a host's step. */
function resultName({ steps }: Script, index: number): string {
  const step = steps[index]
  return step?.kind === 'send' ? `m${step.n}` : step?.kind === 'create' ? `kit:${step.name}` : `step:${index}`
}
