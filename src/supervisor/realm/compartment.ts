/**
 * `Compartment` for vats: code evaluated in a compartment reaches no more than the vat itself does.
 *
 * A compartment of SES starts with the language's own WeakMap and WeakSet, by which code could detect when a
 * presence was collected and recreated, and with a `Compartment` that creates more of the same. These are
 * replaced before any code runs there, unless the creator passes another value under the name.
 */
import { assert } from '../../base/errors.ts'

type GlobalRecord = Readonly<Record<PropertyKey, unknown>>

const NativeCompartment: { readonly prototype: object } = Compartment
/** Its own accessor: a class of user code may define another of the same name. */
const globalOf = getterOf(Compartment.prototype, 'globalThis')

function getterOf(object: object, name: string): (this: object) => object {
  const get = Object.getOwnPropertyDescriptor(object, name)?.get as ((this: object) => object) | undefined
  assert(get !== undefined, 'the compartments of SES have an accessor of their global object')
  return get
}

/** SES provides every compartment with its `lockdown`, which was called here before any vat existed. */
export function hideLockdown(global: object): void {
  Reflect.deleteProperty(global, 'lockdown')
}

/** The options of a compartment: one record marked as options, or the older globals, modules and options. */
function optionsOf(args: readonly unknown[]): GlobalRecord {
  const [first, modules, options] = args
  const marked = args.length === 1 && typeof first === 'object' && first !== null && '__options__' in first
  return marked ? { ...first } : { ...(options ?? {}), globals: first, modules: modules ?? {} }
}

/** Creates the `Compartment` class in whose compartments these names mean the same as in the vat. */
export function makeCompartmentMaker(everywhere: (Maker: unknown) => GlobalRecord): unknown {
  function VatCompartment(this: unknown, ...args: readonly unknown[]): object {
    if (new.target === undefined) throw new TypeError('Compartment must be called with new')
    const { globals, ...options } = optionsOf(args)
    // Copied once: an accessor could return another value the next time.
    const own = { ...(globals as GlobalRecord | undefined) }
    const made = Reflect.construct(
      Compartment,
      [{ ...options, globals: { ...inherited, ...own }, __options__: true }],
      new.target,
    ) as object
    if (!Object.hasOwn(own, 'lockdown')) hideLockdown(Reflect.apply(globalOf, made, []))
    return made
  }
  VatCompartment.prototype = NativeCompartment.prototype
  Object.defineProperty(VatCompartment, 'name', { value: 'Compartment' })
  const inherited = everywhere(VatCompartment)
  return VatCompartment
}
