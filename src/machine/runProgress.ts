/**
 * The progress of a run, and whether it has reached a limit.
 *
 * Ta1. A run ends after the crank that reaches a limit, so that it exceeds the limit by at most that crank;
 *      with a limit it does at least one crank, if there is one.
 */
import { assert } from '../base/errors.ts'
import type { KernelReturn } from '../protocol/machine/kernelUpgrades.ts'
import type { CrankCleaning, KernelReport } from '../protocol/kernel/events.ts'
import type {
  CrankRecord,
  LimitName,
  LoggedRejection,
  RunLimits,
  RunReport,
} from '../protocol/machine/runs.ts'

/** In order of precedence when several are reached at once. */
const limitNames: readonly LimitName[] = ['computrons', 'cranks', 'deliveries', 'vatsCreated']

type Cranked = Extract<KernelReport, { kind: 'cranked' }>

export class RunProgress {
  readonly #limits: RunLimits
  readonly #done = { computrons: 0n, cranks: 0, deliveries: 0, vatsCreated: 0, cleanups: 0 }
  readonly #recorded: CrankRecord[] = []
  readonly #rejections: LoggedRejection[]

  readonly #returned: KernelReturn | null

  /** `before`, `returned`: rejections and a return from while the requests were accepted. */
  constructor(limits: RunLimits, before: readonly LoggedRejection[], returned: KernelReturn | null) {
    this.#limits = limits
    this.#returned = returned
    this.#rejections = [...before]
  }

  /** The first limit that was reached, or null. */
  reached(): LimitName | null {
    return limitNames.find((name) => isReached(this.#done[name], this.#limits[name])) ?? null
  }

  /** Why no further crank is run, or null. */
  ended(): 'limit' | 'interrupted' | null {
    if (this.reached() !== null) return 'limit'
    const { interrupt } = this.#limits
    return interrupt !== undefined && Atomics.load(interrupt, 0) === 1 ? 'interrupted' : null
  }

  count({ item, vat, computrons, rejections = [] }: Cranked): void {
    assert(computrons >= 0n, 'a crank uses no negative computrons')
    this.#done.cranks += 1
    this.#done.computrons += computrons
    if (vat !== null) this.#done.deliveries += 1
    if (item === 'start') this.#done.vatsCreated += 1
    if (item === 'clean') this.#done.cleanups += 1
    this.#rejections.push(...rejections)
  }

  /**
   * Whether the next crank may clean up after terminated vats: a run that reached its cleanup limit continues
   * without.
   */
  cleaning(): CrankCleaning {
    return isReached(this.#done.cleanups, this.#limits.cleanups) ? 'leave' : 'do'
  }

  record(crank: CrankRecord): void {
    assert(crank.crank > (this.#recorded.at(-1)?.crank ?? 0), 'cranks are recorded in their order')
    this.#recorded.push(crank)
  }

  report(ended: RunReport['ended']): RunReport<LoggedRejection> {
    const isLimited = this.reached() !== null || this.#limits.cleanups !== null
    assert(ended !== 'limit' || isLimited, 'a run that ends at a limit has one (Ta1)')
    assert(this.#done.deliveries <= this.#done.cranks, 'a crank delivers at most once')
    return {
      ended,
      limit: ended === 'limit' ? (this.reached() ?? 'cleanups') : null,
      returned: this.#returned,
      ...this.#done,
      recorded: this.#recorded,
      rejections: this.#rejections,
    }
  }
}

const isReached = (done: number | bigint, limit: number | bigint | null): boolean =>
  limit !== null && done >= limit
