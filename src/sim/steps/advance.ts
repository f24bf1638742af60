import type { Stage, StepKind } from './step.ts'

/** It is later now, or as late as before. */
export const advance: StepKind<'advance'> = {
  weight: 6,
  make: ({ dice }) => ({ kind: 'advance', by: dice.chance(10) ? 0 : 1 + dice.roll(60) }),
  apply: (stage, { by }) => advanceBy(stage, by),
}

export function advanceBy({ machine, times }: Pick<Stage, 'machine' | 'times'>, by: number): void {
  const now = machine.currentTime() + BigInt(by)
  machine.advanceTime(now)
  times.push(Number(now))
}
