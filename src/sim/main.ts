/**
 * The command: `npm run sim -- --seed 7 --steps 50`.
 *
 * | option         | meaning                                                         | default |
 * |----------------|-----------------------------------------------------------------|---------|
 * | `--seed N`     | the first seed                                                  | 1       |
 * | `--seeds N`    | the number of seeds                                             | 1       |
 * | `--steps N`    | the number of steps of a script                                 | 50      |
 * | `--courses N`  | how often each script is played with faults                     | 1       |
 * | `--killed N`   | how often each is played by processes that are killed           | 0       |
 * | `--audit N`    | the number of steps between two audits of the kernel's tables   | 3       |
 * | `--bad N`      | ends after so many bad seeds                                    | 5       |
 * | `--patience N` | the number of trials for shrinking a failing script             | 200     |
 * | `--seconds N`  | no seed begins after so many seconds; 0: no limit               | 0       |
 * | `--fresh`      | begins with a random seed and prints it                         |         |
 * | `--node`       | plays chains on nodes; a step is a block, a course another node |         |
 *
 * The exit code is 1 when a seed failed, 2 when the command line is invalid or the simulation itself fails.
 * `npm run sim:fresh` tries new seeds for two minutes, as part of all tests.
 */
import { randomInt } from 'node:crypto'
import { argv } from 'node:process'
import { parseArgs } from 'node:util'
import { tryChains } from './node/seeds.ts'
import { wholeError } from './run/failure.ts'
import { removeScratchOnSignals } from './scratch.ts'
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

type Words = Seeds & { readonly world: 'kernel' | 'node' }

function parseOptions(args: readonly string[]): Words {
  const names = Object.keys(defaults) as (keyof Seeds)[]
  const options: Record<string, { readonly type: 'string' | 'boolean' }> = Object.fromEntries(
    names.map((name) => [name, { type: 'string' }]),
  )
  options['fresh'] = { type: 'boolean' }
  options['node'] = { type: 'boolean' }
  const values: Readonly<Record<string, unknown>> = parseArgs({ args: [...args], options }).values
  const isFresh = values['fresh'] === true
  if (isFresh && values['seed'] !== undefined)
    throw new Error('--fresh chooses the first seed; give no --seed with it')
  const world = values['node'] === true ? 'node' : 'kernel'
  const words: Words = { ...defaults, world, ...(isFresh ? { seed: randomInt(1, freshSeeds) } : {}) }
  for (const name of names) {
    const given = values[name]
    if (given === undefined) continue
    if (typeof given !== 'string' || !/^\d{1,9}$/.test(given))
      throw new Error(`--${name} takes a whole number, not ${String(given)}`)
    Object.assign(words, { [name]: Number(given) })
  }
  return words
}

async function tryKernels(words: Seeds): Promise<number> {
  const { tried, cranks, messages, failures, seconds, processorSeconds } = await trySeeds(words, (text) =>
    console.log(text),
  )
  console.log(
    `${tried} seeds of ${words.steps} steps: ${tried - failures.length} good, ${failures.length} bad; ${cranks} cranks, ${messages} messages; ` +
      `${(tried / seconds).toFixed(2)} seeds/s, ${(tried / processorSeconds).toFixed(2)} for each second of processor`,
  )
  return failures.length
}

async function tryNodes(words: Seeds): Promise<number> {
  const report = await tryChains(words, (text) => console.log(text))
  const { tried, blocks, transactions, failures, seconds } = report
  console.log(
    `${tried} chains of ${words.steps} steps: ${tried - failures.length} good, ${failures.length} bad; ` +
      `${blocks} blocks, ${transactions} transactions; ${(tried / seconds).toFixed(2)} chains/s`,
  )
  return failures.length
}

function optionsOrExit(): Words {
  try {
    return parseOptions(argv.slice(2))
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exit(2)
  }
}

removeScratchOnSignals()
const words = optionsOrExit()
try {
  if (words.seeds > 1) console.log(`seeds from ${words.seed} on`)
  const bad = words.world === 'node' ? await tryNodes(words) : await tryKernels(words)
  process.exitCode = bad > 0 ? 1 : 0
} catch (error) {
  console.error(wholeError(error))
  process.exitCode = 2
}
