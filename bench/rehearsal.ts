/**
 * One rehearsal in a process of its own, so that its memory can be told: `node rehearsal.ts <store> <plan>`.
 * Prints JSON.
 */
import { readFileSync } from 'node:fs'
import { argv } from 'node:process'
import { rehearse } from 'heirloom/rehearsal'

const [, , directory = '', file = ''] = argv
const { ms, costs, findings } = await rehearse({ directory, plan: readFileSync(file, 'utf8') })
const plan = costs.reduce((sum, cost) => sum + cost.ms, 0)
const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage()
const processor = (userCPUTime + systemCPUTime) / 1e6
console.log(
  JSON.stringify({ seconds: ms / 1_000, plan: plan / 1_000, processor, peak: maxRSS / 1_024, findings }),
)
