/** What operators' programs import: `import { rehearse } from 'heirloom/rehearsal'`. */
import '../host/nodeVersion.ts'
export { rehearse } from './rehearse.ts'
export type { RehearsalOptions, RehearsalProgress } from './rehearse.ts'
export { isRehearsed, secondsOf } from './report.ts'
export type { Finding, RehearsalReport, RehearsalStart, StepCost } from './report.ts'
export { rehearsalPage } from './reportPage.ts'
export { certificateOf, certifyAgain, readCertificate } from './certificate.ts'
export type { Certificate, CertifiedStep, Recertified } from './certificate.ts'
