/**
 * The command: `npm run sim -- --seed 7 --steps 50`.
 *
 * | word           | means                                                           | default |
 * |----------------|-----------------------------------------------------------------|---------|
 * | `--seed N`     | the first seed                                                  | 1       |
 * | `--seeds N`    | how many seeds, one after the other                             | 1       |
 * | `--steps N`    | how many steps a script has                                     | 50      |
 * | `--courses N`  | in how many other weathers each script is played                | 1       |
 * | `--killed N`   | how often each is played by processes that are killed           | 0       |
 * | `--audit N`    | after how many steps the kernel's tables are audited            | 3       |
 * | `--bad N`      | after how many bad seeds it ends                                | 5       |
 * | `--patience N` | how many trials may be spent on making a failing script smaller | 200     |
 *
 * The exit code is 1 when a seed failed.
 */
import { argv } from 'node:process'
import { parseArgs } from 'node:util'
import { trySeeds } from './thread.ts'
import type { Seeds } from './thread.ts'

const defaults: Seeds = { seed: 1, seeds: 1, steps: 50, courses: 1, killed: 0, audit: 3, bad: 5, patience: 200 }

function readWords(args: readonly string[]): Seeds {
  const names = Object.keys(defaults) as (keyof Seeds)[]
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' } as const]))
  const { values } = parseArgs({ args: [...args], options })
  const words = { ...defaults }
  for (const name of names) {
    const given = values[name]
    if (given === undefined) continue
    if (typeof given !== 'string' || !/^\d{1,9}$/.test(given)) throw new Error(`--${name} takes a whole number, not ${String(given)}`)
    Object.assign(words, { [name]: Number(given) })
  }
  return words
}

try {
  const words = readWords(argv.slice(2))
  const { tried, cranks, messages, failures, seconds, processorSeconds } = await trySeeds(words, (text) => console.log(text))
  console.log(
    `${tried} seeds of ${words.steps} steps: ${tried - failures.length} good, ${failures.length} bad; ${cranks} cranks, ${messages} messages; ` +
      `${(tried / seconds).toFixed(2)} seeds/s, ${(tried / processorSeconds).toFixed(2)} for each second of processor`,
  )
  process.exitCode = failures.length > 0 ? 1 : 0
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 2
}
