/** What is observed of a world at the end of a run, as plain data. */
import { assert } from '../../base/errors.ts'
import type { WorkerId } from '../../base/ids.ts'
import type {
  FaultCalls,
  KernelUpgradeCalls,
  MachineCalls,
  RequestCalls,
} from '../../protocol/machine/calls.ts'
import { decodeValue, Remote, RemotePromise } from '../../api/values.ts'
import { blocksOf, type Block } from './blocks.ts'
import type { KernelSeen, RunProgress, RefusedUpgrade, RolloutSeen } from './progress.ts'
import type { Prepared } from './storePool.ts'
import { portName, readMail } from '../steps/port.ts'
import type { StepRecord } from '../steps/step.ts'
import type { Line } from '../vat/journal.ts'

/** An entry of the history of a vat. */
export interface HistorySeen {
  readonly mode: 'start' | 'durable' | 'replay'
  readonly subject: 'code' | 'worker'
  /** The incarnation that began, or that continues by replay, or that failed to start. */
  readonly incarnation: number
  /** The index of the worker version. */
  readonly worker: number
  /** The code with which it was refused. */
  readonly refusal: string | null
}

/** A vat as it is at the end. */
export interface VatSeen {
  readonly name: string
  readonly incarnation: number
  readonly status: string
  /** The index of its worker version. */
  readonly worker: number
  readonly history: readonly HistorySeen[]
  readonly heapHash: string
  readonly lines: readonly Line[]
  /** `[place, key, name, value, name of the object that it keeps]`. */
  readonly places: readonly (readonly (string | number)[])[]
}

/** Everything that the model judges. */
export interface Observation {
  readonly blocks: readonly Block[]
  readonly vats: readonly VatSeen[]
  /** Vats that ran and have terminated: their journals are lost. */
  readonly ended: readonly string[]
  readonly records: readonly (readonly [step: number, record: StepRecord])[]
  /** The results that the host has kept, in the notation of `vat/outcomes.ts`. */
  readonly results: readonly (readonly [step: number, how: string])[]
  /** All items that vats sent to the host by the port: `[number, n]`. */
  readonly mail: readonly (readonly [number: number, n: number])[]
  /** Failed items of the host, by number. */
  readonly failures: readonly (readonly [number: number, how: string])[]
  /** The number of items of the host that no vat has received. */
  readonly waiting: number
  /** All times to which the clock was advanced, in order. */
  readonly times: readonly number[]
  /** Suspended vats with the cause, such as `vat1 requested`, and the last step after which they were. */
  readonly held: readonly (readonly [vatAndCause: string, last: number])[]
  /** Refused upgrades with `onFailure: 'suspend'`, by step. */
  readonly refused: readonly (readonly [step: number, refused: RefusedUpgrade])[]
  readonly rollouts: readonly (readonly [number: number, rollout: RolloutSeen])[]
  /** The indices of the worker versions that are installed at the end, and which of them is the default. */
  readonly workers: readonly number[]
  readonly defaultWorker: number
  /** Attempts to replace the kernel, by name, oldest first. */
  readonly kernelHistory: readonly (readonly [from: string, to: string, outcome: 'done' | 'taken-back'])[]
  /** The kernel after each step of a script that may replace it. */
  readonly kernels: readonly (readonly [step: number, seen: KernelSeen])[]
  /** Items of the inbox that wait at the end, and those that are set aside. */
  readonly untaken: number
  readonly aside: number
  /** Messages that were set aside, and the step at which each was last put back. */
  readonly putBack: readonly (readonly [step: number, at: number])[]
}

/** More items than any run has. */
const all = 1_000

