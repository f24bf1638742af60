/**
 * The labels of invariants. A line ` * Cl1. …` in the comment on top of a file of `src` defines one; the
 * letters
 * are its prefix. So that "see Cl1" leads somewhere:
 *
 *   - a prefix belongs to one file;
 *   - the numbers of a file begin at 1 and follow each other;
 *   - each label is cited where it would be noticed if it did not hold: in a test, or in an assertion of `src`
 *     or the comment above it;
 *   - a citation of a prefix that exists, in any comment or text, has a number that exists.
 */
import type { Finding, Project, Rule } from './rule.ts'
import { lineAt, type Source } from './source.ts'

interface Label {
  readonly file: string
  readonly line: number
  readonly prefix: string
  readonly number: number
}

const definition = /^\s*\*\s+([A-Z][A-Za-z]{0,2})(\d+)\.\s/

const labelsOf = ({ path, text }: Source): Label[] =>
  headerOf(text)
    .split('\n')
    .flatMap((line, index) => {
      const [, prefix, number] = definition.exec(line) ?? []
      return prefix === undefined ? [] : [{ file: path, line: index + 1, prefix, number: Number(number) }]
    })

/** The block comment with which a file begins; empty when it has none. */
export const headerOf = (text: string): string => /^(?:#![^\n]*\n)?\/\*\*[^]*?\*\//.exec(text)?.[0] ?? ''

const isSource = ({ path }: Source): boolean => path.startsWith('src/')
const definitionsOf = ({ sources }: Project): Label[] =>
  sources
    .filter(isSource)
    .flatMap(labelsOf)
    .sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line))
const nameOf = ({ prefix, number }: Label): string => `${prefix}${number}`

const unique: Rule = {
  name: 'a prefix of labels belongs to one file',
  check: (project) => {
    const owners = new Map<string, string>()
    return definitionsOf(project).flatMap(({ file, line, prefix }) => {
      const owner = owners.get(prefix) ?? file
      if (!owners.has(prefix)) owners.set(prefix, file)
      return owner === file
        ? []
        : [{ file, line, message: `${prefix} is the prefix of ${owner}; take another one` }]
    })
  },
}

const ordered: Rule = {
  name: 'labels are numbered in order',
  check: ({ sources }) =>
    sources.filter(isSource).flatMap((source) => {
      const next = new Map<string, number>()
      return labelsOf(source).flatMap(({ file, line, prefix, number }) => {
        const expected = next.get(prefix) ?? 1
        next.set(prefix, number + 1)
        return number === expected
          ? []
          : [{ file, line, message: `${prefix}${number} stands where ${prefix}${expected} is expected` }]
      })
    }),
}

const cited: Rule = {
  name: 'every label is cited, and no other',
  check: (project) => {
    const labels = definitionsOf(project)
    const mentions = mentionsOf(project, new Set(labels.map(({ prefix }) => prefix)))
    const names = new Set(labels.map(nameOf))
    const citedNames = new Set(citationsOf(project, mentions).map(nameOf))
    return [
      ...labels
        .filter((label) => !citedNames.has(nameOf(label)))
        .map((label) => ({
          file: label.file,
          line: label.line,
          message: `no test and no assertion cites ${nameOf(label)}; cite it, or make it prose`,
        })),
      ...mentions
        .filter((label) => !names.has(nameOf(label)))
        .map(({ file, line, prefix, number }) => ({
          file,
          line,
          message: `${prefix}${number} is cited and defined nowhere`,
        })),
    ]
  },
}

/** Looks like a label. */
const engineOfNode = /\bV8\b/g

/** The tests of these rules mention labels that do not exist. */
const ownTests = 'test/tidy.test.ts'

/** All mentions of labels with these prefixes, in comments and texts of `src` and `test`. */
function mentionsOf({ sources }: Project, prefixes: ReadonlySet<string>): Label[] {
  return sources.flatMap((source) => {
    if (source.path === ownTests) return []
    const own = new Set(isSource(source) ? labelsOf(source).map(({ line }) => line) : [])
    return [...source.comments, ...source.strings].flatMap(({ line, text }) =>
      text.split('\n').flatMap((each, index) => {
        const rest = own.has(line + index) ? each.replace(/^\s*\*\s+\w+\./, '') : each
        return mentionsIn(rest, source.path, line + index).filter(({ prefix }) => prefixes.has(prefix))
      }),
    )
  })
}

/** The mentions that hold somebody to it: all of the tests, and those of assertions in `src`. */
function citationsOf({ sources }: Project, mentions: readonly Label[]): Label[] {
  const asserting = new Map(sources.filter(isSource).map((source) => [source.path, assertionLines(source)]))
  return mentions.filter(({ file, line }) => asserting.get(file)?.has(line) ?? true)
}

const assertionCall = /(?<!function\s+)\bassert\w*\(/g

/** The lines of the calls of `assert…`, and of the comments above them. */
function assertionLines({ text, code }: Source): ReadonlySet<number> {
  const [written, left] = [text.split('\n'), code.split('\n')]
  const isComment = (line: number): boolean => written[line - 1]?.trim() !== '' && left[line - 1]?.trim() === ''
  const lines = new Set<number>()
  for (const { index } of code.matchAll(assertionCall)) {
    const first = lineAt(code, index)
    for (let line = first; line <= lineAt(code, endOfCall(code, index)); line += 1) lines.add(line)
    for (let line = first - 1; isComment(line); line -= 1) lines.add(line)
  }
  return lines
}

/** The index after the parenthesis that ends the call that begins here. */
function endOfCall(code: string, start: number): number {
  let depth = 0
  for (let index = code.indexOf('(', start); index < code.length; index += 1) {
    if (code[index] === '(') depth += 1
    else if (code[index] === ')' && --depth === 0) return index + 1
  }
  return code.length
}

/** `Cl1`, and every number of `Cl1–Cl3` and `Cl1–3`. */
function mentionsIn(text: string, file: string, line: number): Label[] {
  return [
    ...text.replace(engineOfNode, '').matchAll(/\b([A-Z][A-Za-z]{0,2})(\d+)(?:[–-](?:\1)?(\d+))?(?![\w-])/g),
  ].flatMap(([, prefix = '', first, last = first]) =>
    rangeOf(Number(first), Number(last)).map((number) => ({ file, line, prefix, number })),
  )
}

const rangeOf = (first: number, last: number): number[] =>
  Array.from({ length: Math.max(1, Math.min(last - first + 1, 100)) }, (_, index) => first + index)

export const labelRules: readonly Rule[] = [unique, ordered, cited]

export const headerRule: Rule = {
  name: 'every file of src begins with a comment',
  check: ({ sources }: Project): Finding[] =>
    sources
      .filter((source) => isSource(source) && headerOf(source.text) === '')
      .map(({ path }) => ({ file: path, line: 1, message: 'say on top, in `/** … */`, what this file is' })),
}
