/**
 * A TypeScript file, taken apart as far as the rules need it.
 *
 * Our TypeScript is erasable: Node blanks its types and leaves JavaScript at the same places, which acorn
 * parses. So a file has two views of the same length and lines: `code` is what runs, without comments and
 * without what stands in texts; `types` is what was erased, likewise.
 */
import { parse, tokTypes, type Comment, type Node, type Token } from 'acorn'
import { stripTypeScriptTypes } from 'node:module'
import { posix } from 'node:path'

export interface Import {
  /** As written. */
  readonly specifier: string
  /** The file it names from the root of the project; the specifier itself for a package. */
  readonly target: string
  readonly line: number
  /** `type` when nothing of it is left at run time. */
  readonly kind: 'type' | 'value'
  /** Names that are imported as values; empty for `*` and for an import of everything. */
  readonly values: readonly string[]
}

export interface FunctionSpan {
  readonly name: string
  readonly line: number
  readonly lines: number
}

export interface Source {
  /** From the root of the project. */
  readonly path: string
  readonly text: string
  readonly code: string
  readonly types: string
  /** The text without the characters of its strings, templates and regular expressions. */
  readonly withoutLiterals: string
  readonly comments: readonly Passage[]
  /** What stands in strings and templates. */
  readonly strings: readonly Passage[]
  readonly functions: readonly FunctionSpan[]
  readonly imports: readonly Import[]
  /** The declarations `import … from`, one entry each, except `* as`, which cannot share one. */
  readonly declarations: readonly { readonly specifier: string; readonly line: number }[]
}

export interface Passage {
  /** Of its first character. */
  readonly line: number
  readonly text: string
}

export function parseSource(path: string, text: string): Source {
  const stripped = stripTypeScriptTypes(text)
  const tokens: Token[] = []
  const comments: Comment[] = []
  const program = parse(stripped, {
    ecmaVersion: 'latest',
    sourceType: 'module',
    allowHashBang: true,
    locations: true,
    onToken: tokens,
    onComment: comments,
  })
  const texts = tokens.filter(
    ({ type }) => type === tokTypes.string || type === tokTypes.template || type === tokTypes.regexp,
  )
  return {
    path,
    text,
    code: blank(stripped, [...comments, ...texts]),
    types: bareTypes(erased(text, stripped)),
    withoutLiterals: without(text, literalsOf(program)),
    comments: comments.map(({ start, value }) => ({ line: lineAt(text, start), text: value })),
    strings: tokens
      .filter(({ type }) => type === tokTypes.string || type === tokTypes.template)
      .map((token) => ({ line: lineAt(text, token.start), text: String(Reflect.get(token, 'value')) })),
    functions: functionsOf(program),
    imports: importsOf(path, text, erased(text, stripped)),
    declarations: [...text.matchAll(importDeclaration)].map((match) => ({
      specifier: match[1] ?? '',
      line: lineAt(text, match.index),
    })),
  }
}

export const lineAt = (text: string, index: number): number => text.slice(0, index).split('\n').length

/** The same text with spaces in the place of the ranges. */
function blank(text: string, ranges: readonly { readonly start: number; readonly end: number }[]): string {
  let result = ''
  let end = 0
  for (const range of [...ranges].sort((a, b) => a.start - b.start)) {
    result += text.slice(end, range.start) + spaces(text.slice(range.start, range.end))
    end = range.end
  }
  return result + text.slice(end)
}

/** Strings, regular expressions, and whole templates. */
function literalsOf(program: Node): Node[] {
  const found: Node[] = []
  visit(program, '', (node) => {
    const isInner = (found.at(-1)?.end ?? 0) > node.start
    if (!isInner && (node.type === 'Literal' || node.type === 'TemplateLiteral')) found.push(node)
  })
  return found
}

function without(text: string, ranges: readonly { readonly start: number; readonly end: number }[]): string {
  let result = ''
  let end = 0
  for (const range of ranges) {
    result += text.slice(end, range.start) + text.slice(range.start, range.end).replace(/[^\n]/g, '')
    end = range.end
  }
  return result + text.slice(end)
}

const spaces = (text: string): string => text.replace(/[^\n]/g, ' ')

/** What stripping took away, at its place. */
function erased(text: string, stripped: string): string {
  let result = ''
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index] as string
    result += character === '\n' || character !== stripped[index] ? character : ' '
  }
  return result
}

/** Comments and literal texts among the types are no types. */
const bareTypes = (types: string): string =>
  types.replace(/'[^'\n]*'|"[^"\n]*"|`[^`]*`|\/\*[^]*?\*\/|\/\/[^\n]*/g, spaces)

// --- functions

const functionTypes = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'])

function functionsOf(program: Node): FunctionSpan[] {
  const found: FunctionSpan[] = []
  visit(program, '', (node, name) => {
    if (!functionTypes.has(node.type) || node.loc == null) return
    const { start, end } = node.loc
    found.push({ name: name || 'a function', line: start.line, lines: end.line - start.line + 1 })
  })
  return found
}

/** Visits every node with the name that is nearest to it, of a declaration or a property. */
function visit(node: Node, name: string, take: (node: Node, name: string) => void): void {
  const own = nameOf(node) ?? name
  take(node, own)
  for (const child of Object.values(node)) {
    for (const item of Array.isArray(child) ? child : [child]) if (isNode(item)) visit(item, own, take)
  }
}

function nameOf(node: Node): string | undefined {
  const holder: unknown = Reflect.get(node, 'id') ?? Reflect.get(node, 'key')
  const name: unknown = isNode(holder) ? Reflect.get(holder, 'name') : undefined
  return typeof name === 'string' ? name : undefined
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' &&
  value !== null &&
  'type' in value &&
  'start' in value &&
  typeof value.type === 'string'

// --- imports

const fromClause = /^(?:import|export)\b([^'"`;]*?)\bfrom\s*['"]([^'"]+)['"]/gm
const importDeclaration = /^import\b[^'"`;()*]*?['"]([^'"]+)['"]/gm
const bareImport = /^import\s*()['"]([^'"]+)['"]/gm
const typeImport = /\bimport\s*\(()\s*['"]([^'"]+)['"]\s*\)/g

function importsOf(path: string, text: string, types: string): Import[] {
  const make = (match: RegExpMatchArray, kind: 'type' | 'value', values: readonly string[]): Import => {
    const specifier = match[2] ?? ''
    const target = specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : specifier
    return { specifier, target, line: lineAt(text, match.index ?? 0), kind, values }
  }
  return [
    ...[...text.matchAll(fromClause)].map((match) => make(match, ...readClause(match[1] ?? ''))),
    ...[...text.matchAll(bareImport)].map((match) => make(match, 'value', [])),
    ...[...types.matchAll(typeImport)].map((match) => make(match, 'type', [])),
  ]
}

/** `type { A }`, `{ type A, b as c }`, `* as all` */
function readClause(clause: string): ['type' | 'value', readonly string[]] {
  if (/^\s*type\b/.test(clause)) return ['type', []]
  const braces = /\{([^}]*)\}/.exec(clause)
  if (braces === null) return ['value', []]
  const names = (braces[1] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  const values = names
    .filter((name) => !name.startsWith('type '))
    .map((name) => name.split(/\s+as\s+/)[0] ?? '')
  const hasDefault = clause.slice(0, braces.index).includes(',')
  return [values.length > 0 || hasDefault ? 'value' : 'type', values]
}
