/** Tries chains of seeds in order: as `thread.ts`, but nodes have threads of their own. */
import type { Seeds } from '../thread.ts'
import { makeScript } from './script/makeScript.ts'
import type { Script } from './script/script.ts'
import { shrink, type Bad, type Shrunk } from './shrink.ts'
import { tryScript } from './trial.ts'
import { ChainPool, gatherMaterials } from './world/chains.ts'

export type ChainSeeds = Omit<Seeds, 'killed' | 'audit'>

/** The result of trying seeds. */
export interface ChainReport {
  readonly tried: number
  readonly blocks: number
  readonly transactions: number
  /** A text for each seed that failed. */
  readonly failures: readonly string[]
  readonly seconds: number
}

const maxFindings = 8

/** Tries the seeds in order. `report` receives the text of each failure at once. */
export async function tryChains(
  { seed: first, seeds, steps, courses, bad, patience, seconds }: ChainSeeds,
  report: (text: string) => void = () => {},
): Promise<ChainReport> {
  const chains = new ChainPool(await gatherMaterials())
  const failures: string[] = []
  let [tried, blocks, transactions] = [0, 0, 0]
  const began = performance.now()
  const elapsed = (): number => (performance.now() - began) / 1_000
  const attempt = (script: Script) => tryScript(script, chains, courses)
  try {
    for (let seed = first; seed < first + seeds && failures.length < bad; seed += 1) {
      if (seconds > 0 && elapsed() >= seconds) break
      const script = makeScript(seed, steps)
      const verdict = await attempt(script)
      tried += 1
      if (verdict.kind === 'good') {
        blocks += verdict.blocks
        transactions += verdict.transactions
        continue
      }
      const failure = describe(script, verdict, await shrink(script, verdict, attempt, patience))
      report(failure)
      failures.push(failure)
    }
  } finally {
    chains.close()
  }
  return { tried, blocks, transactions, failures, seconds: elapsed() }
}

function describe({ seed, blocks }: Script, { conditions, findings }: Bad, shrunk: Shrunk): string {
  const list = (all: readonly string[]): string[] => all.slice(0, maxFindings).map((each) => `  ${each}`)
  const found = [
    `chain ${seed} fails ${conditions}:`,
    ...list(findings),
    `reproduce: npm run sim -- --node --seed ${seed} --steps ${blocks.length}`,
  ]
  if (shrunk.trials === 0) return found.join('\n')
  const left = shrunk.script.blocks.flatMap(({ entries }, at) =>
    entries.map((entry) => `  ${at} ${JSON.stringify(entry)}`),
  )
  return [
    ...found,
    `after ${shrunk.trials} trials, ${left.length} transactions are left, which fail ${shrunk.bad.conditions}:`,
    ...list(shrunk.bad.findings),
    ...left,
    `the same without the rest: npm run sim -- --node --seed ${seed} --steps ${shrunk.script.blocks.length}`,
  ].join('\n')
}
