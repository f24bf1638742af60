/** A trial: one script is played undisturbed and judged; then other nodes execute the same blocks. */
import { judge, type Beginning } from './model/judge.ts'
import type { KernelNames } from './model/kernelModel.ts'
import { follow } from './run/follow.ts'
import { playScript } from './run/play.ts'
import type { Script } from './script/script.ts'
import { uploader, type ChainPool, type Prepared } from './world/chains.ts'
import { addressOf } from './run/signing.ts'
import { wholeError } from '../run/failure.ts'

export type Verdict =
  | { readonly kind: 'good'; readonly blocks: number; readonly transactions: number }
  | { readonly kind: 'bad'; readonly conditions: string; readonly findings: readonly string[] }

export const beginningOf = ({ genesis, uploads }: Prepared): Beginning => ({
  genesis,
  uploads,
  uploader: addressOf(uploader),
})

export const namesOf = (chains: ChainPool): KernelNames => ({
  release: chains.kernelId('release'),
  nameOf: (id) => chains.kernelName(id),
  codeOf: (hash) => chains.codeName(hash),
})

/** `courses`: how many other nodes are given the blocks, each in weather of its own. */
export async function tryScript(script: Script, chains: ChainPool, courses: number): Promise<Verdict> {
  try {
    const prepared = await chains.prepared(script.chain)
    const played = await playScript(script, chains)
    const findings = judge(beginningOf(prepared), played.observation, namesOf(chains))
    if (findings.length > 0) return { kind: 'bad', conditions: 'undisturbed', findings }
    for (let course = 1; course <= courses; course += 1) {
      const differences = await follow(played, script.seed, course, chains, prepared)
      if (differences.length > 0) return { kind: 'bad', conditions: `in weather ${course}`, findings: differences }
    }
    const transactions = played.blocks.reduce((sum, { block }) => sum + block.transactions.length, 0)
    return { kind: 'good', blocks: played.blocks.length, transactions }
  } catch (error) {
    return { kind: 'bad', conditions: 'with an error', findings: [wholeError(error)] }
  }
}
