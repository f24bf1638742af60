/**
 * Which folder of `src` may import which, and what more there is to say about whole folders.
 */
import { posix } from 'node:path'
import type { Finding, Project, Rule } from './rule.ts'
import type { Import, Source } from './source.ts'

/**
 * The table of the architecture. `kernel`, `supervisor` and `loader` are bundles: what runs them gets them as
 * bytes, by hash, and knows them by the contracts in `protocol`. So no folder imports them, not even types.
 */
export const mayImport: Readonly<Record<string, readonly string[]>> = {
  base: [],
  protocol: ['base'],
  codec: ['base', 'protocol'],
  api: ['base', 'protocol', 'codec'],
  kernel: ['base', 'protocol', 'codec'],
  supervisor: ['base', 'protocol', 'codec'],
  vat: ['base', 'protocol'],
  loader: ['base', 'protocol'],
  bundler: ['base', 'protocol', 'api'],
  hashing: ['base'],
  engine: ['base', 'hashing', 'protocol'],
  store: ['base', 'hashing', 'protocol'],
  release: ['base', 'hashing', 'protocol', 'bundler', 'engine'],
  machine: ['base', 'protocol', 'codec', 'api', 'bundler', 'release', 'engine', 'store'],
  host: ['base', 'hashing', 'protocol', 'codec', 'api', 'bundler', 'release', 'machine', 'store', 'vat'],
  replay: [
    'base',
    'protocol',
    'codec',
    'api',
    'bundler',
    'release',
    'machine',
    'store',
    'vat',
    'host',
  ],
  rehearsal: ['base', 'hashing', 'protocol', 'api', 'engine', 'release', 'machine', 'store', 'host', 'replay'],
  node: ['base', 'protocol', 'api', 'bundler', 'store', 'host'],
  client: ['base', 'protocol', 'codec'],
  server: ['base', 'protocol', 'release', 'node'],
  testing: ['base', 'protocol', 'api', 'host'],
  cli: [
    'base',
    'protocol',
    'codec',
    'api',
    'release',
    'machine',
    'host',
    'replay',
    'rehearsal',
    'node',
    'client',
    'server',
  ],
}

const folderOf = (path: string): string | undefined => /^src\/([^/]+)\//.exec(path)?.[1]
/** The simulator may import anything, and nothing imports it. */
const isFree = (folder: string): boolean => folder === 'sim'

const imports: Rule = {
  name: 'imports between folders follow the table',
  check: ({ sources }) =>
    sources.flatMap((source) =>
      source.imports.flatMap((each) => findingsOf(importFlaw(source, each), source, each)),
    ),
}

const findingsOf = (flaw: string | undefined, { path }: Source, { line }: Import): Finding[] =>
  flaw === undefined ? [] : [{ file: path, line, message: flaw }]

function importFlaw(source: Source, { target, specifier }: Import): string | undefined {
  const from = folderOf(source.path)
  if (from === undefined || isFree(from) || !specifier.startsWith('.')) return undefined
  const to = folderOf(target)
  if (to === undefined) return `${specifier} is outside of src; what runs must be inside`
  if (to === from) return undefined
  const allowed = mayImport[from]
  if (allowed === undefined)
    return `src/${from} is not in the table of tools/tidy/folders.ts; add it there and to its tsconfig.json`
  return allowed.includes(to)
    ? undefined
    : `src/${from} may import ${allowed.join(', ') || 'nothing'}, not ${to}; move the code, or pass it in`
}

const references: Rule = {
  name: 'the table and the tsconfig.json of each folder agree',
  check: (project) => {
    const folders = new Set(
      project.sources.map(({ path }) => folderOf(path)).filter((folder) => folder !== undefined),
    )
    return [...folders].sort().flatMap((folder) => referenceFindings(project, folder, folders))
  },
}

function referenceFindings({ texts }: Project, folder: string, folders: ReadonlySet<string>): Finding[] {
  const file = `src/${folder}/tsconfig.json`
  const text = texts.get(file)
  if (text === undefined)
    return [{ file, line: 1, message: `src/${folder} has no tsconfig.json; make it a composite project` }]
  const found =
    (JSON.parse(text) as { readonly references?: readonly { readonly path: string }[] }).references ?? []
  const actual = found.map(({ path }) => posix.basename(path)).sort()
  const expected = (mayImport[folder] ?? []).filter((name) => folders.has(name)).sort()
  if (isFree(folder) || actual.join() === expected.join()) return []
  return [
    {
      file,
      line: 1,
      message: `it refers to ${actual.join(', ') || 'nothing'}; the table says ${expected.join(', ') || 'nothing'}; make them agree`,
    },
  ]
}

const described: Rule = {
  name: 'every folder is in the map of the code',
  check: ({ sources, texts }) => {
    const file = 'docs/architecture.md'
    const map = texts.get(file)
    if (map === undefined) return []
    const folders = new Set(
      sources.map(({ path }) => folderOf(path)).filter((folder) => folder !== undefined),
    )
    return [...folders]
      .filter((folder) => !new RegExp(`\\bsrc/${folder}\\b`).test(map))
      .map((folder) => ({
        file,
        line: 1,
        message: `it does not mention src/${folder}; say what it is and what it owns`,
      }))
  },
}

export const folderRules: readonly Rule[] = [imports, references, described]

export const cycleRule: Rule = {
  name: 'no circular imports',
  check: ({ sources }) => {
    const graph = new Map(
      sources.filter(({ path }) => path.startsWith('src/')).map((source) => [source.path, source]),
    )
    const state = new Map<string, 'open' | 'done'>()
    return [...graph.keys()].sort().flatMap((path) => cyclesFrom(path, graph, state, []))
  },
}

/**
 * Depth first; an import of a file that is still open closes a circle. Types count too: a circle of types is
 * one noun in two files.
 */
function cyclesFrom(
  path: string,
  graph: ReadonlyMap<string, Source>,
  state: Map<string, 'open' | 'done'>,
  trail: readonly string[],
): Finding[] {
  if (state.get(path) === 'done') return []
  const source = graph.get(path)
  if (source === undefined) return []
  state.set(path, 'open')
  const here = [...trail, path]
  const findings = source.imports.flatMap(({ target, line }) => {
    if (state.get(target) !== 'open') return cyclesFrom(target, graph, state, here)
    const circle = [...here.slice(here.indexOf(target)), target]
    return [
      {
        file: path,
        line,
        message: `the imports go round: ${circle.join(' → ')}; move what both need into a third file`,
      },
    ]
  })
  state.set(path, 'done')
  return findings
}
