/** The entry of the kernel's bundle. */
export { makeKernel } from './kernel.ts'
export { tablesVersion } from './tables/records.ts'
