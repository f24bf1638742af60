/** Contracts as `@endo/bundle-source` bundles them. It takes seconds: once for each file. */
import '@endo/init'
import type { EndoBundle } from 'heirloom'

/** The package's types are sources that do not pass our checks; so its name is no literal. */
const library: string = '@endo/bundle-source'
const { default: bundleSource } = (await import(library)) as { readonly default: (entry: string, options: { readonly dev: boolean }) => Promise<EndoBundle> }

const made = new Map<string, Promise<EndoBundle>>()

/** The bundle of a contract's entry. Packages that its own package needs for development only are found too. */
export function bundleContract(file: string): Promise<EndoBundle> {
  const bundle = made.get(file) ?? bundleSource(file, { dev: true })
  made.set(file, bundle)
  return bundle
}
