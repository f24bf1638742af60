/** What the loader finds in the compartment of a vat. */

/** What the loader uses of a SES compartment. */
export interface ModuleCompartment {
  readonly globalThis: { readonly Object: ObjectConstructor }
  evaluate(source: string): unknown
  importNow(specifier: string): Namespace
}

export type Namespace = Readonly<Record<string, unknown>>

/** The names that a module exports, while it runs. */
export type Environment = Record<PropertyKey, unknown>

/** A module that is no ECMAScript: SES calls `execute` where it would run a module. */
export interface VirtualModule {
  readonly imports: readonly string[]
  readonly exports: readonly string[]
  readonly reexports?: readonly string[]
  execute(environment: Environment, compartment: ModuleCompartment, resolved: Readonly<Record<string, string>>): void
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
