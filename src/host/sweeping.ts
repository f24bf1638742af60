/** A sweep of a vat, part by part, so that its progress can be shown. */
import { badArgument, checkBigint } from '../api/checks.ts'
import { checkOptions, type Names } from '../api/optionNames.ts'
import { assert } from '../base/errors.ts'
import {
  joinKinds,
  sweepLimits,
  type SweepPart,
  type SweepProgress,
  type SweepReport,
} from '../protocol/reports/sweep.ts'
import type { Ask } from './calls/port.ts'

/** How a vat is swept. */
export interface SweepOptions {
  /** The limit of computrons for each record; default: the vat's limit of a delivery. */
  readonly computrons?: bigint
  /** Called after each part of at most 1,000 rows. */
  readonly onProgress?: (progress: SweepProgress) => void
}

const names: Names<SweepOptions> = { computrons: true, onProgress: true }

/** The options, checked. */
export type SweepOrder = Required<Pick<SweepOptions, 'onProgress'>> & { readonly computrons: bigint | null }

export function checkSweep(options: SweepOptions): SweepOrder {
  const { computrons, onProgress = () => {} } = checkOptions(options, names)
  if (typeof onProgress !== 'function') badArgument('onProgress', 'a function', onProgress)
  return { computrons: computrons === undefined ? null : checkBigint(computrons, 'computrons'), onProgress }
}

export async function sweep(
  ask: Ask,
  nameOrId: string,
  { computrons, onProgress }: SweepOrder,
): Promise<SweepReport> {
  const { name } = await ask('vat', nameOrId)
  const start = await ask('beginSweep', nameOrId)
  const { vat, rows } = start
  const nothing: SweepReport = { ...start, name, records: 0, migrated: 0, failed: 0, kinds: [], computrons: '0' }
  if (start.support !== 'supported') return nothing
  let report = nothing
  let exhausted: readonly number[] = []
  let done = 0
  for (let after: string | null = null, isLast = false; !isLast; ) {
    const part: SweepPart = await ask('sweepPart', vat, { after, computrons, exhausted })
    assert(part.next === null || after === null || part.next !== after, 'a part of a sweep goes on')
    report = added(report, part)
    exhausted = part.exhausted
    done += part.rows
    onProgress({ vat, done, of: rows })
    after = part.next
    isLast = after === null
  }
  assert(done === rows, 'Swp2: a sweep reads each row once')
  return report
}

function added(report: SweepReport, part: SweepPart): SweepReport {
  const kinds = joinKinds(report.kinds, part.kinds, sweepLimits.failures)
  const sum = (count: (kind: (typeof kinds)[number]) => number): number =>
    kinds.reduce((total, kind) => total + count(kind), 0)
  return {
    ...report,
    kinds,
    records: sum(({ records }) => records),
    migrated: sum(({ migrated }) => migrated),
    failed: sum(({ failed }) => failed),
    computrons: String(BigInt(report.computrons) + part.computrons),
  }
}
