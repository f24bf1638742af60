/**
 * What a machine records of upgrade plans: rows in the host's space, under keys that no host can use
 * (`machineKeys`).
 *
 * | row     | key                              | value                                     |
 * |---------|----------------------------------|-------------------------------------------|
 * | plan    | `plan`                           | JSON `Plan`, while it is active           |
 * | certified | `plan.certified`               | JSON `CertifiedRun`, while it is active   |
 * | cursor  | `plan.cursor`                    | JSON `PlanCursor`, while it is active     |
 * | report  | `plan.report.` number            | JSON `PlanStepReport`, while it is active |
 * | result  | `plan.result.` step              | JSON: the number of its request           |
 * | ended   | `plan.ended.` number             | JSON `PlanView` of a plan that has ended  |
 * | starting | `plan.starting.` vat            | nothing: a vat to be terminated once it has started |
 */
import { assert } from '../../base/errors.ts'
import { isCount, isRecord, isText } from '../../base/guards.ts'
import { fromOrderedNumber, orderedNumber } from '../../base/ordered.ts'
import { machineKeys } from '../../protocol/host/names.ts'
import type { PlatformState } from '../../protocol/kernel/platform.ts'
import type { CertifiedRun, PlanStepReport, PlanView } from '../../protocol/machine/plans.ts'
import type { Plan } from '../../protocol/plan/plan.ts'
import { damagedRow, hostKeys } from '../hostRows.ts'

const planKey = `${machineKeys}plan`
const cursorKey = `${machineKeys}plan.cursor`
const certifiedKey = `${machineKeys}plan.certified`
const reportPrefix = `${machineKeys}plan.report.`
const resultPrefix = `${machineKeys}plan.result.`
const endedPrefix = `${machineKeys}plan.ended.`
const startingPrefix = `${machineKeys}plan.starting.`

type State = Pick<PlatformState, 'get' | 'set' | 'delete' | 'nextKey'>

/** Where an active plan is. */
export interface PlanCursor {
  readonly state: 'running' | 'waiting' | 'paused' | 'stopped'
  readonly reason: PlanView['reason']
  /** The number of steps that have ended; the next is the current one. */
  readonly ended: number
  /** The current step, if it has begun; the work that was left before the first step is step `null`. */
  readonly step: StepProgress | null
  /** Whether the work that was left when the plan began is done. */
  readonly prepared: boolean
  /** The height of the block after which it began. */
  readonly after: number
  /** In how many blocks it has held the gate since it began or was resumed. */
  readonly blocks: number
  /** Ports through which the plan's steps have sent, with the last number that each had sent before. */
  readonly sentBefore: Readonly<Record<string, number>>
  /** What held of the subjects of `expects` when the plan stopped: it must hold when it is resumed. */
  readonly held: string | null
}

export interface StepProgress {
  /** How often the step has made requests and these were settled. */
  readonly phase: number
  /** The numbers of the requests of this phase; 0 where none was needed. */
  readonly requests: readonly number[]
  readonly cranks: number
  readonly computrons: string
  /** The height of the block after which the step began. */
  readonly began: number
}

export class PlanRows {
  readonly #state: State

  constructor(state: State) {
    this.#state = state
  }

  plan(): Plan | undefined {
    const plan = this.#read(planKey)
    return plan === undefined || isPlan(plan) ? plan : damagedRow(planKey)
  }
  setPlan(plan: Plan): void {
    this.#write(planKey, plan)
  }

  /** What the certificate says under which the plan is run. */
  certified(): CertifiedRun | undefined {
    const run = this.#read(certifiedKey)
    return run === undefined || isCertifiedRun(run) ? run : damagedRow(certifiedKey)
  }
  setCertified(run: CertifiedRun): void {
    this.#write(certifiedKey, run)
  }

  cursor(): PlanCursor | undefined {
    const cursor = this.#read(cursorKey)
    if (cursor === undefined) return undefined
    return isCursor(cursor) ? cursor : damagedRow(cursorKey)
  }
  setCursor(cursor: PlanCursor): void {
    this.#write(cursorKey, cursor)
  }

