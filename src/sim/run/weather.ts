/**
 * Weather: what happens to a world that must change nothing (Wh1), made from a seed of its own.
 *
 * Wh1. Two courses of one script in different weather have the same blocks and the same heaps.
 * Wh2. A crash takes all that was not committed; whoever drives the world goes on from its last block.
 * Wh3. Rot is tried on a copy of what a crash leaves (`rot.ts`), with dice of its own.
 */
import type { MachineOptions } from '../../protocol/machine/options.ts'
import type { KeptTranscripts, Retention } from '../../protocol/store/retention.ts'
import type { Aside } from './asides.ts'
import { Dice } from '../program/dice.ts'

/** The process of the world dies here. */
export class Crash extends Error {}

/** How likely what is, of a hundred occasions. */
export interface Climate {
  /** Before a step: all workers leave memory. */
  readonly evict: number
  /** After a block: the store is closed, and opened again. */
  readonly reopen: number
  /** After a block: the world goes on in a fork of its store. */
  readonly fork: number
  /** After a block: it is exported, imported somewhere else, and goes on there. */
  readonly import: number
  /** Of a run: it is done in pieces. */
  readonly pieces: number
  /** Before a step: the host tries something aside. */
  readonly aside: number
  /** Of upgrades by replay: the replay is prepared. */
  readonly prepare: number
  /** After a block: another retention is set, or what is not kept is pruned at once. */
  readonly prune: number
  /** How many crashes there are. */
  readonly crashes: number
  /** Of crashes: the log is torn or rots, and what is left is opened. */
  readonly rot: number
}

const climates: readonly Climate[] = [
  { evict: 0, reopen: 0, fork: 0, import: 0, pieces: 0, aside: 0, prepare: 0, prune: 0, crashes: 0, rot: 0 },
  {
    evict: 5,
    reopen: 10,
    fork: 4,
    import: 2,
    pieces: 30,
    aside: 8,
    prepare: 60,
    prune: 20,
    crashes: 2,
    rot: 50,
  },
  {
    evict: 12,
    reopen: 20,
    fork: 0,
    import: 2,
    pieces: 50,
    aside: 3,
    prepare: 80,
    prune: 5,
    crashes: 1,
    rot: 100,
  },
  {
    evict: 2,
    reopen: 5,
    fork: 8,
    import: 6,
    pieces: 10,
    aside: 5,
    prepare: 40,
    prune: 40,
    crashes: 5,
    rot: 40,
  },
]

/** Of a world in a process of its own, which others kill. */
const processClimate: Climate = {
  evict: 3,
  reopen: 10,
  fork: 0,
  import: 0,
  pieces: 40,
  aside: 3,
  prepare: 30,
  prune: 20,
  crashes: 0,
  rot: 0,
}

export type Sky =
  | { readonly kind: 'course'; readonly course: number }
  | { readonly kind: 'process'; readonly life: number; readonly tell: () => void }

export class Weather {
  readonly name: string
  readonly #climate: Climate
  readonly #dice: Dice
  readonly #rotDice: Dice
  readonly #pruneDice: Dice
  #crashes: number
  /** Calls of the machine until the next crash. */
  #until: number

  readonly #tell: () => void

  /** Course 0 is calm. */
  constructor(seed: number, sky: Sky) {
    const number = sky.kind === 'course' ? sky.course : sky.life
    this.#dice = new Dice(seed, `${sky.kind} ${number}`)
    this.#rotDice = new Dice(seed, `rot ${sky.kind} ${number}`)
    this.#pruneDice = new Dice(seed, `prune ${sky.kind} ${number}`)
    const climate = number === 0 ? 0 : 1 + this.#dice.roll(climates.length - 1)
    this.name =
      sky.kind === 'process'
        ? 'a process that is killed'
        : number === 0
          ? 'calm weather'
          : `weather ${number} (climate ${climate})`
    this.#climate = sky.kind === 'process' ? processClimate : (climates[climate] as Climate)
    this.#tell = sky.kind === 'process' ? sky.tell : () => {}
    this.#crashes = this.#climate.crashes
    this.#until = this.#nextCrash()
  }

  /** How the store is opened this time. */
  opening(): Pick<MachineOptions, 'verify' | 'residentWorkers' | 'residentBytes' | 'eviction'> {
    if (this.#climate.reopen === 0)
      return { verify: 'lazy', residentWorkers: 100, residentBytes: 1024 ** 3, eviction: 'when-needed' }
    const verify = this.#dice.pick(['lazy', 'lazy', 'live', 'all'] as const)
    const residentWorkers = this.#dice.pick([2, 3, 100, 100, 100, 100])
    return {
      verify,
      residentWorkers,
      // Where room is for three, now and then the bytes decide: two fit.
      residentBytes: residentWorkers === 3 ? 14 * 1024 ** 2 : 1024 ** 3,
      eviction: this.#dice.chance(4) ? 'after-each-crank' : 'when-needed',
    }
  }

  /** The dice for the rot after this crash, if there is any. */
  rot(): Dice | undefined {
    return this.#rotDice.chance(this.#climate.rot) ? this.#rotDice : undefined
  }
  /** What the store keeps from now on, and when the rest goes; undefined where that stays as it is. */
  pruning(
    kept: readonly KeptTranscripts[],
  ): { readonly retention: Retention; readonly when: 'with-commits' | 'at-once' } | undefined {
    const dice = this.#pruneDice
    if (!dice.chance(this.#climate.prune)) return undefined
    return {
      retention: { transcripts: dice.pick(kept), blocks: dice.pick(['all', 2, 10]) },
      when: dice.pick(['with-commits', 'at-once']),
    }
  }
  evicts(): boolean {
    return this.#dice.chance(this.#climate.evict)
  }
  /** What is tried aside before a step, if anything is. */
  aside(): Aside['kind'] | undefined {
    return this.#dice.chance(this.#climate.aside)
      ? this.#dice.pick(['check', 'salvage', 'prepare'])
      : undefined
  }
  prepares(): boolean {
    return this.#dice.chance(this.#climate.prepare)
  }
  /** Of several, as chance has it. */
  choose<Item>(items: readonly Item[]): Item {
    return this.#dice.pick(items)
  }
  /** What happens to the store after a block. */
  change(): 'fork' | 'import' | 'reopen' | 'nothing' {
    const { fork, import: imported, reopen } = this.#climate
    return this.#dice.weighted({ fork, import: imported, reopen, nothing: 100 - fork - imported - reopen })
  }
  auditsAll(): boolean {
    return this.#dice.chance(this.#climate.reopen / 2)
  }
  /** How many cranks the next piece of a run has; all of them when it is not in pieces. */
  piece(): number {
    return this.#dice.chance(this.#climate.pieces) ? 1 + this.#dice.roll(15) : Infinity
  }

  /** Called before each call of the machine. */
  tick(): void {
    this.#tell()
    this.#until -= 1
    if (this.#until !== 0) return
    this.#crashes -= 1
    this.#until = this.#nextCrash()
    throw new Crash('the weather')
  }

  #nextCrash(): number {
    return this.#crashes > 0 ? 1 + this.#dice.roll(250) : Infinity
  }
}
