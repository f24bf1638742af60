/**
 * Injects faults into a run that must change nothing, at random from a seed: evictions, restarts, forks,
 * exports, probes, pruning, crashes and damaged logs.
 *
 * Fj1. Two runs of one script with different faults have the same blocks and the same heaps.
 * Fj2. A crash discards everything uncommitted; the run continues from the last block.
 * Fj3. A damaged log is tried on a copy of what a crash leaves (`logDamage.ts`), with random numbers of its
 *      own.
 */
import type { MachineOptions } from '../../protocol/machine/options.ts'
import type { KeptTranscripts, Retention } from '../../protocol/store/retention.ts'
import type { Probe } from './probes.ts'
import { assert } from '../../base/errors.ts'
import { Random } from '../program/random.ts'

/** Thrown in place of a call of the machine: the process dies here. */
export class Crash extends Error {}

/** Probability of each fault, in percent of its occasions. */
export interface FaultRates {
  /** Before a step: all workers are evicted. */
  readonly evict: number
  /** After a block: the store is closed and reopened. */
  readonly reopen: number
  /** After a block: the run continues in a fork of its store. */
  readonly fork: number
  /** After a block: the store is exported, imported elsewhere, and the run continues there. */
  readonly import: number
  /** Of a `run`: it is divided into slices. */
  readonly slices: number
  /** Before a step: the host makes a probe. */
  readonly probe: number
  /** Of upgrades by replay: the replay is prepared. */
  readonly prepare: number
  /** After a block: another retention is set, or excess data is pruned at once. */
  readonly prune: number
  /** Before a step, while a rollout is under way: the process dies. */
  readonly midway: number
  /** The number of crashes. */
  readonly crashes: number
  /** Of crashes: the log of a copy is damaged, and the copy is opened. */
  readonly damage: number
}

const faultRates: readonly FaultRates[] = [
  {
    evict: 0,
    reopen: 0,
    fork: 0,
    import: 0,
    slices: 0,
    probe: 0,
    prepare: 0,
    prune: 0,
    midway: 0,
    crashes: 0,
    damage: 0,
  },
  {
    evict: 5,
    reopen: 10,
    fork: 4,
    import: 2,
    slices: 30,
    probe: 8,
    prepare: 60,
    prune: 20,
    midway: 15,
    crashes: 2,
    damage: 50,
  },
  {
    evict: 12,
    reopen: 20,
    fork: 0,
    import: 2,
    slices: 50,
    probe: 3,
    prepare: 80,
    prune: 5,
    midway: 40,
    crashes: 1,
    damage: 100,
  },
  {
    evict: 2,
    reopen: 5,
    fork: 8,
    import: 6,
    slices: 10,
    probe: 5,
    prepare: 40,
    prune: 40,
    midway: 5,
    crashes: 5,
    damage: 40,
  },
]

/** Of a run in a process that is killed. */
const processFaultRates: FaultRates = {
  evict: 3,
  reopen: 10,
  fork: 0,
  import: 0,
  slices: 40,
  probe: 3,
  prepare: 30,
  prune: 20,
  midway: 0,
  crashes: 0,
  damage: 0,
}

/** Faults of a run in this process, or of one in a process that is killed. */
export type RunKind =
  | { readonly kind: 'course'; readonly course: number }
  | { readonly kind: 'process'; readonly life: number; readonly tell: () => void }

/** Decides at each occasion whether a fault happens. */
export class FaultInjector {
  readonly name: string
  readonly #rates: FaultRates
  readonly #random: Random
  readonly #damageRandom: Random
  readonly #pruneRandom: Random
  readonly #midwayRandom: Random
  #crashes: number
  /** How often the process may still die in a rollout: each time all since the last block is repeated. */
  #deathsInRollouts = 6
  /** Calls of the machine until the next crash. */
  #until: number

  readonly #onCall: () => void

