/** Bundles as `@endo/bundle-source` publishes them, made of files that a test gives. */
import '@endo/init/pre-bundle-source.js'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { EndoBundle } from '../../src/host/index.ts'
import { temporaryDirectory, type Scope } from './world.ts'

type Format = EndoBundle['moduleFormat']
// It expects a locked-down realm, which these tests are not to run in; of that it needs only this.
Object.assign(globalThis, { harden: Object.freeze })
/** Its types are sources that do not pass our checks; so its name is no literal. */
const library: string = '@endo/bundle-source'
const { default: bundle } = (await import(library)) as {
  readonly default: (entry: string, options: object) => Promise<EndoBundle>
}

/** `files`: by their paths; the entry is `main.js`, of a package of the name `published`. */
export async function published(
  scope: Scope,
  files: Readonly<Record<string, string>>,
  format: Format = 'endoZipBase64',
  options: object = {},
): Promise<EndoBundle> {
  const root = temporaryDirectory(scope)
  const manifest = {
    name: 'published',
    version: '1.0.0',
    type: 'module',
    dependencies: Object.fromEntries(dependenciesOf(files)),
  }
  for (const [path, text] of Object.entries({ 'package.json': JSON.stringify(manifest), ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return bundle(join(root, 'main.js'), { format, ...options })
}

const dependenciesOf = (files: Readonly<Record<string, string>>): [string, string][] =>
  Object.keys(files)
    .flatMap((path) => /^node_modules\/([^/]+)\/package\.json$/.exec(path)?.slice(1, 2) ?? [])
    .map((name) => [name, '*'])
