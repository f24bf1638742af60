/**
 * The host's requests to the kernel, and their results. Each call resolves the names in its arguments,
 * refuses what the kernel would reject with certainty, and submits an item for the inbox.
 *
 * Rqp1. A paused kernel is given no new work: messages and new vats are refused. All that can end the pause
 *       or take away its cause is accepted.
 */
import { isObjectKref } from '../../base/ids.ts'
import type { CapData } from '../../protocol/capdata.ts'
import { refuse } from '../../protocol/codes.ts'
import type { ChangeableOptions, OnRejection, UpgradeChoices, VatOptions } from '../../protocol/host/inbox.ts'
import { isVatName } from '../../protocol/host/names.ts'
import type { InboxItem } from '../../protocol/host/requests.ts'
import type { RequestCalls } from '../../protocol/machine/calls.ts'
import type { SendTarget } from '../../protocol/machine/reports.ts'
import type { ResultStatus } from '../../protocol/results.ts'
import type { Salvage } from '../../protocol/worker/salvage.ts'
import type { Store } from '../../store/store.ts'
import type { Faults } from '../faults/faults.ts'
import type { KernelTrials } from '../kernelUpgrades/trials.ts'
import { salvagedFor } from '../dryRuns/salvaging.ts'
import type { Migration } from '../kernelUpgrades/migration.ts'
import type { Lookups } from '../lookups/lookups.ts'
import type { PlanGate } from '../plans/planGate.ts'
import { refuseWithoutStart } from '../replay/preparedReplay.ts'

/** Puts the item into the inbox and has the kernel accept it. Returns its number. */
type Submit = (item: InboxItem) => number

export class Requesting implements RequestCalls {
  readonly #store: Store
  readonly #lookups: Lookups
  readonly #faults: Pick<Faults, 'assertNone' | 'isPending'>
  readonly #trials: Pick<KernelTrials, 'before' | 'view'>
  readonly #migration: Migration
  readonly #submit: Submit
  readonly #plans: () => Pick<PlanGate, 'stepNeeding'>

  constructor(
    store: Store,
    lookups: Lookups,
    {
      faults,
      trials,
    }: {
      readonly faults: Pick<Faults, 'assertNone' | 'isPending'>
      readonly trials: Pick<KernelTrials, 'before' | 'view'>
    },
    migration: Migration,
    submit: Submit,
    plans: () => Pick<PlanGate, 'stepNeeding'>,
  ) {
    this.#plans = plans
    this.#migration = migration
    this.#store = store
    this.#faults = faults
    this.#trials = trials
    this.#lookups = lookups
    this.#submit = submit
  }

  createVat(name: string, bundle: string, parameters: CapData, options: VatOptions): number {
    this.#assertNotPaused()
    if (!isVatName(name))
      refuse('vat/name-invalid', `${JSON.stringify(name)} cannot be the name of a vat`, { name })
    if (this.#lookups.read.vatNamed(name) !== undefined)
      refuse('vat/name-taken', `there is already a vat named ${name}`, { name })
    return this.#submit({
      kind: 'createVat',
      name,
      bundle: this.#lookups.vatBundle(bundle),
      parameters,
      options:
        options.worker === undefined
          ? options
          : { ...options, worker: this.#lookups.worker(options.worker).id },
    })
  }

