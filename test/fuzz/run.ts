/**
 * `npm run fuzz -- [--seed N] [--count M] [--arena A]`: fuzzes the wire of syscalls with M mutations from seed N,
 * or plays one arena of such a run again with an audit after every delivery.
 */
import { parseArgs } from 'node:util'
import { fuzzSyscalls, replayArena } from './syscalls.ts'

const { values } = parseArgs({ options: { seed: { type: 'string', default: '1' }, count: { type: 'string', default: '20000' }, arena: { type: 'string' } } })

const numberOf = (name: string, text: string): number => {
  const number = Number(text)
  if (Number.isSafeInteger(number)) return number
  console.error(`--${name} is a whole number, not ${text}`)
  return process.exit(2)
}

const began = performance.now()
let arenas = 0
const tally =
  values.arena === undefined
    ? fuzzSyscalls({
        seed: numberOf('seed', values.seed),
        count: numberOf('count', values.count),
        onArena: ({ mutations }) => (arenas += 1) % 20 === 0 && console.log(`${arenas} arenas, ${mutations} mutations`),
      })
    : replayArena(numberOf('arena', values.arena))
console.log(JSON.stringify({ ...tally, arenas, seconds: Math.round((performance.now() - began) / 100) / 10 }))
