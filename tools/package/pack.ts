/**
 * What `npm pack` and `npm publish` run before and after: `pack.ts before` and `pack.ts after`.
 *
 * The working tree runs its sources, so its `exports` name TypeScript files; Node runs none below
 * `node_modules`.
 * While the package is packed, package.json names what was built. The original is kept in `build` meanwhile,
 * and
 * a run that was killed is undone by the next one.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildPackage } from './build.ts'
import { publishedManifest, type Manifest } from './manifest.ts'

const root = join(import.meta.dirname, '..', '..')
const manifest = join(root, 'package.json')
const original = join(root, 'build', 'package.json')

function restore(): void {
  if (existsSync(original)) renameSync(original, manifest)
}

async function prepare(): Promise<void> {
  restore()
  await buildPackage()
  const text = readFileSync(manifest, 'utf8')
  mkdirSync(join(root, 'build'), { recursive: true })
  writeFileSync(original, text)
  writeFileSync(manifest, `${JSON.stringify(publishedManifest(JSON.parse(text) as Manifest), null, 2)}\n`)
}

const [when] = process.argv.slice(2)
if (when === 'before') await prepare()
else if (when === 'after') restore()
else throw new Error('say when: before or after')
