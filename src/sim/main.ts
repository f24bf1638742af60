/**
 * The command: `npm run sim -- --seed 7 --steps 50`.
 *
 * | word          | means                                                        | default |
 * |---------------|--------------------------------------------------------------|---------|
 * | `--seed N`    | the first seed                                               | 1       |
 * | `--seeds N`   | how many seeds, one after the other                          | 1       |
 * | `--steps N`   | how many steps a script has                                  | 50      |
 * | `--courses N` | in how many other weathers each script is played             | 1       |
 * | `--killed N`  | how often each is played by real processes that are killed    | 0       |
 * | `--bad N`     | after how many bad seeds it ends                             | 5       |
 * | `--patience N`| how many trials may be spent on making a failing script smaller | 200  |
 *
 * The exit code is 1 when a seed failed. The engines run in a thread of their own with the stack that they need.
 */
import { argv, exit } from 'node:process'
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { gatherMaterials, Workshop } from './prepared.ts'
import { describeFailure } from './report.ts'
import { makeScript } from './script.ts'
import { shrink } from './shrink.ts'
import { tryScript } from './trial.ts'

interface Words {
  readonly seed: number
  readonly seeds: number
  readonly steps: number
  readonly courses: number
  readonly killed: number
  readonly bad: number
  readonly patience: number
}

const stackMebibytes = 64

function readWords(args: readonly string[]): Words {
  const option = (value: string) => ({ type: 'string', default: value }) as const
  const { values } = parseArgs({
    args: [...args],
    options: { seed: option('1'), seeds: option('1'), steps: option('50'), courses: option('1'), killed: option('0'), bad: option('5'), patience: option('200') },
  })
  const number = (text: string): number => {
    if (!/^\d+$/.test(text)) throw new Error(`${text} is not a whole number`)
    return Number(text)
  }
  const { seed, seeds, steps, courses, killed, bad, patience } = values
  return { seed: number(seed), seeds: number(seeds), steps: number(steps), courses: number(courses), killed: number(killed), bad: number(bad), patience: number(patience) }
}

async function work({ seed: first, seeds, steps, courses, killed, bad, patience }: Words): Promise<number> {
  const workshop = new Workshop(await gatherMaterials())
  let failed = 0
  let tried = 0
  let cranks = 0
  let messages = 0
  const began = performance.now()
  const cpu = process.cpuUsage()
  try {
    for (let seed = first; seed < first + seeds && failed < bad; seed += 1) {
      tried += 1
      const script = makeScript(seed, steps)
      const attempt = (candidate: typeof script) => tryScript(candidate, workshop, { courses, killed })
      const verdict = await attempt(script)
      if (verdict.kind === 'good') {
        cranks += verdict.cranks
        messages += verdict.messages
        continue
      }
      failed += 1
      console.log(describeFailure(script, verdict.failure, await shrink(script, verdict.failure, attempt, patience)))
    }
  } finally {
    workshop.end()
  }
  const seconds = (performance.now() - began) / 1000
  const { user, system } = process.cpuUsage(cpu)
  const speed = `${(tried / seconds).toFixed(2)} seeds/s, ${((tried * 1e6) / (user + system)).toFixed(2)} for each second of processor`
  console.log(`${tried} seeds of ${steps} steps: ${tried - failed} good, ${failed} bad; ${cranks} cranks, ${messages} messages; ${speed}`)
  return failed
}

if (isMainThread) {
  const thread = new Worker(new URL(import.meta.url), { resourceLimits: { stackSizeMb: stackMebibytes }, workerData: readWords(argv.slice(2)) })
  thread.on('message', (failed: number) => exit(failed > 0 ? 1 : 0))
} else parentPort?.postMessage(await work(workerData as Words))
