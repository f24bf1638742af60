/**
 * Measures the code: `node tools/tidy/measure.ts [directory]`, where the directory is a working tree of this
 * project, by default this one. What comes out is a table for `docs/decisions/0103-the-redesign.md`.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { headerOf } from './labels.ts'
import { parseSource, type Source } from './source.ts'
import { widthLimit } from './rules.ts'

type Row = readonly [what: string, value: string]

function readSources(root: string): Source[] {
  return readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .sort()
    .map((path) => `src/${path}`)
    .map((path) => parseSource(path, readFileSync(join(root, path), 'utf8')))
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0)
const countIn = (text: string, pattern: RegExp): number => [...text.matchAll(pattern)].length
const linesOf = ({ text }: Source): number => text.trimEnd().split('\n').length
const largest = <T>(items: readonly T[], size: (item: T) => number, name: (item: T) => string): string => {
  const [first] = [...items].sort((a, b) => size(b) - size(a))
  return first === undefined ? '–' : `${size(first)} (${name(first)})`
}

// --- words

const words: readonly (readonly [string, RegExp])[] = [
  ['told / tells', /\b(?:told|tells)\b/gi],
  ['whoever / whatever / nobody / somebody', /\b(?:whoever|whatever|nobody|somebody)\b/gi],
  ['gives', /\bgives\b/gi],
  ['returns', /\breturns\b/gi],
  ['is gone / has ended', /\b(?:is|are|has|have) (?:gone|ended)\b/gi],
]

function wordRows(sources: readonly Source[]): Row[] {
  const comments = sources.flatMap((source) => source.comments.map(({ text }) => text)).join('\n')
  const total = countIn(comments, /[A-Za-z]+/g)
  const per = (pattern: RegExp): string => ((countIn(comments, pattern) / total) * 10_000).toFixed(1)
  return [
    ['words in comments', String(total)],
    ...words.map(([name, pattern]): Row => [`${name}, per 10,000 words of comments`, per(pattern)]),
  ]
}

// --- rooms

/** Arrows between folders at any depth: how many pairs of folders import from one to the other. */
function roomRows(sources: readonly Source[]): Row[] {
  const rooms = new Map<string, number>()
  for (const { path } of sources) rooms.set(posix.dirname(path), (rooms.get(posix.dirname(path)) ?? 0) + 1)
  const arrows = (depth: (folder: string) => string): number =>
    new Set(
      sources.flatMap(({ path, imports }) =>
        imports
          .filter(({ target }) => target.startsWith('src/'))
          .map(({ target }) => [depth(posix.dirname(path)), depth(posix.dirname(target))])
          .filter(([from, to]) => from !== to)
          .map((pair) => pair.join(' ')),
      ),
    ).size
  const top = (folder: string): string => folder.split('/').slice(0, 2).join('/')
  return [
    ['folders directly in src', String(new Set([...rooms.keys()].map(top)).size)],
    ['folders at all depths', String(rooms.size)],
    ['arrows between the folders in src', String(arrows(top))],
    ['arrows between folders at all depths', String(arrows((folder) => folder))],
    ['imports that cross a folder', String(crossings(sources))],
    ['cycles between files', String(cycles(sources))],
    ['cycles between folders at all depths', String(folderCycles(sources))],
    ['most files at one level', largest([...rooms], ([, count]) => count, ([folder]) => folder)],
  ]
}

const crossings = (sources: readonly Source[]): number =>
  sum(
    sources.map(
      ({ path, imports }) =>
        imports.filter(
          ({ target }) => target.startsWith('src/') && posix.dirname(target) !== posix.dirname(path),
        ).length,
    ),
  )

const cycles = (sources: readonly Source[]): number =>
  componentsOf(new Map(sources.map(({ path, imports }) => [path, imports.map(({ target }) => target)])))

