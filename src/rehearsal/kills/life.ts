/**
 * A process for a rehearsal to kill: opens the fork and goes on with the plan where the store says it is.
 * `node life.ts <file of the order>`; its lines are `lifeMessages.ts`.
 *
 * It ends when its standard input does: with the process that started it.
 */
import { readFileSync, readSync, writeSync } from 'node:fs'
import { CodedError } from '../../base/errors.ts'
import type { Controller } from '../../host/controller.ts'
import { openController } from '../../host/open.ts'
import type { PlanView } from '../../protocol/machine/plans.ts'
import { runToEnd } from '../during/blocks.ts'
import { vatFigures } from '../during/vatFigures.ts'
import type { LifeLine, LifeOrder } from './lifeMessages.ts'

const order = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as LifeOrder

const write = (line: LifeLine): void => void writeSync(1, `${JSON.stringify(line)}\n`)

async function live({ directory, trust }: LifeOrder): Promise<void> {
  const controller = await openController({ directory, make: 'never', trust, verify: 'lazy' })
  write({ kind: 'opened' })
  const { state, reports } = await runPlan(controller, order)
  const { activityHash } = await controller.storeStatus()
  write({ kind: 'over', state, reports, figures: await vatFigures(controller), end: activityHash })
  await controller.shutdown()
}

async function runPlan(controller: Controller, { plan, afterBlock }: LifeOrder): Promise<PlanView> {
  const active = await controller.plan()
  // A process before this one got this far.
  if (active?.state === 'waiting') return active
  return runToEnd(controller, plan, ({ state, ended }) => {
    if (state !== 'running') return
    write({ kind: 'block', ended })
    if (afterBlock === 'hold') waitForEnd()
  })
}

/** Blocks the thread until standard input ends: nothing more is asked of the machine. */
function waitForEnd(): never {
  readSync(0, Buffer.alloc(1))
  process.exit(1)
}

if (order.afterBlock === 'go-on') process.stdin.resume().once('end', () => process.exit(1))
try {
  await live(order)
} catch (error) {
  if (!(error instanceof CodedError)) throw error
  write({ kind: 'refused', code: error.code, message: error.message })
}
process.exit()
