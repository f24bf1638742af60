/** The modes of export through which a script can continue. */
import type { ExportMode } from '../../protocol/store/export.ts'
import type { Script } from '../script/script.ts'

/** A script that upgrades or moves by replay needs the transcripts, which `operational` leaves out. */
export const exportModesFor = ({ steps, moves }: Script): readonly ExportMode[] =>
  moves === 'some' ||
  steps.some(
    (step) =>
      (step.kind === 'upgrade' && (step.way === 'replay' || step.way === 'auto')) ||
      (step.kind === 'plan' && step.upgrades.some(({ way }) => way !== 'durable')),
  )
    ? ['replay', 'archival']
    : ['operational', 'replay', 'archival']
