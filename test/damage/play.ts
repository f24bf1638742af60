/** Plays seeds: damages a store, judges it, and counts what came of it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Dice } from '../store/support.ts'
import { judge, type Judgement, type Way } from './judge.ts'
import { lay, mutate, type Mutated } from './mutations.ts'
import { makeOriginal, type Original } from './originals.ts'

export interface Tally {
  /** Refused with a code, or reported by the audit. */
  found: number
  /** Nothing was found, and everything is as it would be without the damage. */
  right: number
  /** By somebody who computed the checksums again, where nothing else tells (`undetectable`). */
  forgeries: number
  /** A text for each seed that did what no seed may. */
  readonly failures: string[]
  readonly codes: Map<string, number>
  slowest: number
}

/**
 * Tables whose rows say what nothing else says, so that a forger who computes the checksums again is not
 * found out.
 */
const undetectable: readonly string[] = ['state', 'space', 'outbox', 'block', 'bundle_name']

const ways: readonly Way[] = (['lazy', 'live', 'all', 'lazy'] as const).flatMap((verify) =>
  (['audit', 'run'] as const).flatMap((first) =>
    (['export', 'fork', 'nothing', 'nothing'] as const).map((beside) => ({ verify, first, beside })),
  ),
)

export interface Course {
  readonly seed: number
  readonly count: number
  readonly tell?: (line: string) => void
}

export function playSeeds({ seed: first, count, tell = () => {} }: Course): Tally {
  const originals = [makeOriginal('closed'), makeOriginal('killed')]
  const parent = mkdtempSync(join(tmpdir(), 'heirloom-damage-'))
  const directory = join(parent, 'store')
  const tally: Tally = { found: 0, right: 0, forgeries: 0, failures: [], codes: new Map(), slowest: 0 }
  try {
    const expected = new Map(originals.map((original) => [original, undamaged(directory, original)]))
    for (let seed = first; seed < first + count; seed += 1) {
      const dice = new Dice(seed * 7_919)
      for (let round = 0; round < 8; round += 1) dice.roll(2)
      const original = dice.pick(originals)
      const mutated = mutate(directory, original, dice)
      const began = performance.now()
      const judgement = judge(directory, dice.pick(ways))
      tally.slowest = Math.max(tally.slowest, performance.now() - began)
      judged(tally, seed, { mutated, judgement, expected: expected.get(original) ?? '' }, tell)
    }
    return tally
  } finally {
    rmSync(parent, { recursive: true, force: true })
  }
}

/** What is to be seen of the store as it was made. */
function undamaged(directory: string, { files, ending, height }: Original): string {
  lay(directory, files)
  const { found, raw, seen } = judge(directory, { verify: 'all', first: 'run', beside: 'nothing' })
  if (seen === null || found.length + raw.length > 0)
    throw new Error(`the ${ending} store is not sound: ${[...found, ...raw].join('; ')}`)
  if (!seen.startsWith(`{"height":${height},`))
    throw new Error(`the ${ending} store is not at block ${height}: ${seen.slice(0, 100)}`)
  return seen
}

interface Played {
  readonly mutated: Mutated
  readonly judgement: Judgement
  readonly expected: string
}

function judged(
  tally: Tally,
  seed: number,
  { mutated, judgement, expected }: Played,
  tell: (line: string) => void,
): void {
  const { found, seen, raw } = judgement
  const fail = (why: string): void => {
    const text = `seed ${seed} (${mutated.what}): ${why}`
    tally.failures.push(text)
    tell(text)
  }
  for (const code of new Set(found)) tally.codes.set(code, (tally.codes.get(code) ?? 0) + 1)
  if (raw.length > 0) return fail(raw.join('\n'))
  if (found.length > 0) tally.found += 1
  else if (seen === expected) tally.right += 1
  else if (mutated.forged && undetectable.includes(mutated.table ?? '')) tally.forgeries += 1
  else fail(`a wrong result, and nothing was found\n  ${difference(expected, seen ?? 'nothing')}`)
}

function difference(expected: string, seen: string): string {
  let at = 0
  while (at < expected.length && expected[at] === seen[at]) at += 1
  return `expected …${expected.slice(Math.max(0, at - 60), at + 100)}\n  seen     …${seen.slice(Math.max(0, at - 60), at + 100)}`
}
