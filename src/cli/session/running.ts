/** Running the kernel in a command, so that a fault of the kernel ends the command. */
import { assert, CodedError } from '../../base/errors.ts'
import type { Controller, RunOptions } from '../../host/index.ts'
import { returnedText } from '../../protocol/machine/kernelUpgrades.ts'
import type { RunReport } from '../../protocol/machine/runs.ts'
import { refuse } from '../../protocol/codes.ts'
import { migrationText } from '../output/kernel/migration.ts'
import { KernelFaulted } from '../output/kernel/kernelFault.ts'

/**
 * The same as `runPiece`, for commands whose work needs the kernel.
 * @throws CodedError `kernel/migrating` when the block only got a piece of a migration. What the command
 *   submitted is committed then, and waits.
 */
export async function runKernel(controller: Controller, options: RunOptions = {}): Promise<RunReport> {
  const report = await runPiece(controller, options)
  if (report.ended !== 'migrating') return report
  await controller.commit()
  const { state } = await controller.storeStatus()
  assert(state.kind === 'migrating', 'a run that ended at a piece leaves a migration under way')
  return refuse('kernel/migrating', `a kernel is ${migrationText(state.migration)}`, { ...state.migration })
}

/**
 * Runs until no work is left, or to the limits; or does the block's piece of a migration.
 * @throws CodedError `kernel/returned` when the kernel fails on trial. What was accepted waits.
 * @throws KernelFaulted when the kernel fails, or had failed before. What the command submitted is committed
 *   then, and waits.
 */
export async function runPiece(controller: Controller, options: RunOptions = {}): Promise<RunReport> {
  const before = await controller.fault()
  const report = await controller.run(options)
  if (report.ended === 'returned' && report.returned !== null)
    throw new CodedError('kernel/returned', returnedText(report.returned), { ...report.returned })
  if (report.ended !== 'faulted') return report
  // A fault in this run is in a block of its own.
  if (before !== undefined) await controller.commit()
  const fault = await controller.fault()
  assert(fault !== undefined, 'a run that ended in a fault leaves it recorded')
  throw new KernelFaulted(fault)
}

/** The same for an error that a call of the controller threw; undefined if it is none of a recorded fault. */
export async function recordedFault(
  controller: Controller,
  error: unknown,
): Promise<KernelFaulted | undefined> {
  if (error instanceof KernelFaulted) return error
  if (!(error instanceof CodedError) || error.code !== 'kernel/fault') return undefined
  const fault = await controller.fault().catch(() => undefined)
  return fault === undefined ? undefined : new KernelFaulted(fault, [], error.detail)
}
