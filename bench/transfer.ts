/**
 * One export or import in a process of its own, so that its memory can be told: `node transfer.ts
 * export|import <from> <to>`. Prints JSON.
 */
import { argv } from 'node:process'
import { exportStore, importStore } from 'heirloom'

const [, , kind, from = '', to = ''] = argv
const began = performance.now()
const { bytes } =
  kind === 'export' ? await exportStore(from, to, { mode: 'archival' }) : await importStore(from, to)
const seconds = (performance.now() - began) / 1000
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
console.log(
  JSON.stringify({ bytes, seconds, processor: (userCPUTime + systemCPUTime) / 1e6, peak: maxRSS / 1024 }),
)
