/**
 * The compartment of a vat: all that its code can reach.
 *
 * The endowments are made constant before the code is evaluated, since SES binds constants directly
 * instead of looking them up through a proxy at each use.
 */
import { vatConsole } from './console.ts'
import type { Environment } from './globals.ts'
import { HandledPromise } from './handledPromise.ts'
import type { Kinds } from './kinds.ts'
import type { Slots } from './slots.ts'
import { makeWeakCollections } from './weak.ts'

export function makeEnvironment(slots: Slots, kinds: Kinds): Environment {
  const globals = harden({
    harden,
    assert,
    console: vatConsole,
    HandledPromise,
    Compartment,
    VatData: {
      makeKindHandle: (tag: string) => kinds.makeKindHandle(tag),
      defineDurableKind: (...args: Parameters<Kinds['defineDurableKind']>) => kinds.defineDurableKind(...args),
    },
    ...makeWeakCollections(slots),
  })
  const compartment = new Compartment({ name: 'vat', globals, __options__: true })
  for (const name of Reflect.ownKeys(globals)) {
    Object.defineProperty(compartment.globalThis, name, { writable: false, configurable: false })
  }
  return compartment
}
