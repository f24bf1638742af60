/**
 * Stores: maps and sets whose entries are in the vat's store instead of its heap.
 *
 * Keys are scalars: strings, numbers, bigints, booleans, null, undefined, registered symbols, remotables.
 * A durable store outlives the incarnation; it and all in it are found again from the baggage:
 *
 * ```ts
 * const accounts = provide(baggage, 'accounts', () => makeMapStore<string, Account>('accounts', { durable: true }))
 * ```
 *
 * How they behave is `docs/collections.md`.
 */

/** A pattern of `@endo/patterns`, such as `M.string()` or `M.gte(5n)`. */
export type Pattern = unknown

export interface StoreOptions {
  /** Durable stores hold durable data only. Default false: the store ends with the incarnation. */
  readonly durable?: boolean
  readonly keyShape?: Pattern
  readonly valueShape?: Pattern
}

/** What makes the iterations of a store narrower. Only what fits both is given, counted or removed. */
type Patterns = [keyPattern?: Pattern, valuePattern?: Pattern]

export interface WeakMapStore<Key, Value> {
  has(key: Key): boolean
  /** Throws when the key is not there, as `set` and `delete` do. */
  get(key: Key): Value
  /** Throws when the key is there already. */
  init(key: Key, value: Value): void
  set(key: Key, value: Value): void
  delete(key: Key): void
  /** Sets what is there, and puts in what is not. */
  addAll(entries: Iterable<readonly [Key, Value]> | object): void
}

export interface MapStore<Key, Value> extends WeakMapStore<Key, Value> {
  keys(...patterns: Patterns): IterableIterator<Key>
  values(...patterns: Patterns): IterableIterator<Value>
  entries(...patterns: Patterns): IterableIterator<[Key, Value]>
  /** A copy as passable data: a `CopyMap` of `@endo/patterns`. */
  snapshot(...patterns: Patterns): object
  getSize(...patterns: Patterns): number
  clear(...patterns: Patterns): void
}

export interface WeakSetStore<Key> {
  has(key: Key): boolean
  /** Does nothing when the key is there already. */
  add(key: Key): void
  /** Throws when the key is not there. */
  delete(key: Key): void
  addAll(keys: Iterable<Key> | object): void
}

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

/** @param label what it is, for the messages of errors. */
export const makeMapStore = <Key, Value>(label?: string, options?: StoreOptions): MapStore<Key, Value> =>
  VatData.makeScalarBigMapStore(label, options)

/** An entry under a remotable ends with the remotable. */
export const makeWeakMapStore = <Key, Value>(label?: string, options?: StoreOptions): WeakMapStore<Key, Value> =>
  VatData.makeScalarBigWeakMapStore(label, options)

export const makeSetStore = <Key>(label?: string, options?: StoreOptions): SetStore<Key> =>
  VatData.makeScalarBigSetStore(label, options)

export const makeWeakSetStore = <Key>(label?: string, options?: StoreOptions): WeakSetStore<Key> =>
  VatData.makeScalarBigWeakSetStore(label, options)