  upgradeVat(
    nameOrId: string,
    bundle: string,
    parameters: CapData,
    choices: UpgradeChoices,
    salvage: Salvage | null,
  ): number {
    const { vat } = this.#lookups.vat(nameOrId)
    const found = salvagedFor(vat, salvage, choices.mode, parameters)
    const replays = choices.mode === 'replay' || choices.mode === 'auto'
    const { transcripts } = this.#store
    if (replays && transcripts.count(vat) > 0 && transcripts.incarnation(vat) === undefined)
      refuseWithoutStart(vat)
    return this.#submit({
      kind: 'upgradeVat',
      vat,
      bundle: this.#lookups.vatBundle(bundle),
      parameters,
      ...choices,
      ...found,
    })
  }

  retireBundle(nameOrId: string): number {
    const bundle = this.#lookups.bundle(nameOrId)
    const step = this.#plans().stepNeeding(bundle)
    if (step !== null)
      refuse('bundle/in-use', `the step ${JSON.stringify(step)} of the active plan needs the bundle ${bundle}`, {
        bundle,
        step,
      })
    return this.#submit({ kind: 'retireBundle', bundle })
  }

  suspendVat(nameOrId: string, reason: string): number {
    return this.#submit({ kind: 'suspendVat', vat: this.#lookups.started(nameOrId), reason })
  }

  resumeVat(nameOrId: string): number {
    return this.#submit({ kind: 'resumeVat', vat: this.#lookups.started(nameOrId) })
  }

  terminateVat(nameOrId: string, reason: CapData): number {
    return this.#submit({ kind: 'terminateVat', vat: this.#lookups.started(nameOrId), reason })
  }

  changeVatOptions(nameOrId: string, options: ChangeableOptions): number {
    return this.#submit({ kind: 'changeVatOptions', vat: this.#lookups.started(nameOrId), options })
  }

  pauseKernel(reason: string): void {
    this.#submit({ kind: 'pauseKernel', reason })
  }

  resumeKernel(): void {
    this.#submit({ kind: 'resumeKernel' })
  }

  send(target: SendTarget, methargs: CapData, result: 'keep' | 'ignore', onRejection: OnRejection): number {
    const kref = target.kind === 'root' ? this.#lookups.vat(target.vat).root : target.kref
    if (!isObjectKref(kref))
      refuse('api/bad-argument', `${JSON.stringify(kref)} is not an object of the kernel`)
    this.#assertNotPaused()
    return this.#submit({
      kind: 'send',
      target: kref,
      methargs,
      result,
      ...(onRejection === 'ignore' ? {} : { onRejection }),
    })
  }

  /** Rqp1. */
  #assertNotPaused(): void {
    this.#faults.assertNone()
    const pause = this.#lookups.read.paused()
    if (pause === undefined) return
    const { code, since, message } = pause
    refuse('kernel/paused', `the kernel is paused since crank ${since} (${code}): ${message}`, { ...pause })
  }

  result(sequence: number): ResultStatus {
    if (this.#migration.view !== null && this.#faults.isPending(sequence)) return { kind: 'pending' }
    const status = this.#lookups.read.result(sequence)
    if (status === undefined && this.#faults.isPending(sequence)) return { kind: 'pending' }
    if (status === undefined)
      refuse('result/unknown', `no result ${sequence} is kept for the host`, { sequence })
    return this.#isWithheld(sequence, status) ? { kind: 'pending' } : status
  }

  /** Trl3: it was settled by a kernel on probation. */
  #isWithheld(sequence: number, { kind }: ResultStatus): boolean {
    const { before } = this.#trials
    if (before === undefined || kind === 'pending') return false
    return (before.result(sequence)?.kind ?? 'pending') === 'pending'
  }

  whyPending(sequence: number): ReturnType<RequestCalls['whyPending']> {
    const { kind } = this.result(sequence)
    if (this.#migration.view !== null) return null
    const isSettled = (this.#lookups.read.result(sequence)?.kind ?? 'pending') !== 'pending'
    if (kind === 'pending' && isSettled)
      return { kind: 'trial', cranksLeft: this.#trials.view()?.cranksLeft ?? 0 }
    return this.#lookups.read.whyPending(sequence) ?? null
  }

  forget(sequence: number): void {
    // While tables are migrated, it is not known which results there are; the kernel ignores other numbers.
    if (this.#migration.view === null) this.result(sequence)
    this.#submit({ kind: 'forget', sequence })
  }

  lastRequest(): number {
    return this.#store.inbox.last
  }
}
