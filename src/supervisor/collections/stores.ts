/**
 * The objects that vats hold: the methods of a map, a set and their weak variants, in front of a collection.
 *
 * Each method is a closure, so that it can be detached from its store and passed on.
 */
import { claimsTagged } from '../../codec/passable.ts'
import { remotablePrototype } from '../values/remotable.ts'
import type { Collection } from './collection.ts'
import {
  getCopyMapEntries,
  getCopySetKeys,
  isCopyMap,
  isCopySet,
  makeCopyMap,
  makeCopySet,
} from './library.ts'

type Methods = Readonly<Record<string, (...args: never[]) => unknown>>

const prototypes = {
  mapStore: remotablePrototype('Alleged: mapStore'),
  weakMapStore: remotablePrototype('Alleged: weakMapStore'),
  setStore: remotablePrototype('Alleged: setStore'),
  weakSetStore: remotablePrototype('Alleged: weakSetStore'),
} as const

function makeStore(name: keyof typeof prototypes, methods: Methods): object {
  const store = Object.create(prototypes[name]) as Record<string, unknown>
  for (const key of Object.keys(methods)) store[key] = Object.freeze(methods[key])
  return Object.freeze(store)
}

const entryMethods = (one: Collection): Methods => ({
  has: (key: unknown) => one.has(key),
  get: (key: unknown) => one.get(key),
  init: (key: unknown, value: unknown) => one.init(key, value),
  set: (key: unknown, value: unknown) => one.set(key, value),
  delete: (key: unknown) => one.delete(key),
  addAll: (entries: unknown) => {
    for (const [key, value] of entriesOf(entries)) {
      if (one.has(key)) one.set(key, value)
      else one.init(key, value)
    }
  },
})

const elementMethods = (one: Collection): Methods => ({
  has: (key: unknown) => one.has(key),
  add: (key: unknown) => one.add(key),
  delete: (key: unknown) => one.delete(key),
  addAll: (elements: unknown) => {
    for (const key of elementsOf(elements)) one.add(key)
  },
})

const walkMethods = (one: Collection): Methods => ({
  keys: (keyPattern?: unknown, valuePattern?: unknown) => one.walk(keyPattern, valuePattern, (key) => key()),
  getSize: (keyPattern?: unknown, valuePattern?: unknown) => one.getSize(keyPattern, valuePattern),
  clear: (keyPattern?: unknown, valuePattern?: unknown) => one.clear(keyPattern, valuePattern),
})

const pair = (key: () => unknown, value: () => unknown): readonly unknown[] => [key(), value()]
const twice = (key: () => unknown): readonly unknown[] => {
  const one = key()
  return [one, one]
}

export const makeMapStore = (one: Collection): object =>
  makeStore('mapStore', {
    ...entryMethods(one),
    ...walkMethods(one),
    values: (keyPattern?: unknown, valuePattern?: unknown) =>
      one.walk(keyPattern, valuePattern, (_key, value) => value()),
    entries: (keyPattern?: unknown, valuePattern?: unknown) => one.walk(keyPattern, valuePattern, pair),
    snapshot: (keyPattern?: unknown, valuePattern?: unknown) =>
      makeCopyMap([...one.walk(keyPattern, valuePattern, (key, value) => harden(pair(key, value)))]),
  })

export const makeSetStore = (one: Collection): object =>
  makeStore('setStore', {
    ...elementMethods(one),
    ...walkMethods(one),
    values: (pattern?: unknown) => one.walk(pattern, undefined, (key) => key()),
    entries: (pattern?: unknown) => one.walk(pattern, undefined, twice),
    snapshot: (pattern?: unknown) => makeCopySet([...one.walk(pattern, undefined, (key) => key())]),
  })

export const makeWeakMapStore = (one: Collection): object => makeStore('weakMapStore', entryMethods(one))
export const makeWeakSetStore = (one: Collection): object => makeStore('weakSetStore', elementMethods(one))

function entriesOf(entries: unknown): Iterable<readonly [unknown, unknown]> {
  return (isTagged(entries) && isCopyMap(entries) ? getCopyMapEntries(entries) : entries) as Iterable<
    readonly [unknown, unknown]
  >
}

function elementsOf(elements: unknown): Iterable<unknown> {
  return (
    isTagged(elements) && isCopySet(elements) ? getCopySetKeys(elements) : elements
  ) as Iterable<unknown>
}

/** An untagged value may be any iterable; the library would refuse one that is not frozen. */
const isTagged = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && claimsTagged(value)
