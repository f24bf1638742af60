/**
 * Rules of worker versions.
 *
 * Mv1. A vat starts on the version that was asked for, or on the default; a durable upgrade leads to the
 *      default, a replay on other code keeps the version, a move leads to its target. No vat is on a version
 *      that was retired.
 * Mv2. A request to move a vat ends as its mode and policy allow. A vat is refused a replay only if there is
 *      something in its life that may go another way on another version.
 * Mv3. A rollout decides all its vats, each in a way that its mode and policy allow, and all lasting effects
 *      are in the histories of the vats.
 */
import { allOps, workerIndices, type Op, type Program } from '../program/program.ts'
import type { HistorySeen, VatSeen } from '../run/observation.ts'
import type { Script } from '../script/script.ts'
import type { WorkerUpgradeChoices } from '../../protocol/worker/versions.ts'
import type { Step } from '../steps/step.ts'
import type { Facts } from './facts.ts'

/** A request to move a vat, and its result. */
export interface MoveSeen extends WorkerUpgradeChoices {
  readonly what: string
  readonly vat: string
  readonly worker: number
  /** Undefined: not known. */
  readonly how: string | undefined
}

type RolloutStep = Extract<Step, { kind: 'rollout' }>

/** Mv1. */
export function* versionsFollow(facts: Facts): Generator<string> {
  const { script, observation } = facts
  const defaults = defaultsOf(facts)
  for (const vat of observation.vats) {
    const targets = targetsFor(facts, vat.name)
    let current: number | undefined
    for (const entry of vat.history) {
      const { mode, subject, worker, incarnation, refusal } = entry
      if (refusal !== null) continue
      const may =
        mode === 'start'
          ? startsOn(facts, vat.name, defaults)
          : subject === 'worker'
            ? targets
            : mode === 'durable'
              ? defaults
              : new Set([current])
      if (!may.has(worker))
        yield `${vat.name}, ${mode} ${subject}: incarnation ${incarnation} is on version ${worker}; it should be on ${[...may].join(' or ')}`
      current = worker
    }
    if (vat.worker !== current) yield `${vat.name} is on version ${vat.worker}; its history leads to ${current}`
    if (!observation.workers.includes(vat.worker)) yield `${vat.name} is on version ${vat.worker}, which is retired`
    yield* incarnationsAreInHistory(vat)
  }
  if (!defaults.has(observation.defaultWorker)) yield `the default is version ${observation.defaultWorker}`
  for (const worker of workerIndices)
    if (!observation.workers.includes(worker) && !retiredOf(facts).has(worker) && !hasForgotten(script))
      yield `version ${worker} is gone and was not retired`
}

/** Every incarnation begins with a start or a durable upgrade, whose worker version is in the history. */
function* incarnationsAreInHistory({ name, history, lines, status }: VatSeen): Generator<string> {
  if (status !== 'running') return
  const begun = history.filter(({ mode, refusal }) => refusal === null && mode !== 'replay')
  const starts = lines.filter(([, kind]) => kind === 'start').map(([incarnation]) => incarnation)
  const listed = begun.map(({ incarnation }) => incarnation)
  if (starts.join() !== listed.join())
    yield `${name} has the incarnations ${starts.join()}; its history has ${listed.join()}`
}

/** Versions that were the default at some time. */
function defaultsOf({ script, records }: Facts): ReadonlySet<number> {
  const steps = script.steps.filter((_step, index) => records.get(index)?.kind !== 'refused')
  return new Set([0, ...steps.flatMap((step) => (step.kind === 'default' ? [step.worker] : []))])
}

/** Retired versions, as far as the host kept the results. */
const retiredOf = ({ script, observation }: Facts): ReadonlyMap<number, number> =>
  new Map(
    observation.results.flatMap(([index, how]) => {
      const step = script.steps[index]
      return step?.kind === 'retire' && how.startsWith('t:') ? [[step.worker, index] as const] : []
    }),
  )

const hasForgotten = ({ steps }: Script): boolean => steps.some(({ kind }) => kind === 'forget')

function startsOn(facts: Facts, name: string, defaults: ReadonlySet<number>): ReadonlySet<number> {
  const { steps } = facts.script
  const made = steps.findIndex((step) => step.kind === 'create' && step.name === name)
  const step = steps[made]
  if (step?.kind !== 'create') return defaults
  if (step.options === 'other-engine') return new Set([1])
  if (steps.some(({ kind }) => kind === 'retire')) return defaults
  const before = steps.slice(0, made).findLast((each) => each.kind === 'default')
  return new Set([before?.kind === 'default' ? before.worker : 0])
}

