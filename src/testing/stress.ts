/**
 * Stress: random actions between the steps of a test that must change nothing.
 *
 * The seed determines the actions and their times, so that a failing test is reproducible.
 */
import { assert } from '../base/errors.ts'
import { refuse } from '../protocol/codes.ts'

/** Rates of random disturbances between the steps of a test. */
export interface Stress {
  /** A whole number. */
  readonly seed: number
  /** Probability, from 0 to 1, of dropping all workers after a step; default: 0.2. */
  readonly evictions?: number
  /** Probability, from 0 to 1, of closing and reopening the kernel after a step; default: 0.1. */
  readonly restarts?: number
}

export type Disturbance = 'none' | 'evict' | 'restart'

/** Returns a function that returns the disturbance after each step. */
export function disturbances(stress: Stress | undefined): () => Disturbance {
  if (stress === undefined) return () => 'none'
  const { seed, evictions = 0.2, restarts = 0.1 } = stress
  if (!Number.isSafeInteger(seed))
    refuse('api/bad-argument', `stress.seed is a whole number, not ${String(seed)}`, {
      argument: 'stress.seed',
    })
  checkShare(evictions, 'stress.evictions')
  checkShare(restarts, 'stress.restarts')
  const next = randomNumbers(seed)
  return () => {
    const number = next()
    if (number < restarts) return 'restart'
    return number < restarts + evictions ? 'evict' : 'none'
  }
}

function checkShare(value: unknown, argument: string): void {
  const good = typeof value === 'number' && value >= 0 && value <= 1
  if (!good)
    refuse('api/bad-argument', `${argument} is a number from 0 to 1, not ${String(value)}`, { argument })
}

/** Numbers from 0 up to 1, from D. Lehmer's generator with the constants of Park and Miller (1988). */
function randomNumbers(seed: number): () => number {
  const modulus = 2_147_483_647
  let state = Math.abs(seed % modulus) || 1
  const next = (): number => {
    state = (state * 48_271) % modulus
    assert(state > 0 && state < modulus, 'the state of the generator stays in its cycle')
    return state / modulus
  }
  // The first numbers of small seeds are all small.
  for (let count = 0; count < 10; count += 1) next()
  return next
}
