/** Running the kernel, up to a limit or until no work is left. */
import { assert } from '../../base/errors.ts'
import type { RolloutView } from '../../protocol/worker/rollout.ts'
import type { World, StepKind } from './step.ts'

/** Programs are finite, so every world comes to rest within this number. */
const maxCranks = 20_000

/** Runs up to a limit, or until no work is left. */
export const run: StepKind<'run'> = {
  weight: 25,
  make: ({ random }) => {
    const kind = random.weighted({ cranks: 5, computrons: 3, idle: 3 })
    if (kind === 'cranks') return { kind: 'run', limit: { kind, cranks: 1 + random.below(40) } }
    if (kind === 'computrons')
      return { kind: 'run', limit: { kind, computrons: 1 + random.below(20_000_000) } }
    return { kind: 'run', limit: { kind } }
  },
  apply: (world, { limit }) => {
    switch (limit.kind) {
      case 'cranks':
        return assertRested(world, world.run({ cranks: limit.cranks, computrons: null }))
      case 'computrons':
        return assertRested(world, world.run({ cranks: null, computrons: BigInt(limit.computrons) }))
      case 'idle': {
        const report = world.run({ cranks: maxCranks, computrons: null })
        assert(report.ended !== 'limit', `the world has not come to rest after ${maxCranks} cranks`)
        return assertRested(world, report)
      }
    }
  },
}

/** When no work is left, no vat still drains before its upgrade; a rollout has done what its pace allows. */
function assertRested({ machine }: World, { ended }: ReturnType<World['run']>): void {
  const draining =
    ended === 'idle' ? machine.vats().find(({ status }) => status.kind === 'draining') : undefined
  const rollout = ended === 'idle' ? machine.rollout() : null
  const rests = rollout?.state !== 'running' || isSpent(rollout)
  assert(rests, `no work is left, and rollout ${rollout?.number} runs`)
  assert(draining === undefined, `no work is left, and ${draining?.name} still drains`)
}

const isSpent = ({ inBlock, perBlock: { vats, computrons } }: RolloutView): boolean =>
  inBlock.vats >= vats || (computrons !== null && BigInt(inBlock.computrons) >= BigInt(computrons))
