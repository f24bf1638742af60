/** Contracts as `@endo/bundle-source` bundles them. It takes seconds: once for each file. */
import type { EndoBundle } from 'heirloom'

/** The types of these packages do not compile in a strict program, so their names are no literals. */
const [environment, library]: readonly string[] = ['@endo/init', '@endo/bundle-source']
await import(environment ?? '')
const { default: bundleSource } = (await import(library ?? '')) as {
  readonly default: (entry: string, options: { readonly dev: boolean }) => Promise<EndoBundle>
}

const made = new Map<string, Promise<EndoBundle>>()

/**
 * The bundle of a contract's entry. Packages that its own package needs for development only are found too.
 */
export function bundleContract(file: string): Promise<EndoBundle> {
  const bundle = made.get(file) ?? bundleSource(file, { dev: true })
  made.set(file, bundle)
  return bundle
}
