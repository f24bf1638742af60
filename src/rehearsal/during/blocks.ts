/**
 * Runs a plan block by block. What it does is what it would do in one go (Pln2), and a rehearsal can look at
 * each block before the next begins.
 */
import { CodedError } from '../../base/errors.ts'
import type { Hash } from '../../base/ids.ts'
import type { Controller } from '../../host/controller.ts'
import type { PlanProgress, PlanView } from '../../protocol/machine/plans.ts'
import type { Plan } from '../../protocol/plan/plan.ts'

/** A block of the plan that is committed. */
export interface PlanBlock {
  readonly progress: PlanView
  /** The activity hash after each of its cranks; none when the kernel fails in it. */
  readonly crankHashes: readonly Hash[]
  /** Wall time, in milliseconds. */
  readonly ms: number
}

/** Runs the plan until it is over, waits or stands; it stands, too, when the kernel fails. */
export async function runByBlocks(
  controller: Controller,
  plan: Plan,
  afterBlock: (block: PlanBlock) => void | Promise<void>,
): Promise<PlanView> {
  for (;;) {
    const began = performance.now()
    const block = await runBlock(controller, plan)
    await afterBlock({ ...block, ms: performance.now() - began })
    if (block.isLast) return block.progress
  }
}

interface RunBlock extends Omit<PlanBlock, 'ms'> {
  readonly isLast: boolean
}

async function runBlock(controller: Controller, plan: Plan): Promise<RunBlock> {
  const ended = new BlockEnded()
  let crankHashes: readonly Hash[] = []
  try {
    const progress = await runToEnd(controller, plan, (now) => {
      crankHashes = now.crankHashes
      ended.progress = now
      if (now.state === 'running') throw ended
    })
    return { progress, crankHashes, isLast: true }
  } catch (error) {
    if (error !== ended || ended.progress === undefined) throw error
    return { progress: ended.progress, crankHashes, isLast: false }
  }
}

/** What a fault of the kernel leaves of the plan is its end. */
export async function runToEnd(
  controller: Controller,
  plan: Plan,
  onProgress: (progress: PlanProgress) => void,
): Promise<PlanView> {
  try {
    return await controller.runPlan(plan, { onProgress, recordCranks: true })
  } catch (error) {
    const left =
      error instanceof CodedError && error.code === 'kernel/fault' ? await controller.plan() : undefined
    if (left === undefined) throw error
    return left
  }
}

/** Thrown to leave `runPlan` after a block. */
class BlockEnded extends Error {
  progress: PlanView | undefined
}