/** Observes the world that the machine has open. */
export function observe(
  machine: MachineCalls,
  directory: string,
  progress: RunProgress,
  ledger: Map<number, string>,
  { workers, kernels }: Prepared,
): Observation {
  const { records, reports, lived, held, refused, rollouts, times } = progress
  const names = new Map(machine.vats().map(({ root, name }) => [root as string, `root:${name}`]))
  const results: [number, string][] = []
  for (const [step, record] of records) {
    if (record.kind === 'accepted') results.push([step, resultOf(machine, record.sequence, names)])
  }
  const there = machine.vats().filter(({ status }) => status.kind !== 'terminated')
  const indexOf = (id: WorkerId): number => {
    const index = workers.indexOf(id)
    assert(index >= 0, `${id} is a worker version of the world`)
    return index
  }
  const installed = machine.workers()
  const usedAsDefault = installed.find(({ use }) => use === 'default')
  assert(usedAsDefault !== undefined, 'a store has a default worker version')
  const vats = there.map(({ name, incarnation, status, worker }): VatSeen => {
    const heapHash = status.kind === 'running' ? machine.heapHash(name) : ''
    return {
      name,
      incarnation,
      status: status.kind,
      worker: indexOf(worker),
      history: machine.history(name).map((entry) => ({
        mode: entry.mode,
        subject: entry.subject ?? 'code',
        incarnation: entry.incarnation,
        worker: indexOf(entry.worker),
        refusal: entry.outcome.kind === 'done' ? null : entry.outcome.code,
      })),
      heapHash,
      ...reportOf(machine, reports.get(name)),
    }
  })
  assert(vats.length === there.length, 'every vat is observed')
  const ended = [...lived].filter((name) => !there.some((vat) => vat.name === name))
  const mail = [...progress.mail, ...readMail({ machine, ledger }, all)]
  const failures = machine
    .portFailures(portName, 0, all)
    .map(({ number, reason }) => [number, describe(decodeValue(reason), names)] as const)
  const { waiting } = machine.port(portName)
  assert(waiting >= 0, 'the number of waiting items is not negative')
  return {
    blocks: blocksOf(directory),
    vats,
    ended,
    records: [...records],
    results,
    mail,
    failures,
    waiting,
    times,
    held: [...held],
    refused: [...refused],
    rollouts: [...rollouts],
    workers: installed.map(({ id }) => indexOf(id)).sort(),
    defaultWorker: indexOf(usedAsDefault.id),
    ...observeKernel(machine, progress, kernels),
  }
}

function observeKernel(
  machine: KernelUpgradeCalls & FaultCalls,
  { kernels: seen, putBack }: RunProgress,
  kernels: Prepared['kernels'],
): Pick<Observation, 'kernelHistory' | 'kernels' | 'untaken' | 'aside' | 'putBack'> {
  const history = machine.kernelHistory().map(({ from, to, refused, returned }) => {
    const outcome = refused === null && returned === null ? 'done' : 'taken-back'
    return [nameOf(kernels, from), nameOf(kernels, to), outcome] as const
  })
  return {
    kernelHistory: history,
    kernels: [...seen],
    untaken: machine.waitingItems(0, all).length,
    aside: machine.setAsideItems().filter((item) => item.putBack === null).length,
    putBack: [...putBack],
  }
}

const nameOf = (kernels: Prepared['kernels'], id: string): string =>
  kernels.find((kernel) => kernel.id === id)?.name ?? id

function reportOf(machine: RequestCalls, sequence: number | undefined): Pick<VatSeen, 'lines' | 'places'> {
  const status = sequence === undefined ? undefined : machine.result(sequence)
  if (status?.kind !== 'fulfilled') return { lines: [], places: [] }
  const { lines, places } = decodeValue(status.data) as { lines: string[]; places: (string | number)[][] }
  return { lines: lines.map((line) => JSON.parse(line) as Line), places }
}

/** A result in the notation of `vat/outcomes.ts`; `none` when it was released. */
export function resultOf(
  machine: RequestCalls,
  sequence: number,
  names: ReadonlyMap<string, string>,
): string {
  try {
    const status = machine.result(sequence)
    if (status.kind === 'pending') return 'pending'
    return describe(decodeValue(status.data), names)
  } catch (error) {
    if ((error as { code?: unknown }).code === 'result/unknown') return 'none'
    throw error
  }
}

function describe(value: unknown, names: ReadonlyMap<string, string>): string {
  if (value instanceof Remote) return `o:${names.get(value.kref) ?? '?'}`
  if (value instanceof RemotePromise) return 'p:?'
  if (typeof value !== 'object' || value === null) return `d:${String(value)}`
  const { name, code, incarnationNumber, root, reason, worker, mode, number, bundle } = value as {
    name?: unknown
    code?: unknown
    incarnationNumber?: unknown
    root?: unknown
    reason?: { code?: unknown }
    worker?: unknown
    mode?: unknown
    number?: unknown
    bundle?: unknown
  }
  if (value instanceof Error && typeof code !== 'string')
    return value.name === 'Error' ? `e:Error:${value.message}` : `e:${value.name}`
  if (code === 'upgrade-refused' && reason?.code === 'salvage/stale') return `k:${code}:${reason.code}`
  if (value instanceof Error || name === 'KernelRejection') return `k:${String(code)}`
  if (name === 'vatUpgraded' || name === 'vatTerminated') return `x:${name}:${String(incarnationNumber)}`
  if (root instanceof Remote) return `v:${names.get(root.kref)?.slice('root:'.length) ?? '?'}`
  if (typeof worker === 'string') {
    if (typeof number === 'number') return `r:${number}`
    return incarnationNumber === undefined ? 't:retired' : `w:${String(mode)}:${String(incarnationNumber)}`
  }
  if (typeof bundle === 'string') return 't:retired'
  return `u:${String(incarnationNumber)}`
}
