/**
 * Runs the simulation in a thread of its own, since the engines need a larger stack than the main thread's.
 */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { assert } from '../base/errors.ts'
import type { Observation } from './run/observation.ts'
import { stackMebibytes } from '../host/threads/spawnMachine.ts'
import { gatherMaterials, StorePool } from './run/storePool.ts'
import { describeFailure } from './report.ts'
import { makeScript, type Script } from './script/script.ts'
import { shrink } from './shrink.ts'
import { play, tryScript, type TrialOptions } from './trial.ts'

/** Which seeds are tried, and how. */
export interface Seeds extends TrialOptions {
  readonly seed: number
  readonly seeds: number
  readonly steps: number
  /** Ends after so many bad seeds. */
  readonly bad: number
  /** The number of trials for shrinking a failing script. */
  readonly patience: number
  /** No seed begins after so many seconds; 0: no limit. */
  readonly seconds: number
}

/** The result of trying seeds. */
export interface SeedReport {
  readonly tried: number
  readonly cranks: number
  /** The number of programs that vats received. */
  readonly messages: number
  /** A text for each seed that failed. */
  readonly failures: readonly string[]
  readonly seconds: number
  readonly processorSeconds: number
}

type ThreadTask =
  | { readonly kind: 'seeds'; readonly seeds: Seeds }
  | { readonly kind: 'observe'; readonly scripts: readonly Script[] }

/** The number of seeds between two progress reports. */
const reportInterval = 20

/** Tries the seeds in order. `report` receives the text of each failure at once, and the progress. */
export const trySeeds = (seeds: Seeds, report: (text: string) => void = () => {}): Promise<SeedReport> =>
  startThread<SeedReport>({ kind: 'seeds', seeds }, report)

/** Plays scripts without faults and returns an observation of each. Throws for a violation. */
export const observe = (scripts: readonly Script[]): Promise<readonly Observation[]> =>
  startThread({ kind: 'observe', scripts }, () => {})

function startThread<Answer>(given: ThreadTask, report: (text: string) => void): Promise<Answer> {
  const thread = new Worker(new URL(import.meta.url), {
    resourceLimits: { stackSizeMb: stackMebibytes },
    workerData: given,
  })
  return new Promise((resolve, reject) => {
    thread.on('message', (message: string | Answer) =>
      typeof message === 'string' ? report(message) : resolve(message),
    )
    thread.on('error', reject)
    thread.on('exit', (code) => reject(new Error(`the thread of the simulation exited with ${code}`)))
  })
}

async function work(
  stores: StorePool,
  { seed: first, seeds, steps, courses, killed, audit, bad, patience, seconds }: Seeds,
): Promise<SeedReport> {
  const failures: string[] = []
  let [tried, cranks, messages] = [0, 0, 0]
  const began = performance.now()
  const cpu = process.cpuUsage()
  const attempt = (script: Script) => tryScript(script, stores, { courses, killed, audit })
  const hasTime = (): boolean => seconds === 0 || performance.now() - began < seconds * 1000
  for (let seed = first; seed < first + seeds && failures.length < bad && hasTime(); seed += 1) {
    const script = makeScript(seed, steps)
    const verdict = await attempt(script)
    tried += 1
    if (tried % reportInterval === 0)
      parentPort?.postMessage(
        `${tried} seeds so far, ${failures.length + (verdict.kind === 'bad' ? 1 : 0)} bad`,
      )
    if (verdict.kind === 'good') {
      cranks += verdict.cranks
      messages += verdict.messages
      continue
    }
    const failure = describeFailure(
      script,
      verdict.failure,
      await shrink(script, verdict.failure, attempt, patience),
    )
    parentPort?.postMessage(failure)
    failures.push(failure)
  }
  assert(tried >= failures.length, 'a failure belongs to a tried seed')
  const { user, system } = process.cpuUsage(cpu)
  return {
    tried,
    cranks,
    messages,
    failures,
    seconds: (performance.now() - began) / 1000,
    processorSeconds: (user + system) / 1e6,
  }
}

async function execute(given: ThreadTask): Promise<unknown> {
  const stores = new StorePool(await gatherMaterials())
  try {
    if (given.kind === 'seeds') return await work(stores, given.seeds)
    return given.scripts.map((script) => observed(play(script, 0, stores, 1)))
  } finally {
    stores.close()
  }
}

function observed(played: ReturnType<typeof play>): Observation {
  if (!('blocks' in played))
    throw new Error(`${played.conditions}, step ${played.step}: ${played.findings.join('\n')}`)
  return played
}

if (!isMainThread) parentPort?.postMessage(await execute(workerData as ThreadTask))