function folderCycles(sources: readonly Source[]): number {
  const graph = new Map<string, string[]>()
  for (const { path, imports } of sources) {
    const from = posix.dirname(path)
    const targets = imports.map(({ target }) => posix.dirname(target)).filter((to) => to !== from)
    graph.set(from, [...(graph.get(from) ?? []), ...targets])
  }
  return componentsOf(graph)
}

/** How many strongly connected components have more than one node: each is at least one cycle. */
function componentsOf(graph: ReadonlyMap<string, readonly string[]>): number {
  const reach = new Map([...graph.keys()].map((node) => [node, reachedFrom(node, graph)]))
  const together = [...graph.keys()].map((node) =>
    [...(reach.get(node) ?? [])].filter((other) => other !== node && reach.get(other)?.has(node)),
  )
  const components = [...graph.keys()].map((node, index) =>
    [node, ...(together[index] ?? [])].sort().join(' '),
  )
  return new Set(components.filter((names) => names.includes(' '))).size
}

function reachedFrom(node: string, graph: ReadonlyMap<string, readonly string[]>): Set<string> {
  const reached = new Set<string>()
  const queue = [...(graph.get(node) ?? [])]
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (reached.has(next) || !graph.has(next)) continue
    reached.add(next)
    queue.push(...(graph.get(next) ?? []))
  }
  return reached
}

// --- labels, assertions and sizes

function labelRows(sources: readonly Source[]): Row[] {
  const files = new Map<string, Set<string>>()
  let total = 0
  for (const { path, text } of sources) {
    for (const [, label = ''] of text.matchAll(/^ \* ([A-Z][A-Za-z]{0,2}\d+)\. /gm)) {
      total += 1
      files.set(label, (files.get(label) ?? new Set()).add(path))
    }
  }
  const ambiguous = [...files.values()].filter((each) => each.size > 1).length
  return [
    ['numbered invariants', String(total)],
    ['labels that mean several things', String(ambiguous)],
  ]
}

const assertion = /\b(?:assert|unreachable)\(/g

function assertionRows(sources: readonly Source[]): Row[] {
  const rate = (group: readonly Source[]): string => {
    const count = sum(group.map(({ code }) => countIn(code, assertion)))
    return `${((count / sum(group.map(linesOf))) * 1_000).toFixed(1)} (${count})`
  }
  const folders = [...new Set(sources.map(({ path }) => path.split('/')[1] ?? ''))].sort()
  return [
    ['assertions per 1,000 lines', rate(sources)],
    ...folders.map((folder): Row => [
      `… in src/${folder}`, rate(sources.filter(({ path }) => path.startsWith(`src/${folder}/`))),
    ]),
  ]
}

function sizeRows(sources: readonly Source[]): Row[] {
  const functions = sources.flatMap(({ path, functions: spans }) => spans.map((span) => ({ ...span, path })))
  const wide = sum(
    sources.map(({ text }) => text.split('\n').filter((line) => line.length > widthLimit).length),
  )
  const outside = sum(
    sources.map(
      ({ withoutLiterals }) =>
        withoutLiterals.split('\n').filter((line) => line.length > widthLimit && !/^\s*\* ?\|/.test(line)).length,
    ),
  )
  return [
    ['files', String(sources.length)],
    ['lines of src', String(sum(sources.map(linesOf)))],
    [`lines of more than ${widthLimit} columns`, String(wide)],
    ['… without literals and tables in comments', String(outside)],
    ['longest file', largest(sources, linesOf, ({ path }) => path)],
    ['longest function', largest(functions, ({ lines }) => lines, ({ name, path }) => `${name}, ${path}`)],
    ['files without a header', String(sources.filter(({ text }) => headerOf(text) === '').length)],
  ]
}

export function measure(root: string): Row[] {
  const sources = readSources(root)
  return [wordRows, roomRows, labelRows, assertionRows, sizeRows].flatMap((rows) => rows(sources))
}

if (import.meta.main) {
  const root = process.argv[2] ?? join(import.meta.dirname, '..', '..')
  console.log('| measure | value |\n|---|---|')
  for (const [what, value] of measure(root)) console.log(`| ${what} | ${value} |`)
}
