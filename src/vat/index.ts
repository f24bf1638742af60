/**
 * What the author of a vat imports: `import { E, Far, defineKind } from 'heirloom/vat'`.
 * Types and thin functions only; the work is done by the worker's supervisor.
 */
import type { Baggage } from './durable.ts'

export { makeMapStore, makeSetStore, makeWeakMapStore, makeWeakSetStore } from './collections.ts'
export type { MapStore, Pattern, SetStore, StoreOptions, WeakMapStore, WeakSetStore } from './collections.ts'
export { E } from './eventual.ts'
export type { EProxy, Sender, SendOnly } from './eventual.ts'
export { Far } from './remotable.ts'
export { defineDurableKind, defineKind, makeKindHandle, provide } from './durable.ts'
export type { Baggage, Context, Facet, KindHandle, KindOptions } from './durable.ts'

/** Powers of the vat's own; none so far. */
export type VatPowers = Readonly<Record<string, never>>

/** The shape of the export `buildRootObject` of every vat. It may be asynchronous. */
export type BuildRootObject<Parameters = unknown, Root extends object = object> = (
  vatPowers: VatPowers,
  parameters: Parameters,
  baggage: Baggage,
) => Root | Promise<Root>

/** Makes a value and all that is reachable from it immutable. A global of every vat. */
declare const harden: <T>(value: T) => T
const hardenValue: typeof harden = (value) => harden(value)
export { hardenValue as harden }
