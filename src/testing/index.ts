/** What tests of vats import: `import { startTestKernel } from 'heirloom/testing'`. */
import '../host/nodeVersion.ts'
export { startTestKernel, TestKernel } from './testKernel.ts'
export type { TestKernelOptions, TestUpgradeOptions, TestVat, VatCode } from './testKernel.ts'
export type { Stress } from './stress.ts'
export { replayTranscript } from './replayTranscript.ts'
export type { TranscriptVerdict } from './replayTranscript.ts'
