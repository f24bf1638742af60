import { assert } from '../../base/errors.ts'
import type { Stage, StepKind } from './step.ts'

/** Programs are finite, so every world comes to rest; one that does not goes round for ever. */
const mostCranks = 20_000

/** Runs for a while, or until nothing is left to do. */
export const run: StepKind<'run'> = {
  weight: 25,
  make: ({ dice }) => {
    const kind = dice.weighted({ cranks: 5, computrons: 3, idle: 3 })
    if (kind === 'cranks') return { kind: 'run', limit: { kind, cranks: 1 + dice.roll(40) } }
    if (kind === 'computrons') return { kind: 'run', limit: { kind, computrons: 1 + dice.roll(20_000_000) } }
    return { kind: 'run', limit: { kind } }
  },
  apply: (stage, { limit }) => {
    switch (limit.kind) {
      case 'cranks':
        return rested(stage, stage.run({ cranks: limit.cranks, computrons: null }))
      case 'computrons':
        return rested(stage, stage.run({ cranks: null, computrons: BigInt(limit.computrons) }))
      case 'idle': {
        const report = stage.run({ cranks: mostCranks, computrons: null })
        assert(report.ended !== 'limit', `the world is not at rest after ${mostCranks} cranks`)
        return rested(stage, report)
      }
    }
  },
}

/** When nothing is left to do, no vat waits for answers before its upgrade. */
function rested({ machine }: Stage, { ended }: ReturnType<Stage['run']>): void {
  const draining =
    ended === 'idle' ? machine.vats().find(({ status }) => status.kind === 'draining') : undefined
  assert(draining === undefined, `nothing is left to do, and ${draining?.name} still drains`)
}