/** The versions to which the vat was to be moved. */
function targetsFor(facts: Facts, name: string): ReadonlySet<number> {
  const moves = movesOf(facts).flatMap(({ vat, worker }) => (vat === name || vat === '' ? [worker] : []))
  const rollouts = rolloutsOf(facts.script).flatMap(({ vats, worker }) =>
    vats === 'all' || vats.includes(name) ? [worker] : [],
  )
  return new Set([...moves, ...rollouts])
}

const rolloutsOf = ({ steps }: Script): readonly RolloutStep[] => steps.filter((step) => step.kind === 'rollout')

/** The requests of the host and of vats; the vat is empty for one whose asker left no journal. */
export function movesOf({ script, observation, asked, got }: Facts): readonly MoveSeen[] {
  const results = new Map(observation.results)
  return script.steps.flatMap((step, index): readonly MoveSeen[] => {
    if (step.kind === 'move') return [{ ...step, what: `step ${index}`, how: results.get(index) }]
    if (step.kind !== 'send') return []
    return moveOpsOf(step.go).flatMap((op): readonly MoveSeen[] => {
      const vat = asked.get(op.n)?.u
      if (vat === undefined) return script.ends === 'none' ? [] : [{ ...op, what: `op ${op.n}`, vat: '', how: undefined }]
      return [{ ...op, what: `op ${op.n}`, vat, how: got.get(op.n)?.how }]
    })
  })
}

const moveOpsOf = ({ ops }: Program): readonly Extract<Op, { kind: 'move' }>[] =>
  [...allOps(ops)].filter((op) => op.kind === 'move')

/** Mv2. */
export function* movesEndRight(facts: Facts): Generator<string> {
  const { vats } = facts
  for (const { what, vat, worker, mode, onDivergence, how } of movesOf(facts)) {
    if (how === undefined || how === 'none' || /^k:(vat-terminated|worker-unknown)$|^x:/.test(how)) continue
    const restarts = mode !== 'replay' || onDivergence === 'restart'
    const [, way = '', incarnation = ''] = /^w:(\w+):(\d+)$/.exec(how) ?? []
    const entries = vats.get(vat)?.history
    const isPossible =
      way === 'none' || way === 'replay'
        ? mode !== 'restart'
        : way === 'durable'
          ? mode === 'restart' || (restarts && mayDiverge(facts, vat))
          : how === 'k:upgrade-refused' && (mode === 'restart' || mayDiverge(facts, vat)) &&
            (!restarts || mayNotStart(facts, vat))
    if (!isPossible) yield `the move of ${vat} to version ${worker} by ${mode} or ${onDivergence} (${what}) ended with ${how}`
    else if ((way === 'replay' || way === 'durable') && entries !== undefined)
      yield* isInHistory(entries, way, worker, Number(incarnation), `${what} moved ${vat}`)
  }
  yield* answersFit(facts)
}

function* isInHistory(
  history: readonly HistorySeen[],
  mode: 'replay' | 'durable',
  worker: number,
  incarnation: number | undefined,
  what: string,
): Generator<string> {
  const found = history.some(
    (entry) =>
      entry.subject === 'worker' &&
      entry.mode === mode &&
      entry.worker === worker &&
      entry.refusal === null &&
      (incarnation === undefined || entry.incarnation === incarnation),
  )
  if (!found) yield `${what} to version ${worker} by ${mode}, which is not in its history`
}

/** Results of the host's other requests about versions. */
function* answersFit(facts: Facts): Generator<string> {
  const { script, observation, records } = facts
  const forms = {
    move: /^(w:\w+:\d+|k:(upgrade-refused|vat-terminated|worker-unknown))$/,
    rollout: /^(r:\d+|k:(rollout-refused|worker-unknown))$/,
    steer: /^(r:\d+|k:rollout-refused)$/,
    retire: /^(t:retired|k:(worker-in-use|worker-unknown))$/,
  }
  for (const [index, how] of observation.results) {
    const step = script.steps[index]
    if (step?.kind !== 'move' && step?.kind !== 'rollout' && step?.kind !== 'steer' && step?.kind !== 'retire')
      continue
    if (how !== 'none' && !forms[step.kind].test(how)) yield `step ${index} (${step.kind}) ended with ${how}`
  }
  for (const [worker, retired] of retiredOf(facts)) {
    for (const [index, how] of observation.results) {
      const step = script.steps[index]
      const leadsThere = (step?.kind === 'move' || step?.kind === 'rollout') && step.worker === worker
      if (leadsThere && index > retired && records.get(index)?.kind === 'accepted' && /^[wr]:/.test(how))
        yield `step ${index} (${step.kind}) leads to version ${worker}, which step ${retired} has retired`
    }
  }
}

