/** Sweeps of the vats that a plan has upgraded: what of their records their new code cannot read. */
import { CodedError } from '../base/errors.ts'
import type { Controller } from '../host/controller.ts'
import type { VatId } from '../base/ids.ts'
import type { VatView } from '../protocol/kernel/views.ts'
import type { SweepProgress, SweepReport, SweptKind } from '../protocol/reports/sweep.ts'
import type { Finding } from './findings.ts'

export type VatsBefore = ReadonlyMap<VatId, VatView>

export const vatsBefore = async (controller: Controller): Promise<VatsBefore> =>
  new Map((await controller.vats()).map((view) => [view.vat, view]))

export interface Swept {
  readonly sweeps: readonly SweepReport[]
  readonly findings: readonly Finding[]
}

/** Sweeps each vat that has other code, another worker, or another incarnation than before. */
export async function sweepUpgraded(
  controller: Controller,
  before: VatsBefore,
  onProgress: (progress: SweepProgress) => void,
): Promise<Swept> {
  const sweeps: SweepReport[] = []
  const findings: Finding[] = []
  for (const now of await controller.vats()) {
    const then = before.get(now.vat)
    if (then === undefined || now.status.kind === 'terminated' || isSame(then, now)) continue
    try {
      const report = await controller.sweepVat(now.vat, { onProgress })
      sweeps.push(report)
      findings.push(...findingsOf(report))
    } catch (error) {
      if (!(error instanceof CodedError)) throw error
      findings.push(findingOf(now.name, `it cannot be swept: ${error.code}: ${error.message}`))
    }
  }
  return { sweeps, findings }
}

const isSame = (then: VatView, now: VatView): boolean =>
  then.bundle === now.bundle && then.worker === now.worker && then.incarnation === now.incarnation

const findingsOf = ({ name, kinds }: SweepReport): readonly Finding[] =>
  kinds.filter(({ failed }) => failed > 0).map((kind) => findingOf(name, messageOf(kind)))

const findingOf = (subject: string, message: string): Finding => ({
  code: 'record-unreadable',
  subject,
  message,
})

function messageOf({ kind, records, failed, failures }: SweptKind): string {
  const [first] = failures
  const where = first === undefined ? '' : first.property === null ? first.vref : `${first.vref}, ${first.property}`
  const why = first === undefined ? '' : `; ${where}: ${first.code}: ${first.message}`
  return `${kind}: ${failed} of ${records} cannot be read${why}`
}

/** A row for people: the vat, its records, how many were migrated, how many cannot be read. */
export const sweepRow = ({ name, support, records, migrated, failed }: SweepReport): readonly string[] =>
  support === 'supported'
    ? [name, String(records), String(migrated), String(failed)]
    : [name, 'not swept: its worker is too old', '', '']
