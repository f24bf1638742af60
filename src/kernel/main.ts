/** The entry of the kernel's bundle. */
export { audit } from './audit/audit.ts'
export { findCycles } from './audit/cycles.ts'
export { makeKernel } from './kernel.ts'
export { tablesVersion } from './tables/records.ts'
