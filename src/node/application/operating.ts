/**
 * Does the operations on the kernel that votes and uploads have queued, in order.
 *
 * Opr1. An operation is done once. If the store has committed while it was under way, what it has done is
 *       read from the store: the history of plans, of kernels, or the fault that it ended in.
 * Opr2. An operation that the kernel refuses has failed; one that this machine could not do is not done, and
 *       the block is not committed.
 * Opr3. An operation that needs the kernel (`messageTable`) fails while it is faulted, paused or migrating.
 *       One that needs the host alone waits for the end of a migration if it has to.
 */
import { hash } from 'node:crypto'
import { CodedError } from '../../base/errors.ts'
import type { BundleId } from '../../base/ids.ts'
import type { Controller } from '../../host/controller.ts'
import type { EndoBundle } from '../../bundler/endoBundle.ts'
import type { PlanProgress } from '../../protocol/machine/plans.ts'
import type { JsonValue } from '../../protocol/node/fields.ts'
import { messageTable, type MessageOf } from '../../protocol/node/messages.ts'
import { canonicalJson } from '../../protocol/node/transaction.ts'
import type { Installation, Operation, OperationMessage } from '../modules/kernel/operations.ts'
import { uploadedBytes } from '../modules/kernel/uploads.ts'
import { parameterOf } from '../modules/parameters/parameters.ts'
import type { StateReader } from '../state/hostState.ts'
import type { BegunOperation } from './work.ts'

/** How an operation ended. */
export type OperationOutcome =
  | { readonly kind: 'done'; readonly data: JsonValue; readonly report: string | null }
  | { readonly kind: 'failed'; readonly code: string; readonly report: string | null }
  /** The kernel answers this request when it runs. */
  | { readonly kind: 'requested'; readonly sequence: number }
  /** It goes on in the next block: a plan waits for an item at a port, or a migration is under way. */
  | { readonly kind: 'waiting'; readonly for: 'plan' | 'migration' }
  /** The kernel is in place or migrating, and may be taken back (Ktr1). */
  | { readonly kind: 'on-trial'; readonly kernel: string }
  /** An item has another number now. */
  | { readonly kind: 'renumbered'; readonly from: number; readonly to: number }

const done = (data: JsonValue = null, report: string | null = null): OperationOutcome => ({
  kind: 'done',
  data,
  report,
})

const failed = (code: string, report: string | null = null): OperationOutcome => ({
  kind: 'failed',
  code,
  report,
})

/** Whether an error is of this machine alone (Opr2). */
export const isLocal = (error: unknown): boolean =>
  !(error instanceof CodedError) || /^(machine|store)\/|^worker\/build-ended$/.test(error.code)

/** `begun`: set when the store has committed while the operation was under way (Opr1). */
export async function operate(
  controller: Controller,
  state: StateReader,
  { what }: Operation,
  begun: BegunOperation | null,
): Promise<OperationOutcome> {
  try {
    if (what.kind === 'install') return await install(controller, state, what)
    const obstacle = begun === null ? await obstacleTo(controller, what) : null
    return obstacle === null ? await act(controller, state, what, begun) : failed(obstacle)
  } catch (error) {
    if (isLocal(error)) throw error
    const { code } = error as CodedError
    const waits = code === 'kernel/migrating' && what.kind !== 'install' && messageTable[what.kind].needs === 'host'
    return waits ? { kind: 'waiting', for: 'migration' } : failed(code)
  }
}

/** Opr3: the code of why the kernel cannot do it now; null if it can. Ending a pause is possible in one. */
async function obstacleTo(controller: Controller, { kind }: OperationMessage): Promise<string | null> {
  if (messageTable[kind].needs === 'host') return null
  const { state, paused } = await controller.storeStatus()
  if (state.kind !== 'ready') return `kernel/${state.kind}`
  return paused === null || kind === 'kernel/unpause' ? null : 'kernel/paused'
}

