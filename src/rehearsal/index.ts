/** What operators' programs import: `import { rehearse } from 'heirloom/rehearsal'`. */
import '../host/nodeVersion.ts'
export { rehearse } from './rehearse.ts'
export type { RehearsalOptions, RehearsalProgress } from './rehearse.ts'
export { isRehearsed, secondsOf } from './report.ts'
export type { Finding, RehearsalReport, StepCost } from './report.ts'
export { rehearsalPage } from './reportPage.ts'
export { certificateOf, certifyAgain } from './certificate.ts'
export type { Recertified } from './certificate.ts'
export { readCertificate } from '../host/plans/certificate.ts'
export type { Certificate, CertifiedStep, RehearsalStart } from '../host/plans/certificate.ts'
export type { FastForwardOptions, FastForwardProgress } from './fastForward/fastForward.ts'
export type { ExpectedDifference } from './fastForward/expected.ts'
export { forwardText, subjectOf } from './fastForward/report.ts'
export type {
  Administration,
  AnswerDifference,
  FastForwardEnd,
  FastForwardReport,
} from './fastForward/report.ts'
