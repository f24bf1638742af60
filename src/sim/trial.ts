/**
 * A trial: one script in calm weather, judged by the model; then the same in other weather, which must have
 * changed nothing.
 */
import { rmSync } from 'node:fs'
import { Course, Misconduct } from './run/course.ts'
import type { Failure } from './run/failure.ts'
import { compare, judge } from './model/judge.ts'
import { playKilled } from './run/killed.ts'
import type { Observation } from './run/observation.ts'
import type { Workshop } from './run/prepared.ts'
import type { Script } from './script/script.ts'
import { Weather } from './run/weather.ts'

export type Verdict =
  | { readonly kind: 'good'; readonly cranks: number; readonly messages: number }
  | { readonly kind: 'bad'; readonly failure: Failure }

/** How often a script is played in weather that is not calm. */
export interface TrialOptions {
  readonly courses: number
  /** How often the script is played by processes that are killed on the way. */
  readonly killed: number
  /** After how many steps the kernel's tables are audited. */
  readonly audit: number
}

export async function tryScript(
  script: Script,
  workshop: Workshop,
  { courses, killed, audit }: TrialOptions,
): Promise<Verdict> {
  const calm = play(script, 0, workshop, audit)
  if (!('blocks' in calm)) return { kind: 'bad', failure: calm }
  const findings = judge(script, calm)
  if (findings.length > 0) return { kind: 'bad', failure: { weather: 'calm weather', step: null, findings } }
  for (let course = 1; course <= courses; course += 1) {
    const failure = failureOf(calm, play(script, course, workshop, audit), `weather ${course}`)
    if (failure !== undefined) return { kind: 'bad', failure }
  }
  for (let number = 1; number <= killed; number += 1) {
    const failure = failureOf(
      calm,
      await playKilled(script, workshop, number, audit),
      'a process that was killed',
    )
    if (failure !== undefined) return { kind: 'bad', failure }
  }
  return { kind: 'good', cranks: calm.blocks.at(-1)?.cranks ?? 0, messages: countMessages(calm) }
}

function failureOf(calm: Observation, other: Observation | Failure, weather: string): Failure | undefined {
  if (!('blocks' in other)) return other
  const findings = compare(calm, other)
  return findings.length === 0 ? undefined : { weather, step: null, findings }
}

const countMessages = ({ vats }: Observation): number =>
  vats.reduce((sum, { lines }) => sum + lines.filter(([, kind]) => kind === 'recv').length, 0)

/** One course; a failure when the world did what no world may do. */
export function play(
  script: Script,
  course: number,
  workshop: Workshop,
  auditInterval: number,
): Observation | Failure {
  const weather = new Weather(script.seed, { kind: 'course', course })
  const prepared = workshop.prepared(script.store)
  const directories = [workshop.copy(prepared)]
  const newDirectory = (): string => {
    const place = workshop.place()
    directories.push(place)
    return place
  }
  try {
    return new Course(script, weather, prepared, {
      directory: directories[0] ?? '',
      newDirectory,
      auditInterval,
    }).play()
  } catch (error) {
    if (!(error instanceof Misconduct)) throw error
    return { weather: weather.name, step: error.step, findings: [error.message] }
  } finally {
    for (const directory of directories) rmSync(directory, { recursive: true, force: true })
  }
}
