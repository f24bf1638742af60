/** What operators' programs import: `import { rehearse } from 'heirloom/rehearsal'`. */
import '../host/nodeVersion.ts'
export { rehearse } from './rehearse.ts'
export type { RehearsalOptions, RehearsalProgress } from './rehearse.ts'
export { calibrate } from './calibration.ts'
export type { Calibration } from './calibration.ts'
export { isRehearsed, planMs, secondsOf } from './report.ts'
export type { Finding } from './findings.ts'
export type { RehearsalReport, StepCost } from './report.ts'
export type { Kills } from './kills/kills.ts'
export type { BrokenInvariant, InvariantsReport } from './during/invariants.ts'
export type { StepNote, StepObservation } from './during/observations.ts'
export type { SentItem, SentItems } from './during/sentItems.ts'
export type { Counts, StateChange } from './during/stateChanges.ts'
export type { StepCheck } from './before/checks.ts'
export type { StepReplay } from './before/replays.ts'
export { lostPromises } from './losses.ts'
export type { LostPromise } from './losses.ts'
export { rehearsalPage } from './reportPage.ts'
export { certificateOf, certifyAgain } from './certificate.ts'
export type { Recertified } from './certificate.ts'
export { readCertificate } from '../host/plans/certificate.ts'
export type { Certificate, CertifiedStep, RehearsalStart } from '../host/plans/certificate.ts'
export type { SweepFailure, SweepProgress, SweepReport, SweptKind } from '../protocol/reports/sweep.ts'
export { sweepRow } from './sweep.ts'
export type { FastForwardOptions, FastForwardProgress } from './fastForward/fastForward.ts'
export type { ExpectedDifference } from './fastForward/expected.ts'
export { forwardText, subjectOf } from './fastForward/report.ts'
export type {
  Administration,
  AnswerDifference,
  FastForwardEnd,
  FastForwardReport,
} from './fastForward/report.ts'
