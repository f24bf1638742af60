/**
 * Differences that are expected: a list of `{ vat?, method?, port? }`, in which `*` stands for any text.
 * A difference is expected if all members of one entry match it.
 */
import { isRecord } from '../../base/guards.ts'
import { badArgument } from '../../api/checks.ts'
import { matcher } from '../../machine/lookups/pattern.ts'
import type { AnswerDifference } from './report.ts'

const members = ['vat', 'method', 'port'] as const

/** Members that are absent match everything. */
export type ExpectedDifference = Readonly<Partial<Record<(typeof members)[number], string>>>

/** How many entries a list may have. */
const maxEntries = 10_000

/** @throws CodedError `api/bad-argument` */
export function checkExpected(value: unknown, name: string): readonly ExpectedDifference[] {
  if (!Array.isArray(value) || value.length > maxEntries)
    return badArgument(name, `a list of at most ${maxEntries} entries { vat, method, port }`, value)
  return value.map((entry: unknown, index) => checkEntry(entry, `${name}[${index}]`))
}

function checkEntry(entry: unknown, name: string): ExpectedDifference {
  const wanted = `some of ${members.join(', ')}`
  if (!isRecord(entry)) return badArgument(name, `an object with ${wanted}`, entry)
  const keys = Object.keys(entry)
  if (keys.length === 0) return badArgument(name, `an object with ${wanted}`, entry)
  for (const key of keys) {
    if (!members.some((member) => member === key)) return badArgument(`${name}.${key}`, `one of ${wanted}`, key)
    if (typeof entry[key] !== 'string') return badArgument(`${name}.${key}`, 'a text', entry[key])
  }
  return entry as ExpectedDifference
}

type Matcher = (difference: Pick<AnswerDifference, 'vat' | 'method' | 'port'>) => boolean

/** Whether a difference is expected. */
export function expectedBy(entries: readonly ExpectedDifference[]): Matcher {
  const matchers = entries.map(matcherOf)
  return (difference) => matchers.some((matches) => matches(difference))
}

function matcherOf(entry: ExpectedDifference): Matcher {
  const wanted = members.flatMap((member) => {
    const pattern = entry[member]
    return pattern === undefined ? [] : [{ member, matches: matcher(pattern) }]
  })
  return (difference) =>
    wanted.every(({ member, matches }) => {
      const value = difference[member]
      return value !== null && matches(value)
    })
}
