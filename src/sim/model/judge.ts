/** Judges a world by all rules, and compares two runs. */
import { assert } from '../../base/errors.ts'
import type { Observation } from '../run/observation.ts'
import type { Script } from '../script/script.ts'
import { gatherFacts } from './facts.ts'
import { ExpectedOutcomes } from './expectedOutcomes.ts'
import { rules } from './rules.ts'

/** Returns a line per finding; none when every rule holds. */
export function judge(script: Script, observation: Observation): string[] {
  const facts = gatherFacts(script, observation)
  const outcomes = new ExpectedOutcomes(facts)
  return rules.flatMap(({ name, check }) =>
    [...check(facts, outcomes)].map((finding) => `${name}: ${finding}`),
  )
}

/** Returns the differences between two runs of one script. */
export function compare(one: Observation, other: Observation): string[] {
  const findings = compareBlocks(one, other)
  findings.push(...compareHeaps(one, other))
  const rest = (observation: Observation): string => JSON.stringify({ ...observation, blocks: [] })
  if (findings.length === 0 && rest(one) !== rest(other)) findings.push('the journals or results differ')
  return findings
}

/**
 * Returns what is not the same for the vats and the host in a run whose kernel was replaced by others of the
 * same behaviour, and in one that only committed blocks there. A new kernel is a
 * crank more, so that the heaps of `askers` differ: vats that got the number of a crank.
 */
export function compareOutcomes(
  one: Observation,
  other: Observation,
  askers: ReadonlySet<string> = new Set(),
): string[] {
  const outcomes = ({ vats, ended, results, mail, failures, waiting, times, rollouts }: Observation) => ({
    vats: vats.map((vat) => (askers.has(vat.name) ? { ...vat, heapHash: '' } : vat)),
    ended,
    results,
    mail,
    failures,
    waiting,
    times,
    rollouts,
  })
  const others: Readonly<Record<string, unknown>> = outcomes(other)
  return Object.entries(outcomes(one)).flatMap(([what, seen]) =>
    JSON.stringify(seen) === JSON.stringify(others[what]) ? [] : [`the ${what} differ from those under one kernel`],
  )
}

function compareHeaps(one: Observation, other: Observation): readonly string[] {
  return one.vats.flatMap(({ name, heapHash }, index) =>
    other.vats[index]?.heapHash === heapHash ? [] : [`the heap of ${name} differs`],
  )
}

function compareBlocks(one: Observation, other: Observation): string[] {
  const findings: string[] = []
  assert(one.blocks.length > 0 && other.blocks.length > 0, 'a store has a block')
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
      `block ${height} ends after crank ${cranks} with ${hash.slice(0, 12)}; in the other run after ${block?.cranks} with ${block?.hash.slice(0, 12)}`,
    )
  }
  const [last, otherLast] = [one.blocks.at(-1)?.height, other.blocks.at(-1)?.height]
  if (last !== otherLast) findings.push(`the last block is ${last}; ${otherLast} in the other run`)
  return findings
}
