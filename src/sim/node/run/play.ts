/** Plays a script on one node, undisturbed, to its end. */
import type { Script } from '../script/script.ts'
import type { ChainPool } from '../world/chains.ts'
import { closingBlocks, readJournals } from './closing.ts'
import type { Observation } from './observation.ts'
import { Player, type PlayedBlock } from './player.ts'

/** What was played: the blocks, and what was seen. */
export interface Played {
  readonly blocks: readonly PlayedBlock[]
  readonly observation: Observation
}

/** Plays all of it, and closes. */
export async function playScript(script: Script, chains: ChainPool): Promise<Played> {
  const prepared = await chains.prepared(script.chain)
  const player = await Player.open(chains, prepared)
  try {
    for (const block of script.blocks) await player.play(block)
    const release = chains.kernelId('release')
    await closingBlocks(player, script, (kernel) => (kernel === release ? 'same' : 'release'))
    const journals = await readJournals(player)
    const observation = { blocks: player.seen, halts: player.halts, journals, answers: player.answers() }
    return { blocks: player.blocks, observation }
  } finally {
    await player.node.close()
  }
}
