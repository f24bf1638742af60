/** The calls of a controller that are about its store as a whole: how it stands, what it takes, what it keeps, whether it is sound. */
import { assert } from '../base/errors.ts'
import type { AuditReport } from '../protocol/audit.ts'
import type { CycleGroup } from '../protocol/cycles.ts'
import type { Retention } from '../protocol/retention.ts'
import type { StoreSize, Verification } from '../store/store.ts'
import type { StoreStatus } from './calls.ts'
import { checkHostValue, checkKey, checkOneOf } from './checks.ts'
import { checkAuditing } from './optionChecks.ts'
import type { AuditOptions } from './options.ts'
import type { Ask } from './port.ts'
import { Pruning } from './pruning.ts'
import type { PruneOptions, PruneReport } from './pruning.ts'
import { kernelBytes } from './release/release.ts'
import type { Stats } from './stats.ts'
import { storeSize } from './survey.ts'

const verifications = ['lazy', 'live', 'all'] as const satisfies readonly Verification[]

export class StoreCalls {
  readonly #ask: Ask
  readonly #pruning: Pruning

  /** `ask` refuses while the controller is busy or shut down; `later` waits for its turn at the machine. */
  constructor(ask: Ask, later: Ask) {
    this.#ask = ask
    this.#pruning = new Pruning(ask, later)
  }

  async storeStatus(): Promise<StoreStatus> {
    return this.#ask('status')
  }

  /** Checks the store as opening it would. */
  async verify(how: Verification): Promise<void> {
    return this.#ask('verify', checkOneOf(how, 'how', verifications))
  }

  /** Counts again everything that is counted, and tells all that is not as it should be. Changes nothing. */
  async audit(options: AuditOptions = {}): Promise<AuditReport> {
    const depth = checkAuditing(options)
    const report = (await this.#ask('audit', depth, null)) ?? (await this.#ask('audit', depth, await kernelBytes()))
    assert(report !== null, "this release's kernel audits")
    return report
  }

  /** Groups of vats that hold each other's objects and that nobody else holds: circles between vats are never collected. */
  async cycles(): Promise<readonly CycleGroup[]> {
    const groups = (await this.#ask('cycles', null)) ?? (await this.#ask('cycles', await kernelBytes()))
    assert(groups !== null, "this release's kernel finds circles")
    return groups
  }

  /** What takes how much of the store's last block, by part and by vat. It is measured beside the machine, and takes longer for a larger store. */
  async storeSize(): Promise<StoreSize> {
    return storeSize((await this.storeStatus()).directory)
  }

  /** What each vat has done and takes: counts as of now, and what this process has measured since it opened the store. */
  async stats(): Promise<Stats> {
    return this.#ask('stats')
  }

  /**
   * Sets how much of the past is kept from now on; what is not given stays as it is. It is durable when it returns, and
   * each commit then removes a bounded part of what is no longer kept.
   */
  async setRetention(retention: Partial<Retention>): Promise<void> {
    return this.#pruning.setRetention(retention)
  }

  /**
   * Removes what is no longer to be kept, as the options say, or without any as the retention of the store says. It is
   * durable step by step, and other calls can be made meanwhile. The block at work, the state and all hashes stay as
   * they are. What becomes impossible is in `docs/retention.md`; `dryRun` reports it beforehand.
   */
  async prune(options: PruneOptions = {}): Promise<PruneReport> {
    return this.#pruning.prune(options)
  }

  // --- the host's own data, in the same block as everything else

  async getHostState(key: string): Promise<string | undefined> {
    return (await this.#ask('getHostState', checkKey(key))) ?? undefined
  }

  async setHostState(key: string, value: string | undefined): Promise<void> {
    return this.#ask('setHostState', checkKey(key), checkHostValue(value))
  }
}