/**
 * Whether a replay of the vat may go another way: it may use less than it used, or recursed without an end,
 * which one engine answers with an error and the other does not survive.
 */
export const mayDiverge = (facts: Facts, vat: string): boolean =>
  isLimited(facts, vat) || /"kind":"deep"/.test(JSON.stringify(facts.script.steps))

/** Whether a restart of the vat may fail: its parameters may be good for a first incarnation only. */
const mayNotStart = (facts: Facts, vat: string): boolean =>
  isLimited(facts, vat) ||
  facts.vats.get(vat)?.lines.some(([, kind, , mode]) => kind === 'start' && mode === 'forget-kinds') !== false

/** Whether the vat has a smaller heap, or a limit was changed, or a meter may be empty. */
function isLimited({ script: { steps }, lateFaults }: Facts, vat: string): boolean {
  const isNamed = steps.some(
    (step) =>
      (step.kind === 'limit' && step.vat === vat) ||
      (step.kind === 'create' && step.name === vat && step.options === 'small'),
  )
  return isNamed || lateFaults.get(vat)?.includes('k:meter-exhausted') === true
}

/** Mv3. */
export function* rolloutsEnd(facts: Facts): Generator<string> {
  const { script, observation } = facts
  const steps = new Map<number, RolloutStep>()
  for (const [index, how] of observation.results) {
    const step = script.steps[index]
    if (step?.kind === 'rollout' && how.startsWith('r:')) steps.set(Number(how.slice(2)), step)
  }
  for (const [number, { state, vats }] of observation.rollouts) {
    if (state !== 'done' && state !== 'aborted') yield `rollout ${number} is ${state} at the end`
    const step = steps.get(number)
    if (step === undefined) continue
    if (step.vats !== 'all' && vats.some(({ name }) => facts.vats.has(name) && !step.vats.includes(name)))
      yield `rollout ${number} has vats that were not named`
    for (const entry of vats) yield* outcomeIsRight(facts, number, step, state, entry)
  }
}

function* outcomeIsRight(
  facts: Facts,
  number: number,
  { mode, onFailure, worker }: RolloutStep,
  state: string,
  { name, outcome, refusal }: Facts['observation']['rollouts'][number][1]['vats'][number],
): Generator<string> {
  const diverges = mayDiverge(facts, name)
  const seen = facts.vats.get(name)
  const may = {
    waiting: false,
    left: state === 'aborted',
    gone: facts.script.ends === 'some',
    already: mode !== 'restart',
    moved: mode !== 'restart',
    restarted: mode === 'restart' || ((mode === 'auto' || onFailure === 'restart') && diverges),
    kept: onFailure === 'keep' || onFailure === 'restart',
    suspended: onFailure === 'suspend',
  }
  if (!may[outcome]) yield `rollout ${number}: ${name} is ${outcome}; mode ${mode}, policy ${onFailure}`
  const refused = outcome === 'kept' || outcome === 'suspended'
  const hasReason = refused || (outcome === 'restarted' && mode !== 'restart')
  if (hasReason !== (refusal !== null) && !(refusal !== null && outcome === 'left'))
    yield `rollout ${number}: ${name} is ${outcome}, ${refusal ?? 'without a reason'}`
  if (refused && seen !== undefined && !(mode !== 'restart' ? diverges : mayNotStart(facts, name)))
    yield `rollout ${number}: ${name} is ${outcome} (${refusal}), although nothing keeps it from following`
  if (seen === undefined || (outcome !== 'moved' && outcome !== 'restarted')) return
  const by = outcome === 'moved' ? 'replay' : 'durable'
  yield* isInHistory(seen.history, by, worker, undefined, `rollout ${number} moved ${name}`)
}
