/** The judge of a world: all findings of all rules. */
import type { Observation } from '../run/observation.ts'
import type { Script } from '../script/script.ts'
import { gatherFacts } from './facts.ts'
import { ExpectedOutcomes } from './expectedOutcomes.ts'
import { rules } from './rules.ts'

/** One line for each finding; nothing when all is well. */
export function judge(script: Script, observation: Observation): string[] {
  const facts = gatherFacts(script, observation)
  const outcomes = new ExpectedOutcomes(facts)
  return rules.flatMap(({ name, check }) => [...check(facts, outcomes)].map((finding) => `${name}: ${finding}`))
}

/** Where two courses of one script differ, if they do. */
export function compare(one: Observation, other: Observation): string[] {
  const findings: string[] = []
  // An imported store may begin with its last block.
  const others = new Map(other.blocks.map((block) => [block.height, block]))
  const differing = one.blocks.find(({ height, cranks, hash }) => {
    const block = others.get(height)
    return block !== undefined && (block.hash !== hash || block.cranks !== cranks)
  })
  if (differing !== undefined) {
    const { height, cranks, hash } = differing
    const block = others.get(height)
    findings.push(
      `block ${height} ends after crank ${cranks} with ${hash.slice(0, 12)}; in the other course after ${block?.cranks} with ${block?.hash.slice(0, 12)}`,
    )
  }
  const [last, otherLast] = [one.blocks.at(-1)?.height, other.blocks.at(-1)?.height]
  if (last !== otherLast) findings.push(`the last block is ${last}; ${otherLast} in the other course`)
  for (const [index, { name, heapHash }] of one.vats.entries()) {
    if (other.vats[index]?.heapHash !== heapHash) findings.push(`the heap of ${name} is another`)
  }
  const rest = (observation: Observation): string => JSON.stringify({ ...observation, blocks: [] })
  if (findings.length === 0 && rest(one) !== rest(other)) findings.push('the journals or results differ')
  return findings
}
