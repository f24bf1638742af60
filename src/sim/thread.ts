/**
 * The thread of the worlds: the engines need a stack that only a thread of its own can be given.
 */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import type { Observation } from './run/observation.ts'
import { stackMebibytes } from '../host/threads/spawnMachine.ts'
import { gatherMaterials, Workshop } from './run/prepared.ts'
import { describeFailure } from './report.ts'
import { makeScript, type Script } from './script/script.ts'
import { shrink } from './shrink.ts'
import { play, tryScript, type TrialOptions } from './trial.ts'

/** What is to be tried. */
export interface Seeds extends TrialOptions {
  readonly seed: number
  readonly seeds: number
  readonly steps: number
  /** After how many bad seeds it ends. */
  readonly bad: number
  /** How many trials may be spent on making a failing script smaller. */
  readonly patience: number
  /** After so many seconds no other seed begins; 0 is no bound. */
  readonly seconds: number
}

export interface Tally {
  readonly tried: number
  readonly cranks: number
  /** Programs that vats received. */
  readonly messages: number
  /** A text for each seed that failed. */
  readonly failures: readonly string[]
  readonly seconds: number
  readonly processorSeconds: number
}

type Order =
  | { readonly kind: 'seeds'; readonly seeds: Seeds }
  | { readonly kind: 'observe'; readonly scripts: readonly Script[] }

/** After how many seeds it tells how far it is. */
const tellingInterval = 20

/**
 * Tries the seeds, one after the other. `tell` is given the text of each failure as it comes, and how far it
 * is.
 */
export const trySeeds = (seeds: Seeds, tell: (text: string) => void = () => {}): Promise<Tally> =>
  order<Tally>({ kind: 'seeds', seeds }, tell)

/**
 * Scripts in calm weather, and what there was to be seen of each. A world that did what no world may do
 * throws.
 */
export const observe = (scripts: readonly Script[]): Promise<readonly Observation[]> =>
  order({ kind: 'observe', scripts }, () => {})

function order<Answer>(given: Order, tell: (text: string) => void): Promise<Answer> {
  const thread = new Worker(new URL(import.meta.url), {
    resourceLimits: { stackSizeMb: stackMebibytes },
    workerData: given,
  })
  return new Promise((resolve, reject) => {
    thread.on('message', (message: string | Answer) =>
      typeof message === 'string' ? tell(message) : resolve(message),
    )
    thread.on('error', reject)
    thread.on('exit', (code) => reject(new Error(`the thread of the worlds ended with ${code}`)))
  })
}

async function work(
  workshop: Workshop,
  { seed: first, seeds, steps, courses, killed, audit, bad, patience, seconds }: Seeds,
): Promise<Tally> {
  const failures: string[] = []
  let [tried, cranks, messages] = [0, 0, 0]
  const began = performance.now()
  const cpu = process.cpuUsage()
  const attempt = (script: Script) => tryScript(script, workshop, { courses, killed, audit })
  const isTime = (): boolean => seconds === 0 || performance.now() - began < seconds * 1000
  for (let seed = first; seed < first + seeds && failures.length < bad && isTime(); seed += 1) {
    const script = makeScript(seed, steps)
    const verdict = await attempt(script)
    tried += 1
    if (tried % tellingInterval === 0)
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

async function obey(given: Order): Promise<unknown> {
  const workshop = new Workshop(await gatherMaterials())
  try {
    if (given.kind === 'seeds') return await work(workshop, given.seeds)
    return given.scripts.map((script) => seen(play(script, 0, workshop, 1)))
  } finally {
    workshop.end()
  }
}

function seen(played: ReturnType<typeof play>): Observation {
  if (!('blocks' in played))
    throw new Error(`${played.weather}, step ${played.step}: ${played.findings.join('\n')}`)
  return played
}

if (!isMainThread) parentPort?.postMessage(await obey(workerData as Order))
