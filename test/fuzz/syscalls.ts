/** Fuzzes the wire of syscalls: so many spoilt deliveries from a seed, in arenas of so many each. */
import { emptyTally, Arena, type Tally } from './arena.ts'

export interface Fuzzing {
  readonly seed: number
  /** Things that are wrong, in all deliveries together. */
  readonly count: number
  /** An audit after so many deliveries. */
  readonly auditEvery?: number
  readonly onArena?: (tally: Tally) => void
}

const deliveriesOfAnArena = 2_000

export function fuzzSyscalls({ seed, count, auditEvery = 200, onArena = () => {} }: Fuzzing): Tally {
  const tally = emptyTally()
  for (let number = 0; tally.mutations < count; number += 1) {
    playArena(Math.imul(seed + number, 0x9e37_79b1), tally, () => tally.mutations < count, auditEvery)
    onArena(tally)
  }
  return tally
}

function playArena(seed: number, tally: Tally, goesOn: () => boolean, auditEvery: number): void {
  const arena = new Arena(seed, tally)
  let deliveries = 0
  try {
    while (deliveries < deliveriesOfAnArena && goesOn() && !arena.isCrowded) {
      deliveries += 1
      arena.attack()
      if (deliveries % auditEvery === 0) arena.inspect()
      if (deliveries % 500 === 0) arena.commit()
    }
    arena.inspect()
    arena.commit()
  } catch (error) {
    throw new Error(
      `arena ${seed}, after ${deliveries} deliveries: ${String(error)}\nthe last was ${JSON.stringify(arena.last)}`,
      { cause: error },
    )
  } finally {
    arena.close()
  }
}

/** The same arena with an audit after every delivery: which delivery was it. */
export function replayArena(seed: number): Tally {
  const tally = emptyTally()
  playArena(seed, tally, () => true, 1)
  return tally
}
