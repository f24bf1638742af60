/** Migrations of the kernel's tables, for people. */
import type { MigrationView, PlannedStep } from '../../../host/index.ts'
import { formatCount, pluralize } from '../text/counts.ts'
import { shortId } from '../text/shortId.ts'

/** `vats-1: 12 rows of vats, version 1` */
export function plannedText({ step, table, from, to, rows }: PlannedStep): string {
  const versions = from === to ? `version ${formatCount(from)}` : `version ${formatCount(from)} to ${formatCount(to)}`
  return `${step}: ${pluralize(rows, 'row')} of ${table}, ${versions}`
}

/** `12 of about 3,456 rows, 100 in a block` */
export const progressText = ({ rows, total, rowsPerBlock }: MigrationView): string =>
  `${formatCount(rows)} of about ${pluralize(total, 'row')}, ${formatCount(rowsPerBlock)} in a block`

/** `migrating to b1-…, since block 7: …` */
export const migrationText = (view: MigrationView): string =>
  `migrating to ${shortId(view.to)} since block ${formatCount(view.block)}: ${progressText(view)} (\`heirloom run\` continues)`

export const migrationJson = ({ steps, ...view }: MigrationView) => ({
  ...view,
  steps: steps.map((step) => ({ ...step })),
})
