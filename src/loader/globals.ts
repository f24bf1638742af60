/** The loader's environment in the compartment of a vat. */

/** The parts of a SES compartment that the loader uses. */
export interface ModuleCompartment {
  readonly globalThis: { readonly Object: ObjectConstructor }
  evaluate(source: string): unknown
  importNow(specifier: string): Namespace
}

export type Namespace = Readonly<Record<string, unknown>>

/** The exported names of a module while it runs. */
export type Environment = Record<PropertyKey, unknown>

/** A module that is not ECMAScript: SES calls `execute` instead of running a module. */
export interface VirtualModule {
  readonly imports: readonly string[]
  readonly exports: readonly string[]
  readonly reexports?: readonly string[]
  execute(
    environment: Environment,
    compartment: ModuleCompartment,
    resolved: Readonly<Record<string, string>>,
  ): void
}

export type ModuleDescriptor =
  | { readonly source: object }
  | { readonly namespace: string; readonly compartment: ModuleCompartment }

export interface CompartmentOptions {
  readonly __options__: true
  readonly name: string
  readonly globals: Readonly<Record<string, unknown>>
  resolveHook(specifier: string, referrer: string): string
  moduleMapHook(specifier: string): ModuleDescriptor
}

declare global {
  var Compartment: new (options: CompartmentOptions) => ModuleCompartment
  var VatData: unknown
  var console: unknown
  var assert: unknown
}
