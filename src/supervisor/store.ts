/**
 * The vat's durable data, as the supervisor reaches it: text by key, kept by the kernel.
 * Within a crank a key is read from the kernel once at most, and written once at most, at its end.
 */
import { ask, command } from './channel.ts'
import type { ObjectVref } from '../base/ids.ts'
import { fromOrderedNumber, orderedNumber } from '../base/ordered.ts'
import { countKey, watchKey, watchPrefix } from '../protocol/vatstore.ts'

/**
 * The layout of a vat's space, the only place where its keys are made:
 *
 * | key                      | value                                        |
 * |--------------------------|----------------------------------------------|
 * | `baggage.` name          | JSON of capdata                              |
 * | `kind.` id               | JSON of a `KindRecord`                       |
 * | `kinds.next`             | the number of the next kind                  |
 * | `next.` kind             | the number of the kind's next instance       |
 * | `object.` vref           | JSON of `[state version, field → capdata]`   |
 * | `sweep.` kind            | how far the sweep of the kind has come       |
 * | `count.` vref            | how often stored data refers to it (`protocol/vatstore.ts`) |
 * | `export.` vref           | `reachable` or `recognizable`                |
 * | `watch.` promise vref    | JSON of a list of capdata `[watcher, ...arguments]` (`protocol/vatstore.ts`) |
 * | `watcher.` kind handle   | vref of the one watcher of the kind          |
 * | `weak.` vref `.` collection | empty: the collection has an entry under it |
 */
export const keys = {
  baggagePrefix: 'baggage.',
  baggage: (name: string): string => `baggage.${encodeURIComponent(name)}`,
  baggageName: (key: string): string => decodeURIComponent(key.slice('baggage.'.length)),
  kindPrefix: 'kind.',
  kind: (kind: number): string => `kind.${orderedNumber(kind)}`,
  kindNumber: (key: string): number => fromOrderedNumber(key.slice('kind.'.length)),
  nextKind: 'kinds.next',
  nextInstance: (kind: number): string => `next.${kind}`,
  object: (vref: ObjectVref): string => `object.${vref}`,
  /** Of all objects of a durable kind. */
  durableObjects: (kind: number): string => `object.o+d${kind}/`,
  objectVref: (key: string): ObjectVref => key.slice('object.'.length) as ObjectVref,
  sweep: (kind: number): string => `sweep.${kind}`,
  count: countKey,
  watchPrefix,
  watch: watchKey,
  watcherOf: (handle: ObjectVref): string => `watcher.${handle}`,
  exported: (vref: ObjectVref): string => `export.${vref}`,
  weakKey: (vref: ObjectVref, collection: ObjectVref): string => `weak.${vref}.${collection}`,
  weakKeyPrefix: (vref: ObjectVref): string => `weak.${vref}.`,
  weakKeyCollection: (vref: ObjectVref, key: string): ObjectVref => key.slice(`weak.${vref}.`.length) as ObjectVref,
} as const

/** The longest key that the kernel takes (`docs/wires/syscall.md`). */
export const longestKey = 512

/** What the crank has read or written so far; undefined says that there is no such key. */
const known = new Map<string, string | undefined>()
/** Keys whose value the kernel does not have yet, in the order in which they were first written. */
const unwritten = new Set<string>()

export function read(key: string): string | undefined {
  if (known.has(key)) return known.get(key)
  const value = ask({ kind: 'vatstoreGet', key }) ?? undefined
  known.set(key, value)
  return value
}

export function write(key: string, value: string): void {
  known.set(key, value)
  unwritten.add(key)
}

export function remove(key: string): void {
  known.set(key, undefined)
  unwritten.add(key)
}

/** Tells the kernel what was written. */
function flush(): void {
  for (const key of unwritten) {
    const value = known.get(key)
    command(value === undefined ? { kind: 'vatstoreDelete', key } : { kind: 'vatstoreSet', key, value })
  }
  unwritten.clear()
}

/** The end of a crank: everything is with the kernel, and nothing is remembered. */
export function endCrank(): void {
  flush()
  known.clear()
}

/** The first key after `after` that begins with the prefix, in the order of their characters. */
export function nextKey(prefix: string, after: string): string | undefined {
  flush()
  return ask({ kind: 'vatstoreNextKey', prefix, after }) ?? undefined
}

/** The keys that begin with the prefix, in order. A key written or removed meanwhile is seen or not seen accordingly. */
export function* keysFrom(prefix: string): Generator<string> {
  // A text that is less than the prefix: a key that is the prefix itself counts too.
  for (let key = nextKey(prefix, prefix.slice(0, -1)); key !== undefined; key = nextKey(prefix, key)) yield key
}
