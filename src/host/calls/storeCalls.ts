/** Calls of a controller about its store as a whole: status, size, retention, integrity. */
import { assert } from '../../base/errors.ts'
import type { AuditReport } from '../../protocol/reports/audit.ts'
import type { CycleGroup } from '../../protocol/reports/cycles.ts'
import type { Retention } from '../../protocol/store/retention.ts'
import type { StoreSize, Verification } from '../../protocol/store/views.ts'
import type { StoreStatus } from '../../protocol/machine/reports.ts'
import { checkBoundedCount, checkHostRows, checkHostValue, checkKey, checkOneOf } from '../../api/checks.ts'
import { checkOptions } from '../../api/optionNames.ts'
import { checkAuditing } from '../config/optionChecks.ts'
import type { AuditOptions } from '../config/options.ts'
import type { Calling } from './calling.ts'
import type { Ask } from './port.ts'
import { Pruning, type PruneOptions, type PruneReport } from './pruning.ts'
import { kernelBytes } from '../../release/release.ts'
import type { Stats } from '../../protocol/machine/stats.ts'
import { storeSize } from './survey.ts'

const verifications = ['lazy', 'live', 'all'] as const satisfies readonly Verification[]

export class StoreCalls {
  readonly #ask: Ask
  readonly #pruning: Pruning

  constructor({ ask, later }: Calling) {
    this.#ask = ask
    this.#pruning = new Pruning(ask, later)
  }

  async storeStatus(): Promise<StoreStatus> {
    return this.#ask('status')
  }

  /** Verifies the store as on opening. */
  async verify(how: Verification): Promise<void> {
    return this.#ask('verify', checkOneOf(how, 'how', verifications))
  }

  /** Recounts everything that is counted, and reports all deviations. Changes nothing. */
  async audit(options: AuditOptions = {}): Promise<AuditReport> {
    const depth = checkAuditing(options)
    const report =
      (await this.#ask('audit', depth, null)) ?? (await this.#ask('audit', depth, await kernelBytes()))
    assert(report !== null, "this release's kernel audits")
    assert(report.found >= report.deviations.length, 'an audit counts the deviations that it lists')
    return report
  }

  /**
   * Groups of vats that hold each other's objects while no other vat does: cycles between vats are never
   * collected.
   */
  async cycles(): Promise<readonly CycleGroup[]> {
    const groups = (await this.#ask('cycles', null)) ?? (await this.#ask('cycles', await kernelBytes()))
    assert(groups !== null, "this release's kernel finds cycles")
    assert(groups.every(({ vats }) => vats.length >= 2), 'a cycle is between vats (Cy1)')
    return groups
  }

  /**
   * Sizes of the store's last block, by part and by vat. Measured in a separate thread; takes longer for a
   * larger store.
   */
  async storeSize(): Promise<StoreSize> {
    return storeSize((await this.storeStatus()).directory)
  }

  /**
   * Work and resource use of each vat: current counts, and measurements of this process since it opened the
   * store.
   */
  async stats(): Promise<Stats> {
    return this.#ask('stats')
  }

  /**
   * Sets how much of the past is kept from now on; omitted fields are unchanged. Durable on return; each
   * commit then removes a bounded part of the excess.
   */
  async setRetention(retention: Partial<Retention>): Promise<void> {
    return this.#pruning.setRetention(retention)
  }

  /**
   * Removes what the options select; by default what the store's retention excludes. Durable step by step,
   * and other calls can interleave. The current block, the state and all hashes are unchanged.
   * `docs/retention.md` lists what becomes impossible; `dryRun` reports it beforehand.
   */
  async prune(options: PruneOptions = {}): Promise<PruneReport> {
    return this.#pruning.prune(options)
  }

  // --- the host's own data, in the same block as everything else

  /**
   * The number of the last request, of any kind, that the store has got; 0 before the first. A host that was
   * interrupted compares it with the number before its requests.
   */
  async lastRequest(): Promise<number> {
    return this.#ask('lastRequest')
  }

  async getHostState(key: string): Promise<string | undefined> {
    return (await this.#ask('getHostState', checkKey(key))) ?? undefined
  }

  async setHostState(key: string, value: string | undefined): Promise<void> {
    return this.#ask('setHostState', checkKey(key), checkHostValue(value))
  }

  /** As that many `setHostState`, in order and in one step; if one of them is refused, none is done. */
  async writeHostState(rows: Iterable<readonly [key: string, value: string | undefined]>): Promise<void> {
    return this.#ask('writeHostState', checkHostRows(rows))
  }

  /**
   * The rows of the host's own data whose keys begin with the prefix, in the order of the keys (ASCII). The
   * row whose key is the prefix itself is not among them. `after` is a key; default: from the first on.
   */
  async listHostState(
    prefix: string,
    stretch: { readonly after?: string; readonly limit?: number } = {},
  ): Promise<readonly (readonly [key: string, value: string])[]> {
    const { after, limit = 1_000 } = checkOptions(stretch, { after: true, limit: true } as const)
    return this.#ask(
      'listHostState',
      prefix === '' ? '' : checkKey(prefix),
      after === undefined ? null : checkKey(after),
      checkBoundedCount(limit, 'limit', 10_000),
    )
  }
}
