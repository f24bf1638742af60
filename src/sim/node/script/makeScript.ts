/** Makes scripts from seeds: random transactions in each block, and scenes over several blocks. */
import { Random } from '../../program/random.ts'
import { chainCount } from '../world/chains.ts'
import { sceneNames, scenes } from './scenes.ts'
import type { Script } from './script.ts'
import { Writer } from './writer.ts'

/** The script of a seed: the same each time. A longer one begins like a shorter one. */
export function makeScript(seed: number, steps: number): Script {
  const random = new Random(seed, 'chain')
  const chain = random.below(chainCount)
  const writer = new Writer(random, chain)
  const blocks = Array.from({ length: steps }, () => {
    if (random.chance(35)) scenes[random.weighted(sceneNames)](writer)
    return writer.block()
  })
  return { seed, chain, blocks }
}
