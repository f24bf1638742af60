/** Advancing the clock. */
import { assert } from '../../base/errors.ts'
import type { World, StepKind } from './step.ts'

/** Advances the clock, sometimes by nothing. */
export const advance: StepKind<'advance'> = {
  weight: 6,
  make: ({ random }) => ({ kind: 'advance', by: random.chance(10) ? 0 : 1 + random.below(60) }),
  apply: (world, { by }) => advanceBy(world, by),
}

/** Advances the clock and records the new time. */
export function advanceBy({ machine, times }: Pick<World, 'machine' | 'times'>, by: number): void {
  assert(by >= 0, 'time never goes back')
  // While the kernel is faulted, the time that the host set last may wait.
  const last = BigInt(times.at(-1) ?? 0)
  const current = machine.currentTime()
  const now = (last > current ? last : current) + BigInt(by)
  machine.advanceTime(now)
  assert(times.length === 0 || Number(now) >= (times.at(-1) ?? 0), 'recorded times ascend')
  times.push(Number(now))
}
