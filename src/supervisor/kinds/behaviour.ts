/**
 * Behaviour: from the methods of an author to the prototype of a facet.
 *
 * Beh1. A method runs only on a facet of its own kind, and of its own name.
 * Beh2. Changes by the author to the record of methods after the definition have no effect.
 */
import { quoted } from '../promises/invoke.ts'
import { remotablePrototype } from '../values/remotable.ts'
import { show } from '../values/show.ts'
import type { Context, Method, Methods } from './stored/options.ts'
import { guardedPrototype } from './stored/patterns.ts'

/** The binding of a facet's methods. */
export interface Binding {
  /** `Tag`, or `Tag facet`. */
  readonly label: string
  readonly thisful: boolean
  readonly guard: unknown
  /** The context of a facet, or undefined when the object is not of this kind and name. */
  readonly contextOf: (self: object) => Context | undefined
}

export function facetPrototype(methods: Methods, binding: Binding): object {
  for (const name of Reflect.ownKeys(methods)) {
    if (typeof methods[name] !== 'function')
      throw new TypeError(`${binding.label}.${String(name)} is not a function`)
  }
  if (Object.hasOwn(methods, 'then')) {
    throw new TypeError(
      `${binding.label} has a method named then; a remotable cannot have one, because every await would call it`,
    )
  }
  const { label, thisful, guard, contextOf } = binding
  // Arguments and results of thisful methods must be passable, guard or not; the library ensures it.
  if (thisful || guard !== undefined)
    return harden(guardedPrototype(label, contextOf, harden(methods), thisful, harden(guard)))
  return plainPrototype(methods, binding)
}

function plainPrototype(methods: Methods, binding: Binding): object {
  const bound: Record<PropertyKey, unknown> = {}
  for (const name of Reflect.ownKeys(methods))
    bound[name] = bind(binding, name, harden(methods[name]) as Method)
  const names = Object.freeze(Object.keys(bound).sort())
  bound['__getInterfaceGuard__'] ??= () => undefined
  bound['__getMethodNames__'] ??= () => names
  return remotablePrototype(`Alleged: ${binding.label}`, bound)
}

/** A method that finds the context of its receiver (Beh1). */
function bind({ label, contextOf }: Binding, name: PropertyKey, method: Method): unknown {
  return {
    method(this: object, ...args: unknown[]): unknown {
      const context = contextOf(this)
      if (context === undefined)
        throw new Error(
          `${quoted(`In ${quoted(name)} method of (${label})`)} may only be applied to a valid instance: ${show(this)}`,
        )
      return method(context, ...args)
    },
  }.method
}
