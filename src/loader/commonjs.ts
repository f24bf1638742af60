/**
 * CommonJS modules, linked with ECMAScript modules as `@endo/compartment-mapper` links them.
 *
 * Cj1. `require` of a CommonJS module returns its `module.exports`; of an ECMAScript module its default
 *      export if there is one, else its namespace.
 * Cj2. A property of `exports` is exported under its name at once, so that modules with circular imports see
 *      it; the properties of the final `module.exports` are exported at the end. `default` is
 *      `module.exports`.
 */
import type { ArchiveModule } from '../protocol/bundle/archive.ts'
import type { Environment, ModuleCompartment, VirtualModule } from './globals.ts'

type CommonJs = Extract<ArchiveModule, { kind: 'cjs' }>
type Functor = (
  this: object,
  require: unknown,
  exports: object,
  module: { exports: unknown },
  filename: null,
  dirname: null,
) => void

const { freeze, hasOwn, defineProperty, keys, create } = Object

export const commonJs = ({ source, imports, exports, reexports }: CommonJs): VirtualModule => ({
  imports,
  exports,
  reexports,
  execute: (environment, compartment, resolved) => {
    const { proxy, redefined } = makeExports(environment, compartment)
    const module: { exports: unknown } = { exports: proxy }
    const functor = compartment.evaluate(source) as Functor
    Reflect.apply(functor, proxy, [makeRequire(compartment, resolved), proxy, module, null, null])
    exportAll(environment, module.exports, proxy, redefined)
  },
})

interface Exports {
  /** The `exports` object of the module. */
  readonly proxy: object
  /** Names that were defined, possibly by accessors: their values are exported when the module has run. */
  readonly redefined: ReadonlySet<PropertyKey>
}

function makeExports(environment: Environment, compartment: ModuleCompartment): Exports {
  const exports = create(compartment.globalThis.Object.prototype as object) as Record<PropertyKey, unknown>
  environment['default'] = exports
  const redefined = new Set<PropertyKey>()
  const exportNamed = (name: PropertyKey, value: unknown): void => {
    if (name !== 'default') environment[name] = value
  }
  const proxy = new Proxy(exports, {
    set(target, name, value) {
      exportNamed(name, value)
      target[name] = value
      return true
    },
    defineProperty(target, name, descriptor) {
      if (hasOwn(descriptor, 'value')) exportNamed(name, descriptor.value)
      defineProperty(target, name, descriptor)
      redefined.add(name)
      return true
    },
  })
  return { proxy, redefined }
}

function exportAll(
  environment: Environment,
  final: unknown,
  proxy: object,
  redefined: ReadonlySet<PropertyKey>,
): void {
  if (final !== proxy) environment['default'] = final
  const names = final === proxy ? redefined : keys((final ?? {}) as object)
  const values = environment['default'] as Record<PropertyKey, unknown>
  for (const name of names) if (name !== 'default') environment[name] = values[name]
}

/** Cj1. */
function makeRequire(compartment: ModuleCompartment, resolved: Readonly<Record<string, string>>): unknown {
  const require = (specifier: string): unknown => {
    if (!hasOwn(resolved, specifier))
      throw new Error(
        `cannot require ${JSON.stringify(specifier)}: only names that stand in the source as texts can be required`,
      )
    const namespace = compartment.importNow(resolved[specifier] as string)
    return hasOwn(namespace, 'default') ? namespace['default'] : namespace
  }
  const resolveNothing = (specifier: string): never => {
    throw defineProperty(
      new Error(`Cannot find module '${specifier}': modules of an archive have no places in files`),
      'code',
      { value: 'MODULE_NOT_FOUND' },
    )
  }
  return freeze(Object.assign(require, { resolve: freeze(resolveNothing) }))
}