async function install(
  controller: Controller,
  state: StateReader,
  installation: Installation,
): Promise<OperationOutcome> {
  const { for: kind, label } = installation
  const bytes = uploadedBytes(state, installation)
  if (kind === 'kernel') return done({ id: (await controller.installKernel(bytes)).id })
  if (kind === 'engine' || kind === 'supervisor')
    return done({ id: (await controller.installWorkerPart(kind, bytes, label ?? undefined)).id })
  const bundle = kind === 'vat' ? vatBundle(bytes) : endoBundle(bytes)
  if (bundle === undefined) return failed('bundle/malformed')
  return done({ id: (await controller.installBundle(bundle, label ?? undefined)).id })
}

function vatBundle(bytes: Uint8Array) {
  const source = new TextDecoder().decode(bytes)
  return { source, bytes, inputs: [], warnings: [], map: '' }
}

function endoBundle(bytes: Uint8Array): EndoBundle | undefined {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as EndoBundle
  } catch {
    return undefined
  }
}

async function act(
  controller: Controller,
  state: StateReader,
  message: OperationMessage,
  begun: BegunOperation | null,
): Promise<OperationOutcome> {
  switch (message.kind) {
    case 'kernel/run-plan':
      return runPlan(controller, state, message, begun)
    case 'kernel/abandon-plan':
      await controller.abandonPlan(message.reason)
      return done()
    case 'kernel/install-worker':
      return installWorker(controller, message)
    case 'kernel/pause':
      await controller.pauseKernel(message.reason)
      return done()
    case 'kernel/upgrade':
      return upgradeKernel(controller, message, begun)
    case 'kernel/upgrade-vat': {
      const { vat, bundle, parameters } = message
      const options = parameters === undefined ? {} : { parameters }
      return requested(await controller.upgradeVat(vat, bundle, options))
    }
    case 'kernel/suspend':
      return requested(await controller.suspendVat(message.vat, message.reason))
    case 'kernel/resume':
      return requested(await controller.resumeVat(message.vat))
    case 'kernel/terminate':
      return requested(await controller.terminateVat(message.vat, message.reason))
    case 'kernel/set-aside':
      await controller.setAside(message.item)
      return done()
    case 'kernel/put-back':
      return putBack(controller, message.item, begun)
    case 'kernel/retry':
      return retry(controller, begun)
    case 'kernel/unpause':
      await controller.resumeKernel()
      return done()
  }
}

const requested = ({ sequence }: { readonly sequence: number }): OperationOutcome => ({
  kind: 'requested',
  sequence,
})

async function runPlan(
  controller: Controller,
  state: StateReader,
  { plan, certificate, onDeviation, resume }: MessageOf<'kernel/run-plan'>,
  begun: BegunOperation | null,
): Promise<OperationOutcome> {
  const active = await controller.plan()
  // The commit that has the record of this operation has what the plan did in this block, up to its waiting.
  if (begun !== null && active?.state === 'waiting') return { kind: 'waiting', for: 'plan' }
  const isStanding = active?.state === 'stopped' || active?.state === 'paused'
  if (resume !== undefined && begun === null && isStanding)
    await controller.resumePlan({ skip: resume === 'skip' })
  const progress = await controller.runPlan(plan, {
    cranksPerBlock: parameterOf(state, 'kernel.step-cranks'),
    ...(certificate === undefined ? {} : { certificate }),
    ...(onDeviation === undefined ? {} : { onDeviation: onDeviation as 'stop' }),
  })
  if (progress.was === 'ended' && begun === null) return failed('plan/ended')
  if (progress.state === 'waiting') return { kind: 'waiting', for: 'plan' }
  const report = reportHash(progress)
  if (progress.state === 'done') return done({ plan: progress.id, report }, report)
  const { reason, reports } = progress
  const code = reason?.code ?? reports.find(({ outcome }) => outcome === 'failed')?.code ?? 'plan/failed'
  // A fault before the first step is an error of the call, and after an interruption the state of the plan.
  return failed(code, code === 'kernel/fault' ? null : report)
}

