/** How busy the machine is with other things: a figure that was measured beside them is provisional. */
import { cpus, loadavg } from 'node:os'
import { setTimeout } from 'node:timers/promises'

const watchedMs = 2_000
/** Above this share of the processors, others are at work. */
const quiet = 0.1

interface Times {
  readonly idle: number
  readonly all: number
}

function times(): Times {
  const spent = cpus().map(({ times: { user, nice, sys, idle, irq } }) => ({
    idle,
    all: user + nice + sys + idle + irq,
  }))
  return {
    idle: spent.reduce((sum, one) => sum + one.idle, 0),
    all: spent.reduce((sum, one) => sum + one.all, 0),
  }
}

/** The share of all processors that is in use while this process waits. */
export async function busyShare(): Promise<number> {
  const before = times()
  await setTimeout(watchedMs)
  const after = times()
  return 1 - (after.idle - before.idle) / (after.all - before.all)
}

export const isQuiet = (share: number): boolean => share < quiet

/** Of the last minute. */
export const load = (): number => loadavg()[0] ?? Number.NaN
