/** Rollouts for people and for programs: what became of the vats, and why some did not follow. */
import type { VatId } from '../../../base/ids.ts'
import type { Controller, RolloutVat, RolloutView, VatOutcome } from '../../../host/index.ts'
import { vatOutcomes } from '../../../protocol/worker/rollout.ts'
import type { Json } from '../../../api/jsonForm.ts'
import { columns } from '../text/columns.ts'
import { formatCount, pluralize } from '../text/counts.ts'
import { onOneLine } from '../text/terminal.ts'
import { workerTexts } from './workers.ts'

/** A vat of a rollout; its name is null when the vat and all its data were deleted. */
export type NamedVat = RolloutVat & { readonly name: string | null }

/** A rollout with all that is reported about it. */
export interface RolloutReport {
  readonly view: RolloutView
  /** The version, for people. */
  readonly worker: string
  readonly vats: readonly NamedVat[]
}

export async function readRollout(controller: Controller, view: RolloutView): Promise<RolloutReport> {
  const names = new Map<VatId, string>((await controller.vats()).map(({ vat, name }) => [vat, name]))
  const vats = (await controller.rolloutVats()).map((each) => ({ ...each, name: names.get(each.vat) ?? null }))
  return { view, worker: (await workerTexts(controller))(view.worker), vats }
}

/** The vats that did not follow, or not by replay, with the reason of each; and where the rollout stopped. */
export const refusedOf = ({ vats }: RolloutReport): readonly NamedVat[] =>
  vats.filter(({ refusal }) => refusal !== null)

// --- for programs

export const reportJson = (report: RolloutReport): { readonly [key: string]: Json } => ({
  rollout: viewJson(report.view),
  outcomes: { ...countsOf(report) },
  refused: refusedOf(report).map(vatJson),
})

export const viewJson = ({ perBlock, inBlock, ...view }: RolloutView): Json => ({
  ...view,
  perBlock: { ...perBlock },
  inBlock: { ...inBlock },
})

export const vatJson = ({ refusal, ...vat }: NamedVat): Json => ({
  ...vat,
  refusal: refusal === null ? null : { ...refusal },
})

// --- for people

/** `rollout 1 to older (w1-27e7dbb2ef48)`. */
export const titleOf = ({ view, worker }: Pick<RolloutReport, 'view' | 'worker'>): string =>
  `rollout ${view.number} to ${worker}`

/** `5 moved, 1 kept`; each outcome that occurs, in the order of the list. */
export function countsText(report: RolloutReport): string {
  const counts = Object.entries(countsOf(report)).map(([outcome, count]) => `${formatCount(count)} ${outcome}`)
  return counts.length === 0 ? 'no vats' : counts.join(', ')
}

/** Lines below the headline; none when all vats followed. */
export function refusedText(report: RolloutReport): readonly string[] {
  const refused = refusedOf(report)
  return refused.length === 0
    ? []
    : [columns([['VAT', 'NAME', 'OUTCOME', 'CODE', 'MESSAGE'], ...refused.map(refusedRow)])]
}

const refusedRow = ({ vat, name, outcome, refusal }: NamedVat): readonly string[] => [
  vat,
  name ?? '-',
  outcome,
  refusal?.code ?? '-',
  messageOf(refusal),
]

export const vatsText = ({ vats }: RolloutReport): string =>
  columns([
    ['VAT', 'NAME', 'OUTCOME', 'COMPUTRONS', 'METERING', 'CODE', 'MESSAGE'],
    ...vats.map(({ vat, name, outcome, computrons, metering, refusal }) => [
      vat,
      name ?? '-',
      outcome,
      formatCount(BigInt(computrons)),
      metering ?? '-',
      refusal?.code ?? '-',
      messageOf(refusal),
    ]),
  ])

/** Without its beginning, which names the vat and its version again. */
const messageOf = (refusal: RolloutVat['refusal']): string =>
  refusal === null
    ? ''
    : onOneLine(refusal.message.replace(/^vat .*? keeps its worker w1-[0-9a-f]{64}: /s, ''))

/** The settings of a rollout. */
export const settingsText = ({ mode, onFailure, order, perBlock }: RolloutView): readonly string[][] => [
  ['mode', `${mode}; on failure ${onFailure}; ${order}`],
  [
    'per block',
    `${pluralize(perBlock.vats, 'vat')}${perBlock.computrons === null ? '' : `, ${formatCount(BigInt(perBlock.computrons))} computrons`}`,
  ],
]

/** Only outcomes that occur. */
function countsOf({ vats }: RolloutReport): Partial<Record<VatOutcome, number>> {
  const counts: Partial<Record<VatOutcome, number>> = {}
  for (const outcome of vatOutcomes) {
    const count = vats.filter((each) => each.outcome === outcome).length
    if (count > 0) counts[outcome] = count
  }
  return counts
}