/** The hash of what each step came to, without texts for people, which differ between releases. */
function reportHash({ id, state, reports }: PlanProgress): string {
  const steps = reports.map(({ message: _message, deviation: _deviation, ...step }) => step)
  return hash('sha256', canonicalJson({ id, state, steps: JSON.parse(JSON.stringify(steps)) as JsonValue }))
}

/** Both parts are of the store: what a release brings differs between nodes. */
async function installWorker(
  controller: Controller,
  { engine, supervisor, label, use, image }: MessageOf<'kernel/install-worker'>,
): Promise<OperationOutcome> {
  const { id } = await controller.installWorker({
    engine,
    supervisor,
    ...(label === undefined ? {} : { label }),
    ...(use === undefined ? {} : { use: use as 'default' }),
    ...(image === undefined ? {} : { image }),
  })
  return done({ id })
}

async function upgradeKernel(
  controller: Controller,
  { kernel, rowsPerBlock }: Extract<OperationMessage, { readonly kind: 'kernel/upgrade' }>,
  begun: BegunOperation | null,
): Promise<OperationOutcome> {
  const before = begun === null ? undefined : (await controller.kernelHistory())[begun.kernels]
  // One that was taken back since was on trial when this operation was complete, as it is without a kill.
  if (before !== undefined)
    return before.refused === null ? { kind: 'on-trial', kernel } : failed('kernel/upgrade-failed')
  // A migration that is spread over blocks is in the history when it has ended.
  const isMigrating = begun !== null && (await controller.storeStatus()).state.kind === 'migrating'
  if (!isMigrating) await putInPlace(controller, kernel, rowsPerBlock)
  return { kind: 'on-trial', kernel }
}

/** One that was in place and taken back at what waited is on trial too, as after an interruption. */
async function putInPlace(
  controller: Controller,
  kernel: BundleId,
  rowsPerBlock: number | undefined,
): Promise<void> {
  const place = (await controller.kernelHistory()).length
  try {
    await controller.upgradeKernel(kernel, rowsPerBlock === undefined ? {} : { rowsPerBlock })
  } catch (error) {
    if (isLocal(error) || (error as CodedError).code !== 'kernel/upgrade-failed') throw error
    if ((await controller.kernelHistory())[place]?.refused !== null) throw error
  }
}

/**
 * After an interruption: what ended a fault of the kernel has accepted what waited, but not in the commit of
 * its end.
 */
export async function acceptWhatWaits(controller: Controller): Promise<void> {
  const { state } = await controller.storeStatus()
  if (state.kind !== 'ready') return
  try {
    await controller.retryKernel()
  } catch (error) {
    // The store has a record of a kernel that failed at it.
    if (isLocal(error)) throw error
  }
}

/** An item at which the kernel fails again is in the inbox all the same, under its new number. */
async function putBack(
  controller: Controller,
  item: number,
  begun: BegunOperation | null,
): Promise<OperationOutcome> {
  const before = await placeOf(controller, item)
  // It was put back before an interruption.
  if (begun !== null && before !== null) return { kind: 'renumbered', from: item, to: before }
  try {
    return { kind: 'renumbered', from: item, to: await controller.putBack(item) }
  } catch (error) {
    const to = before === null ? await placeOf(controller, item) : null
    if (isLocal(error) || to === null) throw error
    return { kind: 'renumbered', from: item, to }
  }
}

/** The new number of an item that was put back; null: it was not. */
async function placeOf(controller: Controller, item: number): Promise<number | null> {
  const items = await controller.setAsideItems()
  return items.find(({ sequence }) => sequence === item)?.putBack ?? null
}

async function retry(controller: Controller, begun: BegunOperation | null): Promise<OperationOutcome> {
  if ((await controller.fault()) === undefined) return failed('kernel/not-faulted')
  // A retry commits only by failing again.
  if (begun !== null) return failed('kernel/fault')
  await controller.retryKernel()
  return done()
}
