/** The package.json that is published. */

export interface Manifest {
  readonly name: string
  readonly exports: Readonly<Record<string, string>>
  readonly [field: string]: unknown
}

/** What only the working tree needs. */
const dropped = new Set(['scripts', 'devDependencies', 'overrides', 'allowScripts'])

/** The same, with the built files in the place of the sources. */
export function publishedManifest(manifest: Manifest): Manifest {
  const fields = Object.entries(manifest).filter(([name]) => !dropped.has(name))
  const entries = Object.entries(manifest.exports).map(([entry, source]) => [entry, builtEntry(source)])
  return { ...Object.fromEntries(fields), name: manifest.name, exports: Object.fromEntries(entries) }
}

function builtEntry(source: string): string | { readonly types: string; readonly default: string } {
  const path = /^\.\/src\/(.*)\.ts$/.exec(source)?.[1]
  return path === undefined ? source : { types: `./dist/${path}.d.ts`, default: `./dist/${path}.js` }
}
