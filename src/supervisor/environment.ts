/**
 * The compartment of a vat: everything that its code can reach. The page of it is `docs/environment.md`.
 *
 * Env1. A vat's globals are those of the language as SES leaves them, and those named here; nothing else.
 * Env2. Everything reachable from them and shared is immutable, except for the two kinds of bindings of the
 *       global object that any program has: its own variables, and properties it adds itself.
 * Env3. A compartment created by user code has no more than this one.
 *
 * Env4. No bits of a NaN come from the machine: the engine canonicalizes every NaN. So vats have the float
 *       arrays, which SES has kept from compartments since version 2 and published bundles use.
 *
 * The endowments are made constant before the code is evaluated, since SES binds constants directly instead
 * of looking them up through a proxy at each use.
 */
import { hideLockdown, makeCompartmentMaker } from './realm/compartment.ts'
import { vatConsole } from './realm/console.ts'
import type { Environment } from './realm/globals.ts'
import { HandledPromise } from './promises/handledPromise.ts'
import { passStyleOf, passStyleOfEndowment } from './realm/passStyle.ts'
import { VatTextDecoder, VatTextEncoder } from './realm/text.ts'

/**
 * The parts that differ for each vat: the global `VatData` (`vatData.ts`), and the weak collections
 * (`weak.ts`).
 */
export interface Endowments {
  readonly vatData: object
  readonly weak: { readonly WeakMap: unknown; readonly WeakSet: unknown }
}

export function makeEnvironment({ vatData, weak }: Endowments): Environment {
  const text = { TextEncoder: VatTextEncoder, TextDecoder: VatTextDecoder }
  const everywhere = (Maker: unknown): Record<PropertyKey, unknown> =>
    harden({
      Compartment: Maker,
      HandledPromise,
      [passStyleOfEndowment]: passStyleOf,
      Float32Array,
      Float64Array,
      ...text,
      ...weak,
    })
  const VatCompartment = makeCompartmentMaker(everywhere)
  const globals = harden({
    ...everywhere(VatCompartment),
    harden,
    assert,
    console: vatConsole,
    VatData: vatData,
  })
  const compartment = new Compartment({ name: 'vat', globals, __options__: true })
  hideLockdown(compartment.globalThis)
  for (const name of Reflect.ownKeys(globals)) {
    Object.defineProperty(compartment.globalThis, name, { writable: false, configurable: false })
  }
  return compartment
}
