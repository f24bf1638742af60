/**
 * Carries a rollout out: runs and commits, block by block, until it does not run any more.
 *
 * Rg1. Each block is durable when the next begins. After a kill at any point the rollout goes on with the vat
 *      that is next.
 * Rg2. A block also ends after so many cranks, so that work of the vats that never ends does not hold it up.
 */
import { assert } from '../../base/errors.ts'
import type { Controller, RolloutView } from '../../host/index.ts'
import type { Io } from '../output/io.ts'
import { Progress } from '../output/progress.ts'
import { pluralize } from '../output/text/counts.ts'
import { runKernel } from './running.ts'

/** Rg2. */
const blockCranks = 1_000

/** `over`: the rollout does not run any more. Otherwise it does, and another command continues it. */
export interface Rolled {
  readonly ended: 'over' | 'kernel-paused' | 'interrupted'
  readonly blocks: number
  readonly signal: AbortSignal
}

/** At SIGINT or SIGTERM it ends after the current crank, and commits. */
export async function carryOut(controller: Controller, io: Io): Promise<Rolled> {
  const signal = io.interceptSignals?.() ?? new AbortController().signal
  const progress = new Progress(io)
  let blocks = 0
  try {
    for (;;) {
      const rollout = await lastRollout(controller)
      progress.show(textOf(rollout, blocks))
      if (rollout.state !== 'running') return { ended: 'over', blocks, signal }
      if (signal.aborted) return { ended: 'interrupted', blocks, signal }
      const { ended, cranks } = await runKernel(controller, { cranks: blockCranks, signal })
      if (ended === 'paused' && cranks === 0) return { ended: 'kernel-paused', blocks, signal }
      await controller.commit()
      blocks += 1
    }
  } finally {
    progress.end()
  }
}

/** A rollout that was started is there. */
export async function lastRollout(controller: Controller): Promise<RolloutView> {
  const rollout = await controller.rollout()
  assert(rollout !== undefined, 'a store keeps its last rollout')
  assert(rollout.decided <= rollout.vats, 'no more vats are decided than there are')
  return rollout
}

const textOf = ({ number, decided, vats }: RolloutView, blocks: number): string =>
  `rollout ${number}: ${decided} of ${pluralize(vats, 'vat')} in ${pluralize(blocks, 'block')}`
