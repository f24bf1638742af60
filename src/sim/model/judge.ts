/** The judge of a world: all findings of all rules. */
import type { Observation } from '../observation.ts'
import type { Script } from '../script.ts'
import { gatherFacts } from './facts.ts'
import { Fates } from './fates.ts'
import { rules } from './rules.ts'

/** One line for each finding; nothing when all is well. */
export function judge(script: Script, observation: Observation): string[] {
  const facts = gatherFacts(script, observation)
  const fates = new Fates(facts)
  return rules.flatMap(({ name, check }) => [...check(facts, fates)].map((finding) => `${name}: ${finding}`))
}

/** Where two courses of one script differ, if they do. */
export function compare(one: Observation, other: Observation): string[] {
  const findings: string[] = []
  one.blocks.forEach(({ height, cranks, hash }, index) => {
    const block = other.blocks[index]
    if (findings.length === 0 && (block?.hash !== hash || block.cranks !== cranks)) {
      findings.push(`block ${height} ends after crank ${cranks} with ${hash.slice(0, 12)}; in the other course after ${block?.cranks} with ${block?.hash.slice(0, 12)}`)
    }
  })
  if (one.blocks.length !== other.blocks.length) findings.push(`${one.blocks.length} blocks; ${other.blocks.length} in the other course`)
  for (const [index, { name, heapHash }] of one.vats.entries()) {
    if (other.vats[index]?.heapHash !== heapHash) findings.push(`the heap of ${name} is another`)
  }
  if (findings.length === 0 && JSON.stringify(one) !== JSON.stringify(other)) findings.push('the journals or results differ')
  return findings
}
