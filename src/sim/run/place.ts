/**
 * The host's own place in a course: which step is next, and what it was told so far.
 *
 * Pc1. It is kept in the store, in the same block as what it tells of: whoever opens the store after a
 *      crash knows exactly what the store knows.
 */
import type { OwnCalls } from '../../protocol/machine/calls.ts'
import type { Record } from '../steps/step.ts'

/**
 * How a vat stood when its upgrade was known to be refused; `none` when it was not, or when there is no such
 * vat.
 */
export interface Refused {
  /** The step after which it was known. */
  readonly at: number
  readonly status: string
}

export interface Place {
  /** The step that is next; past the end of the script come the closing ones. */
  next: number
  readonly records: Map<number, Record>
  /** The requests for the reports of the vats, by name. */
  readonly reports: Map<string, number>
  /** The names of all vats that were seen to live. */
  readonly lived: Set<string>
  /** Vats that were seen suspended, with the cause, and the last step after which they were. */
  readonly held: Map<string, number>
  /** Upgrades that were to suspend their vat if they were refused, by step. */
  readonly refused: Map<number, Refused>
  /** `[number, n]` of all that vats sent by the port and the host has acknowledged. */
  readonly mail: (readonly [number, number])[]
  /** All times that were told. */
  readonly times: number[]
}

const key = 'sim.place'

export function readPlace(machine: OwnCalls): Place {
  const text = machine.getHostState(key)
  const { next, records, reports, lived, held, refused, mail, times } =
    text === null ? nothing : (JSON.parse(text) as Written)
  return {
    next,
    records: new Map(records),
    reports: new Map(reports),
    lived: new Set(lived),
    held: new Map(held),
    refused: new Map(refused),
    mail: [...mail],
    times: [...times],
  }
}

export function writePlace(
  machine: OwnCalls,
  { next, records, reports, lived, held, refused, mail, times }: Place,
): void {
  const written: Written = {
    next,
    records: [...records],
    reports: [...reports],
    lived: [...lived],
    held: [...held],
    refused: [...refused],
    mail,
    times,
  }
  machine.setHostState(key, JSON.stringify(written))
}

interface Written extends Pick<Place, 'next' | 'mail' | 'times'> {
  readonly records: readonly [number, Record][]
  readonly reports: readonly [string, number][]
  readonly lived: readonly string[]
  readonly held: readonly [string, number][]
  readonly refused: readonly [number, Refused][]
}

const nothing: Written = {
  next: 0,
  records: [],
  reports: [],
  lived: [],
  held: [],
  refused: [],
  mail: [],
  times: [],
}
