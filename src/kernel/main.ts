/** The entry of the kernel's bundle; its exports are a `KernelBundle`. */
export { audit } from './audit/audit.ts'
export { findCycles } from './audit/cycles.ts'
export { makeKernel } from './kernel.ts'
export { interfaceLevel } from '../protocol/kernel/bundle.ts'
export { workerWires } from '../protocol/kernel/workerWires.ts'
export { version } from './version.ts'
export { oldestTables, tablesVersion } from './tables/migrations.ts'
export { migrationsOf } from './migrations/survey.ts'
