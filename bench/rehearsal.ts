/**
 * One rehearsal in a process of its own, so that its memory can be told: `node rehearsal.ts <store> <plan>`.
 * Prints JSON.
 */
import { readFileSync } from 'node:fs'
import { argv } from 'node:process'
import { planMs, rehearse } from 'heirloom/rehearsal'

const [, , directory = '', file = ''] = argv
const report = await rehearse({ directory, plan: readFileSync(file, 'utf8') })
const { ms, findings } = report
const plan = planMs(report)
const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage()
const processor = (userCPUTime + systemCPUTime) / 1e6
console.log(
  JSON.stringify({ seconds: ms / 1_000, plan: plan / 1_000, processor, peak: maxRSS / 1_024, findings }),
)
