/** The vats of `vats/` as this project bundles them, in a file: the measured processes do not bundle. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { bundleVat, type BundledVat } from '../../../src/host/index.ts'

const vats = join(import.meta.dirname, '..', 'vats')

type Kept = Readonly<Record<string, Omit<BundledVat, 'bytes'>>>

export async function writeOwnBundles(path: string): Promise<void> {
  const bundled: [string, Omit<BundledVat, 'bytes'>][] = []
  for (const file of readdirSync(vats)) {
    const { bytes: _bytes, ...kept } = await bundleVat(join(vats, file))
    bundled.push([basename(file, '.js'), kept])
  }
  writeFileSync(path, JSON.stringify(Object.fromEntries(bundled)))
}

export const readOwnBundles = (path: string): Readonly<Record<string, BundledVat>> =>
  Object.fromEntries(
    Object.entries(JSON.parse(readFileSync(path, 'utf8')) as Kept).map(([name, kept]) => [
      name,
      { ...kept, bytes: new TextEncoder().encode(kept.source) },
    ]),
  )
