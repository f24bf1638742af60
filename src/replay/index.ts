/** What operators' programs import: `import { replayVats } from 'heirloom/replay'`. */
import '../host/nodeVersion.ts'
export { replayVats } from './replayVats.ts'
export type { ReplayOptions, ReplayProgress } from './replayVats.ts'
export { computronRatio, isPassed, speedOf } from './report.ts'
export type {
  Difference,
  MeteringDifference,
  ReplayClass,
  ReplayReport,
  RolloutEstimate,
  VatReplay,
} from './report.ts'
export { reportPage } from './reportPage.ts'
export { firstDifference } from './firstDifference.ts'
export type { CrankDifference, CrankSide } from './firstDifference.ts'
export type { WorkerParts, WorkerSpecifier } from './workerChoice.ts'
export { replayBlocks } from './blocks/replayBlocks.ts'
export type { BlockReplayOptions, BlockReplayProgress } from './blocks/replayBlocks.ts'
export type { BlockReplayReport } from './blocks/blockReport.ts'
export type { BlockDifference, DifferingCrank } from '../machine/blockReplay/blockReplay.ts'
export type {
  EntryDifference,
  ItemDifference,
  RowDifference,
  StateDifference,
} from '../machine/blockReplay/crankComparison.ts'
