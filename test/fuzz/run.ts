/**
 * `npm run fuzz -- [--seed N] [--count M] [--arena A | --engine]`: fuzzes the wire of syscalls with M
 * mutations from seed N, or plays one arena of such a run again with an audit after every delivery. With
 * `--engine` the mutations go through a real engine, at about a hundredth of the speed.
 */
import { parseArgs } from 'node:util'
import { malloryStore } from '../kit/mallory.ts'
import type { Scope } from '../kit/world.ts'
import { fuzzEngine } from './engine.ts'
import { fuzzSyscalls, replayArena } from './syscalls.ts'

const { values } = parseArgs({
  options: {
    engine: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '20000' },
    arena: { type: 'string' },
  },
})

const numberOf = (name: string, text: string): number => {
  const number = Number(text)
  if (Number.isSafeInteger(number)) return number
  console.error(`--${name} is a whole number, not ${text}`)
  return process.exit(2)
}

const seed = numberOf('seed', values.seed)
const count = numberOf('count', values.count)
const began = performance.now()
let arenas = 0

/** In one world from the beginning to the end. */
async function throughEngine(): Promise<object> {
  const ends: (() => void | Promise<void>)[] = []
  const scope: Scope = { after: (end) => void ends.push(end) }
  try {
    let told = 0
    const onAudit = ({ mutations, audits }: { mutations: number; audits: number }): void => {
      if (mutations - told < 1_000) return
      told = mutations
      console.log(`${mutations} mutations, ${audits} audits`)
    }
    return await fuzzEngine(scope, await malloryStore(scope), { seed, count, onAudit })
  } finally {
    for (const end of ends.reverse()) await end()
  }
}

function withoutEngine(): object {
  if (values.arena !== undefined) return replayArena(numberOf('arena', values.arena))
  return fuzzSyscalls({
    seed,
    count,
    onArena: ({ mutations }) =>
      (arenas += 1) % 20 === 0 && console.log(`${arenas} arenas, ${mutations} mutations`),
  })
}

const tally = values.engine ? await throughEngine() : withoutEngine()
console.log(JSON.stringify({ ...tally, arenas, seconds: Math.round((performance.now() - began) / 100) / 10 }))