  reports(): readonly PlanStepReport[] {
    return this.#all(reportPrefix, isReport)
  }
  addReport(number: number, report: PlanStepReport): void {
    this.#write(reportPrefix + orderedNumber(number), report)
  }

  /** The number of the request whose result is the step's; undefined if it has none. */
  resultOf(step: string): number | undefined {
    const text = this.#state.get('host', resultPrefix + keyOf(step))
    return text === undefined ? undefined : Number(text)
  }
  setResult(step: string, sequence: number): void {
    this.#state.set('host', resultPrefix + keyOf(step), String(sequence))
  }
  /** The numbers of all requests whose results the plan keeps. */
  results(): readonly number[] {
    return [...hostKeys(this.#state, resultPrefix)].map((key) => Number(this.#state.get('host', key)))
  }

  /** The plan is over: its rows become one entry of the history. */
  end(view: PlanView): void {
    for (const prefix of [reportPrefix, resultPrefix])
      for (const key of [...hostKeys(this.#state, prefix)]) this.#state.delete('host', key)
    for (const key of [planKey, cursorKey, certifiedKey]) this.#state.delete('host', key)
    this.addEnded(view)
  }
  addEnded(view: PlanView): void {
    const last = [...hostKeys(this.#state, endedPrefix)].at(-1)
    const number = last === undefined ? 1 : fromOrderedNumber(last.slice(endedPrefix.length)) + 1
    assert(number >= 1, 'plans that have ended are numbered from 1')
    this.#write(endedPrefix + orderedNumber(number), view)
  }
  /** Oldest first. */
  allEnded(): readonly PlanView[] {
    return this.#all(endedPrefix, isView)
  }

  /** Names of vats of functions that are not needed any more and have not started yet. */
  starting(): readonly string[] {
    return [...hostKeys(this.#state, startingPrefix)].map((key) => key.slice(startingPrefix.length))
  }
  addStarting(vat: string): void {
    this.#state.set('host', startingPrefix + vat, '')
  }
  deleteStarting(vat: string): void {
    this.#state.delete('host', startingPrefix + vat)
  }

  #all<Row>(prefix: string, is: (value: unknown) => value is Row): readonly Row[] {
    return [...hostKeys(this.#state, prefix)].map((key) => {
      const row = this.#read(key)
      return is(row) ? row : damagedRow(key)
    })
  }

  #read(key: string): Readonly<Record<string, unknown>> | undefined {
    const text = this.#state.get('host', key)
    if (text === undefined) return undefined
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? value : damagedRow(key)
  }

  #write(key: string, value: object): void {
    this.#state.set('host', key, JSON.stringify(value))
  }
}

/** Keys of the host's space are ASCII. */
const keyOf = (step: string): string => Buffer.from(step, 'utf8').toString('hex')

const isPlan = (value: unknown): value is Plan =>
  isRecord(value) && isText(value['id']) && Array.isArray(value['steps']) && isRecord(value['expects'])

const isCertifiedRun = (value: unknown): value is CertifiedRun =>
  isRecord(value) &&
  ['certificate', 'onDeviation'].every((name) => isText(value[name])) &&
  isRecord(value['code']) &&
  Array.isArray(value['steps'])

const isReport = (value: unknown): value is PlanStepReport =>
  isRecord(value) && ['name', 'kind', 'outcome', 'computrons'].every((name) => isText(value[name]))

const isView = (value: unknown): value is PlanView =>
  isRecord(value) && isText(value['id']) && isText(value['state']) && Array.isArray(value['reports'])

const isCursor = (value: unknown): value is PlanCursor =>
  isRecord(value) &&
  isText(value['state']) &&
  ['ended', 'after', 'blocks'].every((name) => isCount(value[name])) &&
  typeof value['prepared'] === 'boolean' &&
  isRecord(value['sentBefore'])
