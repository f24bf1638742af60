/**
 * Opens the store for one command.
 *
 * Se1. The store is closed before the command ends, after an error too.
 * Se2. A command's work is one block, or none: nothing is committed before all of it is done. Only `run`
 *      and rollouts commit in between.
 * Se3. Every failure reports the block that was committed before, except those that are recorded in the store
 *      and say so themselves.
 */
import { assert, CodedError } from '../../base/errors.ts'
import { openController, type Controller } from '../../host/index.ts'
import type { Io } from '../output/io.ts'
import { AfterCommit } from '../output/problem.ts'
import type { Report } from '../output/report.ts'
import type { ParsedArgs } from '../args/arguments.ts'
import { recordedFault } from './running.ts'
import { optionsOf, type Opening } from './storeOptions.ts'
import { asOf, unwritable } from './readOnly.ts'

/** Runs `work` with the store open for writing. */
export async function withController<Value>(
  args: ParsedArgs,
  io: Io,
  opening: Opening,
  work: (controller: Controller) => Promise<Value>,
): Promise<Value> {
  return closing(await openController(optionsOf(args, io, opening)), work)
}

/**
 * Runs `work` of a command that commits nothing. A store that another process has open, or that this user may
 * read but not write, is opened for reading, and `work` receives the reason.
 */
export async function withReader(
  args: ParsedArgs,
  io: Io,
  opening: Opening,
  work: (controller: Controller, unwritable?: CodedError) => Promise<Report>,
): Promise<Report> {
  const options = optionsOf(args, io, opening)
  let reason: CodedError | undefined
  const controller = await openController(options).catch((error: unknown) => {
    if (!(error instanceof CodedError) || !unwritable.has(error.code)) throw error
    reason = error
    return openController({ ...options, access: 'read' })
  })
  return closing(controller, async () => {
    if (reason?.code !== 'store/in-use') return work(controller, reason)
    const { height } = await controller.storeStatus()
    io.err(`heirloom: another process has the store open; this is its last committed block, ${height}\n`)
    return asOf(await work(controller, reason), height)
  })
}

/** Se1. */
async function closing<Value>(
  controller: Controller,
  work: (controller: Controller) => Promise<Value>,
): Promise<Value> {
  try {
    return await withHeight(controller, work)
  } finally {
    // A machine thread that died has closed its store; the error that killed it is reported.
    await controller.shutdown().catch(() => {})
  }
}

/** Se3. */
async function withHeight<Value>(
  controller: Controller,
  work: (controller: Controller) => Promise<Value>,
): Promise<Value> {
  const before = await controller.storeStatus()
  try {
    return await work(controller)
  } catch (error) {
    const faulted = await recordedFault(controller, error)
    if (faulted !== undefined) throw faulted
    if (isTakenBack(error)) throw error
    const after = await controller.storeStatus().catch(() => before)
    assert(after.height >= before.height, 'the height of a store never decreases')
    throw after.height > before.height ? new AfterCommit(error, after.height) : error
  }
}

/** The block that records the attempt does not hold any work of the user. */
const isTakenBack = (error: unknown): boolean =>
  error instanceof CodedError && ['kernel/upgrade-failed', 'kernel/returned'].includes(error.code)
