/**
 * Stores: maps and sets whose entries are in the vat's store instead of its heap.
 *
 * Keys are scalars: strings, numbers, bigints, booleans, null, undefined, registered symbols, remotables. A
 * durable store outlives the incarnation; the baggage leads to it and everything in it:
 *
 * ```ts
 * import { Far, makeMapStore, provide } from 'heirloom/vat'
 * import type { BuildRootObject } from 'heirloom/vat'
 *
 * export const buildRootObject: BuildRootObject = (_powers, _parameters, baggage) => {
 *   const balances = provide(baggage, 'balances', () => makeMapStore<string, bigint>('balances', { durable:
 *   true }))
 *   return Far('bank', { open: (owner: string) => balances.init(owner, 0n), balance: (owner: string) =>
 *   balances.get(owner) })
 * }
 * ```
 *
 * `docs/collections.md` describes their behaviour.
 */
import type { Pattern } from './matchers.ts'

/** Options of a store. */
export interface StoreOptions {
  /** Durable stores hold durable data only. Default false: the store ends with the incarnation. */
  readonly durable?: boolean
  /** The pattern that keys must match. */
  readonly keyShape?: Pattern
  /** The pattern that values must match. */
  readonly valueShape?: Pattern
}

/** Restricts an operation to entries whose key and value match. */
export type StorePatterns = [keyPattern?: Pattern, valuePattern?: Pattern]

/** A map in the vat's store; its entries end with their keys, and it cannot be iterated. */
export interface WeakMapStore<Key, Value> {
  has(key: Key): boolean
  /** Throws when the key does not exist, as `set` and `delete` do. */
  get(key: Key): Value
  /** Adds an entry; throws when the key exists already. */
  init(key: Key, value: Value): void
  set(key: Key, value: Value): void
  delete(key: Key): void
  /** Sets the entries whose keys exist, and adds the others. */
  addAll(entries: Iterable<readonly [Key, Value]> | object): void
}

/** A map in the vat's store, iterated in the order of its keys. */
export interface MapStore<Key, Value> extends WeakMapStore<Key, Value> {
  keys(...patterns: StorePatterns): IterableIterator<Key>
  values(...patterns: StorePatterns): IterableIterator<Value>
  entries(...patterns: StorePatterns): IterableIterator<[Key, Value]>
  /** A copy as passable data: a `CopyMap` of `@endo/patterns`. */
  snapshot(...patterns: StorePatterns): object
  getSize(...patterns: StorePatterns): number
  clear(...patterns: StorePatterns): void
}

/** A set in the vat's store; its elements end with their keys, and it cannot be iterated. */
export interface WeakSetStore<Key> {
  has(key: Key): boolean
  /** No-op when the key exists already. */
  add(key: Key): void
  /** Throws when the key does not exist. */
  delete(key: Key): void
  addAll(keys: Iterable<Key> | object): void
}

/** A set in the vat's store, iterated in the order of its keys. */
export interface SetStore<Key> extends WeakSetStore<Key> {
  keys(pattern?: Pattern): IterableIterator<Key>
  values(pattern?: Pattern): IterableIterator<Key>
  entries(pattern?: Pattern): IterableIterator<[Key, Key]>
  /** A copy as passable data: a `CopySet` of `@endo/patterns`. */
  snapshot(pattern?: Pattern): object
  getSize(pattern?: Pattern): number
  clear(pattern?: Pattern): void
}

interface VatDataPowers {
  makeScalarBigMapStore<Key, Value>(label?: string, options?: StoreOptions): MapStore<Key, Value>
  makeScalarBigWeakMapStore<Key, Value>(label?: string, options?: StoreOptions): WeakMapStore<Key, Value>
  makeScalarBigSetStore<Key>(label?: string, options?: StoreOptions): SetStore<Key>
  makeScalarBigWeakSetStore<Key>(label?: string, options?: StoreOptions): WeakSetStore<Key>
}

declare const VatData: VatDataPowers

/**
 * Creates a map.
 * @param label names it in error messages
 */
export const makeMapStore = <Key, Value>(label?: string, options?: StoreOptions): MapStore<Key, Value> =>
  VatData.makeScalarBigMapStore(label, options)

/** Creates a map whose entries under remotables end with the remotables. */
export const makeWeakMapStore = <Key, Value>(
  label?: string,
  options?: StoreOptions,
): WeakMapStore<Key, Value> => VatData.makeScalarBigWeakMapStore(label, options)

/** Creates a set. */
export const makeSetStore = <Key>(label?: string, options?: StoreOptions): SetStore<Key> =>
  VatData.makeScalarBigSetStore(label, options)

/** Creates a set whose remotables leave it when they end. */
export const makeWeakSetStore = <Key>(label?: string, options?: StoreOptions): WeakSetStore<Key> =>
  VatData.makeScalarBigWeakSetStore(label, options)
