/**
 * A trial: one script is played without faults and judged by the model, and then with faults, which must
 * change nothing.
 */
import { assert } from '../base/errors.ts'
import { rmSync } from 'node:fs'
import { Run } from './run/run.ts'
import { compare, compareOutcomes, judge } from './model/judge.ts'
import { allOps } from './program/program.ts'
import type { Line } from './vat/journal.ts'
import { playKilled } from './run/killedRun.ts'
import type { Observation } from './run/observation.ts'
import type { StorePool } from './run/storePool.ts'
import type { Script } from './script/script.ts'
import type { Step } from './steps/step.ts'
import { FaultInjector } from './run/faultInjector.ts'
import { Violation, wholeError, type Failure } from './run/failure.ts'

/** The result of a trial. */
export type Verdict =
  | { readonly kind: 'good'; readonly cranks: number; readonly messages: number }
  | { readonly kind: 'bad'; readonly failure: Failure }

/** How often a script is played with faults. */
export interface TrialOptions {
  readonly courses: number
  /** How often the script is played by processes that are killed. */
  readonly killed: number
  /** The number of steps between two audits of the tables. */
  readonly audit: number
}

/** Tries one script. An unexpected error is a failure too, so that the report names the seed. */
export async function tryScript(script: Script, stores: StorePool, options: TrialOptions): Promise<Verdict> {
  try {
    return await verdictOf(script, stores, options)
  } catch (error) {
    return { kind: 'bad', failure: { conditions: 'with an error', step: null, findings: [wholeError(error)] } }
  }
}

async function verdictOf(
  script: Script,
  stores: StorePool,
  { courses, killed, audit }: TrialOptions,
): Promise<Verdict> {
  const faultless = play(script, 0, stores, audit)
  if (!('blocks' in faultless)) return { kind: 'bad', failure: faultless }
  const findings = judge(script, faultless)
  if (findings.length > 0)
    return { kind: 'bad', failure: { conditions: 'without faults', step: null, findings } }
  assert(faultless.blocks.length > 0, 'a run has a block')
  if (script.kernels === 'sound') {
    const failure = failureUnderOneKernel(faultless, script, stores, audit)
    if (failure !== undefined) return { kind: 'bad', failure }
  }
  for (let course = 1; course <= courses; course += 1) {
    const failure = failureOf(faultless, play(script, course, stores, audit), `with faults ${course}`)
    if (failure !== undefined) return { kind: 'bad', failure }
  }
  for (let number = 1; number <= killed; number += 1) {
    const failure = failureOf(
      faultless,
      await playKilled(script, stores, number, audit),
      'in killed processes',
    )
    if (failure !== undefined) return { kind: 'bad', failure }
  }
  return { kind: 'good', cranks: faultless.blocks.at(-1)?.cranks ?? 0, messages: countMessages(faultless) }
}

const commit: Step = { kind: 'commit' }

/** A kernel of the same behaviour makes no difference to the vats and the host, but for the blocks. */
function failureUnderOneKernel(
  faultless: Observation,
  script: Script,
  stores: StorePool,
  audit: number,
): Failure | undefined {
  const steps = script.steps.map((step) => (step.kind === 'kernel' ? commit : step))
  const plain = play({ ...script, kernels: 'none', steps }, 0, stores, audit)
  if (!('blocks' in plain)) return plain
  const findings = compareOutcomes(faultless, plain, askersOfCranks(script, faultless))
  return findings.length === 0 ? undefined : { conditions: 'under one kernel', step: null, findings }
}

/** Vats that had another suspended: the answer says since which crank it is. */
function askersOfCranks({ steps }: Script, { vats }: Observation): ReadonlySet<string> {
  const ops = steps.flatMap((step) => (step.kind === 'send' ? [...allOps(step.go.ops)] : []))
  const suspensions = new Set(
    ops.flatMap((op) => (op.kind === 'rule' && op.ruling.kind === 'suspend' ? [op.n] : [])),
  )
  const hasAsked = ([, kind, n]: Line): boolean => kind === 'asked' && suspensions.has(Number(n))
  return new Set(vats.filter(({ lines }) => lines.some(hasAsked)).map(({ name }) => name))
}

function failureOf(
  faultless: Observation,
  other: Observation | Failure,
  conditions: string,
): Failure | undefined {
  if (!('blocks' in other)) return other
  const findings = compare(faultless, other)
  return findings.length === 0 ? undefined : { conditions: conditions, step: null, findings }
}

const countMessages = ({ vats }: Observation): number =>
  vats.reduce((sum, { lines }) => sum + lines.filter(([, kind]) => kind === 'recv').length, 0)

/** Plays the script once; course 0 is without faults. Returns a failure for a violation or another error. */
export function play(
  script: Script,
  course: number,
  stores: StorePool,
  auditInterval: number,
): Observation | Failure {
  const faults = new FaultInjector(script.seed, { kind: 'course', course })
  const prepared = stores.prepared(script.store)
  const directories = [stores.copy(prepared)]
  const newDirectory = (): string => {
    const place = stores.newDirectory()
    directories.push(place)
    return place
  }
  try {
    return new Run(script, faults, prepared, {
      directory: directories[0] ?? '',
      newDirectory,
      auditInterval,
    }).play()
  } catch (error) {
    if (!(error instanceof Violation))
      return { conditions: faults.name, step: null, findings: [wholeError(error)] }
    return { conditions: faults.name, step: error.step, findings: [error.message] }
  } finally {
    for (const directory of directories) rmSync(directory, { recursive: true, force: true })
  }
}
