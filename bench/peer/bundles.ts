/**
 * `node bundles.ts OUT`: bundles the vats of `vats/` as SwingSet takes them, and SwingSet's own kernel and
 * vats, into one file of JSON. It is a process of its own: the measured ones do not bundle.
 */
import { readdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { load, type PeerBundles, type SwingsetModule } from './systems/swingsetApi.ts'

interface BundleSource {
  default(path: string, options: { readonly format: 'endoZipBase64' }): Promise<object>
}

const vats = join(import.meta.dirname, 'vats')

await load('@endo/init/pre-bundle-source.js')
await load('@endo/init')
const { default: bundleSource } = await load<BundleSource>('@endo/bundle-source')
const { buildKernelBundles } = await load<SwingsetModule>('@agoric/swingset-vat')

const bundled: [string, object][] = []
for (const file of readdirSync(vats))
  bundled.push([basename(file, '.js'), await bundleSource(join(vats, file), { format: 'endoZipBase64' })])
const bundles: PeerBundles = { vats: Object.fromEntries(bundled), kernel: await buildKernelBundles() }
writeFileSync(process.argv[2] as string, JSON.stringify(bundles))
