/**
 * The host's own place in a course: which step is next, and what it was told so far.
 *
 * Pc1. It is kept in the store, in the same block as what it tells of: whoever opens the store after a
 *      crash knows exactly what the store knows.
 */
import type { OwnCalls } from '../controller/calls.ts'
import type { Record } from './steps/step.ts'

export interface Place {
  /** The step that is next; past the end of the script come the closing ones. */
  next: number
  readonly records: Map<number, Record>
  /** The requests for the reports of the vats, by name. */
  readonly reports: Map<string, number>
  /** The names of all vats that were seen to live. */
  readonly lived: Set<string>
}

const key = 'sim.place'

export function readPlace(machine: OwnCalls): Place {
  const text = machine.getHostState(key)
  if (text === null) return { next: 0, records: new Map(), reports: new Map(), lived: new Set() }
  const { next, records, reports, lived } = JSON.parse(text) as { next: number; records: [number, Record][]; reports: [string, number][]; lived: string[] }
  return { next, records: new Map(records), reports: new Map(reports), lived: new Set(lived) }
}

export function writePlace(machine: OwnCalls, { next, records, reports, lived }: Place): void {
  machine.setHostState(key, JSON.stringify({ next, records: [...records], reports: [...reports], lived: [...lived] }))
}
