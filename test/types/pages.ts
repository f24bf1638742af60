/** The TypeScript that stands in pages and doc comments. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

export const project = join(import.meta.dirname, '..', '..')

/** The pages of the project, relative to it. */
export function pages(): readonly string[] {
  const docs = readdirSync(join(project, 'docs'), { recursive: true, encoding: 'utf8' }).map((path) =>
    join('docs', path),
  )
  const examples = readdirSync(join(project, 'examples'), { recursive: true, encoding: 'utf8' }).map((path) =>
    join('examples', path),
  )
  return ['README.md', ...docs, ...examples].filter((path) => path.endsWith('.md')).sort()
}

/**
 * The blocks of TypeScript of a page, by the files that they are: the name behind the language, or
 * `block-<line>.ts`.
 * What a block takes for granted stands in a comment before it, which readers do not see:
 *
 *     <!-- given import type { Baggage } from 'heirloom/vat' declare const baggage: Baggage
 *     -->
 */
export function blocksOf(page: string): ReadonlyMap<string, string> {
  const text = readFileSync(join(project, page), 'utf8')
  const blocks = text.matchAll(
    /^(?:<!-- given\n(?<given>[^]*?)-->\n+)?```ts(?: (?<name>\S+))?\n(?<code>[^]*?)^```$/gm,
  )
  return new Map(
    [...blocks].map(({ index, groups = {} }) => [
      groups['name'] ?? `block-${lineOf(text, index)}.ts`,
      (groups['given'] ?? '') + (groups['code'] ?? ''),
    ]),
  )
}

/** The examples in the doc comments of a folder's sources: each is a module of its own. */
export function examplesOf(folder: string): ReadonlyMap<string, string> {
  const sources = readdirSync(join(project, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .sort()
  return new Map(sources.flatMap((source) => examplesIn(join(folder, source))))
}

function examplesIn(source: string): [string, string][] {
  const text = readFileSync(join(project, source), 'utf8')
  const blocks = text.matchAll(/^ *\* ```ts\n(?<code>(?: *\*.*\n)*?) *\* ```$/gm)
  const name = relative(project, join(project, source)).replaceAll(/[/.]/g, '-')
  return [...blocks].map(({ index, groups = {} }) => [
    `${name}-${lineOf(text, index)}.ts`,
    (groups['code'] ?? '').replaceAll(/^ *\* ?/gm, ''),
  ])
}

const lineOf = (text: string, index: number): number => text.slice(0, index).split('\n').length
