/**
 * A trial: one script in calm weather, judged by the model; then the same in other weather, which must have
 * changed nothing.
 */
import { rmSync } from 'node:fs'
import { Course, Misconduct } from './course.ts'
import { compare, judge } from './model/judge.ts'
import type { Observation } from './observation.ts'
import type { Workshop } from './prepared.ts'
import type { Script } from './script.ts'
import { Weather } from './weather.ts'

export interface Failure {
  /** In which weather. */
  readonly weather: string
  /** The step at which it showed; null when it showed at the end. */
  readonly step: number | null
  readonly findings: readonly string[]
}

export type Verdict =
  | { readonly kind: 'good'; readonly cranks: number; readonly messages: number }
  | { readonly kind: 'bad'; readonly failure: Failure }

/** How often a script is played in weather that is not calm. */
export interface TrialOptions {
  readonly courses: number
}

export function tryScript(script: Script, workshop: Workshop, { courses }: TrialOptions): Verdict {
  const calm = play(script, 0, workshop)
  if (!('blocks' in calm)) return { kind: 'bad', failure: calm }
  const findings = judge(script, calm)
  if (findings.length > 0) return { kind: 'bad', failure: { weather: 'calm', step: null, findings } }
  for (let course = 1; course <= courses; course += 1) {
    const other = play(script, course, workshop)
    if (!('blocks' in other)) return { kind: 'bad', failure: other }
    const differences = compare(calm, other)
    if (differences.length > 0) return { kind: 'bad', failure: { weather: new Weather(script.seed, course).name, step: null, findings: differences } }
  }
  return { kind: 'good', cranks: calm.blocks.at(-1)?.cranks ?? 0, messages: countMessages(calm) }
}

const countMessages = ({ vats }: Observation): number =>
  vats.reduce((sum, { lines }) => sum + lines.filter(([, kind]) => kind === 'recv').length, 0)

function play(script: Script, course: number, workshop: Workshop): Observation | Failure {
  const weather = new Weather(script.seed, course)
  const prepared = workshop.prepared(script.store)
  const directories = [workshop.copy(prepared)]
  const newDirectory = (): string => {
    const place = workshop.place()
    directories.push(place)
    return place
  }
  try {
    return new Course(script, weather, prepared, directories[0] ?? '', newDirectory).play()
  } catch (error) {
    if (!(error instanceof Misconduct)) throw error
    return { weather: weather.name, step: error.step, findings: [error.message] }
  } finally {
    for (const directory of directories) rmSync(directory, { recursive: true, force: true })
  }
}
