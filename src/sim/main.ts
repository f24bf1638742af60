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
 * | `--seconds N`  | begins no other seed after so many seconds; 0 is no bound       | 0       |
 * | `--fresh`      | begins with a seed that the host chooses by chance, and says it |         |
 *
 * The exit code is 1 when a seed failed, 2 when the words are wrong. `npm run sim:fresh` is for every run of
 * all
 * tests: two minutes of seeds that nobody has seen.
 */
import { randomInt } from 'node:crypto'
import { argv } from 'node:process'
import { parseArgs } from 'node:util'
import { trySeeds, type Seeds } from './thread.ts'

const defaults: Seeds = {
  seed: 1,
  seeds: 1,
  steps: 50,
  courses: 1,
  killed: 0,
  audit: 3,
  bad: 5,
  patience: 200,
  seconds: 0,
}
const freshSeeds = 900_000_000

function readWords(args: readonly string[]): Seeds {
  const names = Object.keys(defaults) as (keyof Seeds)[]
  const options: Record<string, { readonly type: 'string' | 'boolean' }> = Object.fromEntries(
    names.map((name) => [name, { type: 'string' }]),
  )
  options['fresh'] = { type: 'boolean' }
  const values: Readonly<Record<string, unknown>> = parseArgs({ args: [...args], options }).values
  const isFresh = values['fresh'] === true
  if (isFresh && values['seed'] !== undefined)
    throw new Error('--fresh chooses the first seed; give no --seed with it')
  const words = { ...defaults, ...(isFresh ? { seed: randomInt(1, freshSeeds) } : {}) }
  for (const name of names) {
    const given = values[name]
    if (given === undefined) continue
    if (typeof given !== 'string' || !/^\d{1,9}$/.test(given))
      throw new Error(`--${name} takes a whole number, not ${String(given)}`)
    Object.assign(words, { [name]: Number(given) })
  }
  return words
}

try {
  const words = readWords(argv.slice(2))
  if (words.seeds > 1) console.log(`seeds from ${words.seed} on`)
  const { tried, cranks, messages, failures, seconds, processorSeconds } = await trySeeds(words, (text) =>
    console.log(text),
  )
  console.log(
    `${tried} seeds of ${words.steps} steps: ${tried - failures.length} good, ${failures.length} bad; ${cranks} cranks, ${messages} messages; ` +
      `${(tried / seconds).toFixed(2)} seeds/s, ${(tried / processorSeconds).toFixed(2)} for each second of processor`,
  )
  process.exitCode = failures.length > 0 ? 1 : 0
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 2
}
