/** Bundles of vats for tests: of inline source, or of a file. */
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundleFunction, bundleSalvage, bundleVat, type BundledVat } from '../../src/host/index.ts'

/** Inside the project, so that the sources find `heirloom/vat`. */
const sources = join(import.meta.dirname, '..', '..', 'build', 'test-vats')
const prelude = `import { E, Far, defineDurableKind, defineKind, harden, makeKindHandle, provide } from 'heirloom/vat'\n`
const made = new Map<string, Promise<BundledVat>>()

/** The bundle of this source text, which may use what authors of vats import. */
export const bundleSource = (source: string): Promise<BundledVat> => bundleText(prelude + source, bundleVat)

/** The bundle of a function of this source text. */
export const bundleFunctionSource = (source: string): Promise<BundledVat> =>
  bundleText(source, bundleFunction)

/** The salvage bundle of this source text. */
export const bundleSalvageSource = (source: string): Promise<BundledVat> => bundleText(source, bundleSalvage)

function bundleText(text: string, bundle: (file: string) => Promise<BundledVat>): Promise<BundledVat> {
  const file = join(sources, `${createHash('sha256').update(text).digest('hex').slice(0, 24)}.ts`)
  return once(file, () => {
    mkdirSync(sources, { recursive: true })
    writeFileSync(file, text)
    return bundle(file)
  })
}

/** A bundle of code that no bundler made. */
export const rawBundle = (source: string): BundledVat => ({
  source,
  bytes: new TextEncoder().encode(source),
  inputs: [],
  warnings: [],
  map: '',
})

export const puppetFile = join(import.meta.dirname, 'fixtures', 'puppet.ts')
export const bundleFile = (file: string): Promise<BundledVat> => once(file, () => bundleVat(file))

/** The same behaviour under a new hash: the cheapest upgrade there is. */
export function withSpace(bundle: BundledVat): BundledVat {
  const source = `${bundle.source} `
  return { ...bundle, source, bytes: new TextEncoder().encode(source) }
}

function once(file: string, make: () => Promise<BundledVat>): Promise<BundledVat> {
  const known = made.get(file)
  if (known !== undefined) return known
  const bundle = make()
  made.set(file, bundle)
  return bundle
}
