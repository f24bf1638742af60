/**
 * `Compartment` for vats: what user code evaluates in a compartment of its own reaches no more than the
 * vat itself does.
 *
 * A compartment of SES starts with the language's own WeakMap and WeakSet, by which code could tell when
 * a presence was collected and made again, and with a `Compartment` that makes more of the same. These
 * are replaced before any code runs there, unless its maker hands in something else under the name.
 */
type Given = Readonly<Record<PropertyKey, unknown>>

const NativeCompartment: { readonly prototype: object } = Compartment
/** Its own accessor: a class of user code may have another of the name. */
const globalOf = Object.getOwnPropertyDescriptor(Compartment.prototype, 'globalThis')?.get as (this: object) => object

/** SES gives every compartment its `lockdown`, which here was called before any vat was. */
export function hideLockdown(global: object): void {
  Reflect.deleteProperty(global, 'lockdown')
}

/** What a compartment is made of: one record marked as options, or the older globals, modules and options. */
function optionsOf(args: readonly unknown[]): Given {
  const [first, modules, options] = args
  const marked = args.length === 1 && typeof first === 'object' && first !== null && '__options__' in first
  return marked ? { ...first } : { ...(options ?? {}), globals: first, modules: modules ?? {} }
}

/** The maker of compartments in which these names mean the same as in the vat. */
export function makeCompartmentMaker(everywhere: (Maker: unknown) => Given): unknown {
  function VatCompartment(this: unknown, ...args: readonly unknown[]): object {
    if (new.target === undefined) throw new TypeError('Compartment must be called with new')
    const { globals, ...options } = optionsOf(args)
    // Copied once: an accessor could answer differently the next time it is asked.
    const own = { ...(globals as Given | undefined) }
    const made = Reflect.construct(Compartment, [{ ...options, globals: { ...inherited, ...own }, __options__: true }], new.target) as object
    if (!Object.hasOwn(own, 'lockdown')) hideLockdown(Reflect.apply(globalOf, made, []))
    return made
  }
  VatCompartment.prototype = NativeCompartment.prototype
  Object.defineProperty(VatCompartment, 'name', { value: 'Compartment' })
  const inherited = everywhere(VatCompartment)
  return VatCompartment
}