  /** Run 0 is without faults. */
  constructor(seed: number, run: RunKind) {
    const number = run.kind === 'course' ? run.course : run.life
    this.#random = new Random(seed, `${run.kind} ${number}`)
    this.#damageRandom = new Random(seed, `rot ${run.kind} ${number}`)
    this.#pruneRandom = new Random(seed, `prune ${run.kind} ${number}`)
    this.#midwayRandom = new Random(seed, `midway ${run.kind} ${number}`)
    const rateIndex = number === 0 ? 0 : 1 + this.#random.below(faultRates.length - 1)
    this.name =
      run.kind === 'process'
        ? 'in killed processes'
        : number === 0
          ? 'without faults'
          : `with faults ${number} (rates ${rateIndex})`
    this.#rates = run.kind === 'process' ? processFaultRates : (faultRates[rateIndex] as FaultRates)
    this.#onCall = run.kind === 'process' ? run.tell : () => {}
    assert(number >= 0, 'runs and processes are numbered from 0')
    this.#crashes = this.#rates.crashes
    this.#until = this.#nextCrash()
  }

  /** The options for opening the store. */
  openOptions(): Pick<MachineOptions, 'verify' | 'residentWorkers' | 'residentBytes' | 'eviction'> {
    if (this.#rates.reopen === 0)
      return { verify: 'lazy', residentWorkers: 100, residentBytes: 1024 ** 3, eviction: 'when-needed' }
    const verify = this.#random.pick(['lazy', 'lazy', 'live', 'all'] as const)
    const residentWorkers = this.#random.pick([2, 3, 100, 100, 100, 100])
    return {
      verify,
      residentWorkers,
      // With three workers, sometimes the bytes are the limit: two fit.
      residentBytes: residentWorkers === 3 ? 14 * 1024 ** 2 : 1024 ** 3,
      eviction: this.#random.chance(4) ? 'after-each-crank' : 'when-needed',
    }
  }

  /** Whether the process dies now that a rollout is under way. */
  endsRollout(): boolean {
    if (this.#deathsInRollouts === 0 || !this.#midwayRandom.chance(this.#rates.midway)) return false
    this.#deathsInRollouts -= 1
    return true
  }

  /** The random numbers for damaging the log after this crash; undefined when it is not damaged. */
  damage(): Random | undefined {
    return this.#damageRandom.chance(this.#rates.damage) ? this.#damageRandom : undefined
  }
  /** The new retention and when the excess is pruned; undefined when nothing changes. */
  pruning(
    kept: readonly KeptTranscripts[],
  ): { readonly retention: Retention; readonly when: 'with-commits' | 'at-once' } | undefined {
    const random = this.#pruneRandom
    if (!random.chance(this.#rates.prune)) return undefined
    return {
      retention: { transcripts: random.pick(kept), blocks: random.pick(['all', 2, 10]), inputs: 10 },
      when: random.pick(['with-commits', 'at-once']),
    }
  }
  evicts(): boolean {
    return this.#random.chance(this.#rates.evict)
  }
  /** The probe before a step, if any. */
  probe(): Probe['kind'] | undefined {
    return this.#random.chance(this.#rates.probe)
      ? this.#random.pick(['check', 'salvage', 'prepare'])
      : undefined
  }
  prepares(): boolean {
    return this.#random.chance(this.#rates.prepare)
  }
  /** A random item. */
  choose<Item>(items: readonly Item[]): Item {
    return this.#random.pick(items)
  }
  /** What happens to the store after a block. */
  storeChange(): 'fork' | 'import' | 'reopen' | 'nothing' {
    const { fork, import: imported, reopen } = this.#rates
    assert(fork + imported + reopen <= 100, 'probabilities add up to at most 100 percent')
    return this.#random.weighted({ fork, import: imported, reopen, nothing: 100 - fork - imported - reopen })
  }
  auditsAll(): boolean {
    return this.#random.chance(this.#rates.reopen / 2)
  }
  /** How many cranks the next slice of a run has; `Infinity` for all. */
  sliceLength(): number {
    return this.#random.chance(this.#rates.slices) ? 1 + this.#random.below(15) : Infinity
  }

  /** Called before each call of the machine. */
  tick(): void {
    this.#onCall()
    this.#until -= 1
    if (this.#until !== 0) return
    this.#crashes -= 1
    assert(this.#crashes >= 0, 'no more crashes happen than are planned')
    this.#until = this.#nextCrash()
    throw new Crash('injected')
  }

  #nextCrash(): number {
    return this.#crashes > 0 ? 1 + this.#random.below(250) : Infinity
  }
}
