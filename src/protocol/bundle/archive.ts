/**
 * The modules of an archive of `@endo/bundle-source`, as embedded in a vat's code: JSON, with compartments
 * identified by their index. `src/bundler/archives/archive.ts` writes it, `src/loader` links it in the vat.
 */
export interface Archive {
  readonly entry: ModulePlace
  readonly compartments: readonly ArchiveCompartment[]
}

/** A module: its compartment and its specifier. */
export type ModulePlace = readonly [compartment: number, specifier: string]

export interface ArchiveCompartment {
  readonly name: string
  /** By their full specifiers. */
  readonly modules: readonly (readonly [specifier: string, module: ArchiveModule])[]
}

export type ArchiveModule =
  /** The module of another compartment. */
  | { readonly kind: 'link'; readonly to: ModulePlace }
  /** ECMAScript, precompiled: a record that SES instantiates. `record` is its JSON. */
  | { readonly kind: 'mjs'; readonly record: string }
  /**
   * CommonJS: `source` is an expression, the function `(require, exports, module, __filename, __dirname) => {
   * … }`.
   */
  | {
      readonly kind: 'cjs'
      readonly source: string
      readonly imports: readonly string[]
      readonly exports: readonly string[]
      readonly reexports: readonly string[]
    }
  | { readonly kind: 'json'; readonly text: string }
  | { readonly kind: 'text'; readonly text: string }
  /** In hexadecimal digits. */
  | { readonly kind: 'bytes'; readonly digits: string }
  /**
   * A module that was not found when the archive was created: it can be imported, but throws when executed.
   */
  | { readonly kind: 'missing'; readonly why: string }
