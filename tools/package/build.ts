/**
 * `npm run build`: builds the package into `dist`: JavaScript with types and source maps, and the code of the
 * kernel and the workers as bytes.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { buildCode } from '../../src/release/build.ts'

const root = join(import.meta.dirname, '..', '..')
const dist = join(root, 'dist')

/** Specifiers of relative modules; the compiler rewrites those of the JavaScript that it writes. */
const specifiers = /((?:from |import )'|import\(")(\.[^'"]*)\.ts(?=['"])/g

/** Declarations that need Node's types; a project may not have listed them. */
const usesNode = /\bBuffer\b|\bNodeJS\.|'node:/

export async function buildPackage(): Promise<void> {
  rmSync(dist, { recursive: true, force: true })
  execFileSync(
    process.execPath,
    [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', join(root, 'tsconfig.package.json')],
    { stdio: 'inherit' },
  )
  for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.d.ts')) continue
    const path = join(dist, name)
    const text = readFileSync(path, 'utf8').replace(specifiers, '$1$2.js')
    writeFileSync(path, usesNode.test(text) ? `/// <reference types="node" />\n${text}` : text)
  }
  stripVatLibrary()
  const code = join(dist, 'code')
  mkdirSync(code)
  await buildCode(code)
}

/**
 * Code that vats import becomes part of their bundles, whose ids are hashes. Its types are only blanked out,
 * since the compiler would lay out the code anew, and a bundle made by the package would have another id than
 * the same one made in the working tree.
 */
function stripVatLibrary(): void {
  const sources = join(root, 'src', 'vat')
  const names = readdirSync(sources, { recursive: true, encoding: 'utf8' })
  for (const name of names.filter((file) => file.endsWith('.ts'))) {
    const script = stripTypeScriptTypes(readFileSync(join(sources, name), 'utf8')).replace(
      specifiers,
      '$1$2.js',
    )
    const path = join(dist, 'vat', name.replace(/ts$/, 'js'))
    writeFileSync(path, script)
    rmSync(`${path}.map`, { force: true })
  }
}

if (import.meta.main) await buildPackage()
