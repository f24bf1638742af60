/**
 * What the author of a vat imports: `import { E, Far, defineKind } from 'heirloom/vat'`.
 * Types and thin functions only; the work is done by the worker's supervisor.
 */
import type { Baggage } from './durable.ts'

export { makeMapStore, makeSetStore, makeWeakMapStore, makeWeakSetStore } from './collections.ts'
export type { MapStore, Pattern, SetStore, StoreOptions, WeakMapStore, WeakSetStore } from './collections.ts'
export { E } from './eventual.ts'
export type { EProxy, Sender, SendOnly } from './eventual.ts'
export { governed } from './governed.ts'
export type { Governed, GovernedOptions, ParameterChange, ParameterGovernor, ParameterReader } from './governed.ts'
export { patched } from './patched.ts'
export { Far } from './remotable.ts'
export { replaceable } from './replaceable.ts'
export type { FunctionGovernor, FunctionReader, InstalledFunction, Replaceable, ReplaceableOptions } from './replaceable.ts'
export { Zone, durableZone } from './zone.ts'
export {
  canBeDurable, defineDurableKind, defineDurableKindMulti, defineKind, defineKindMulti, defineVirtualKind,
  defineVirtualKindMulti, findKindHandle, makeKindHandle, provide, provideKindHandle, sweepKind,
} from './durable.ts'
export type {
  Baggage, Context, Facet, FacetsOf, KindHandle, KindMultiOptions, KindOptions, MultiContext, Swept, VirtualKindMultiOptions,
  VirtualKindOptions,
} from './durable.ts'

/** Powers of the vat over itself. */
export interface VatPowers {
  /** Exports an object of the heap under a label, so that an heir can take its place. Before it leaves the vat. */
  nameExport(label: string, remotable: object): void
  /** In the heir, before `buildRootObject` ends: puts the object in the place of the one of that label. */
  reconnectExport(label: string, remotable: object): void
  /** Lets the export of that label go: messages to it are rejected. */
  releaseExport(label: string): void
  /** Reads a bundle that is installed, by its cap. It throws a TypeError for anything else. */
  D(bundleCap: unknown): { getBundle(): unknown; getBundleID(): string }
  /** A line for whoever tests the vat: its host keeps the last of them. It has no effect on anything. */
  testLog(...values: readonly unknown[]): void
  /** Ends the vat with this delivery, whose effects stand. Those who wait for its end get the completion. */
  exitVat(completion?: unknown): void
  /** Ends the vat: this delivery is undone, its message and those who wait for the end are rejected with the reason. */
  exitVatWithFailure(reason: unknown): void
}

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
