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
