/**
 * Declaration files as the compiler writes them: which names one exports, and each declaration with its doc
 * comment.
 *
 * The compiler's API is not read by this: TypeScript 7 has none yet for programs in JavaScript. A declaration
 * file is
 * regular enough: what is at the top level begins in the first column, and ends where its brackets are
 * closed.
 */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export interface Declaration {
  readonly name: string
  /** `function`, `class`, `interface`, `type`, `const`; `package` when it comes from another package. */
  readonly kind: string
  /** The text of the doc comment, without its marks; undefined when there is none. */
  readonly doc: string | undefined
  /** As the compiler writes it, with the comments of members. */
  readonly text: string
}

/** What the declaration file exports, in its order. */
export function exportsOf(path: string): readonly Declaration[] {
  const text = readFileSync(path, 'utf8')
  const lists = [...text.matchAll(/^export (?:type )?\{([^}]*)\}(?: from '([^']+)')?;$/gm)]
  const reexported = lists.flatMap(([, names = '', from]) =>
    namesIn(names).map(({ local, exported }) => declarationOf(path, from, local, exported)),
  )
  const own = declarationsIn(text)
    .filter(({ isExported }) => isExported)
    .map(({ isExported: _, ...declaration }) => declaration)
  return [...reexported, ...merged(own)]
}

const namesIn = (list: string): readonly { readonly local: string; readonly exported: string }[] =>
  list.split(',').map((item) => item.trim()).filter((item) => item !== '').map((item) => {
    const [local = '', exported = local] = item.replace(/^type /, '').split(' as ')
    return { local, exported }
  })

/** Follows the name to where it is declared. */
function declarationOf(path: string, from: string | undefined, local: string, exported: string): Declaration {
  if (from === undefined) {
    const text = readFileSync(path, 'utf8')
    const [own] = merged(declarationsIn(text).filter(({ name }) => name === local))
    if (own !== undefined) return { ...own, name: exported, text: renamed(own.text, local, exported) }
    const specifier = [...text.matchAll(/^import (?:type )?\{([^}]*)\} from '([^']+)';$/gm)].find(
      ([, names = '']) => namesIn(names).some((one) => one.exported === local),
    )?.[2]
    if (specifier === undefined) throw new Error(`${path} exports ${local}, and does not declare it`)
    return declarationOf(path, specifier, local, exported)
  }
  if (!from.startsWith('.'))
    return {
      name: exported,
      kind: 'package',
      doc: `That of \`${from}\`.`,
      text: `export { ${local} } from '${from}'`,
    }
  const target = join(dirname(path), from.replace(/\.ts$/, '.d.ts'))
  const found = exportsOf(target).find(({ name }) => name === local)
  if (found === undefined) throw new Error(`${target} does not export ${local}`)
  return { ...found, name: exported }
}

const renamed = (text: string, local: string, exported: string): string =>
  local === exported ? text : text.replace(local, exported)

interface Found extends Declaration {
  readonly isExported: boolean
}

const head = /^(export )?(?:declare )?(?:abstract )?(function|class|interface|type|const|enum)\s+([\w$]+)/

/** All declarations at the top level of a text, in order. */
export function declarationsIn(text: string): readonly Found[] {
  const lines = text.split('\n')
  const found: Found[] = []
  for (let index = 0; index < lines.length; index += 1) {
    const [, exported, kind, name] = head.exec(lines[index] ?? '') ?? []
    if (kind === undefined || name === undefined) continue
    const end = endOf(lines, index)
    const declaration = lines
      .slice(index, end + 1)
      .join('\n')
      .replace(/^export declare |^declare /, 'export ')
    found.push({
      name,
      kind,
      doc: docAbove(lines, index),
      text: withoutPrivates(declaration),
      isExported: exported !== undefined,
    })
    index = end
  }
  return found
}

/** The last line of the statement that begins at the index. */
function endOf(lines: readonly string[], index: number): number {
  let depth = 0
  for (let at = index; at < lines.length; at += 1) {
    const code = codeOf(lines, at)
    for (const character of code) depth += '{(['.includes(character) ? 1 : '})]'.includes(character) ? -1 : 0
    if (depth === 0 && /[;}]\s*$/.test(code)) return at
  }
  return lines.length - 1
}

/** A line without texts, and nothing of a line inside of a comment. */
function codeOf(lines: readonly string[], at: number): string {
  const line = lines[at] ?? ''
  if (/^\s*(?:\/\*\*|\*)/.test(line)) return ''
  return line.replace(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`]*`/g, "''")
}

function docAbove(lines: readonly string[], index: number): string | undefined {
  if (!(lines[index - 1] ?? '').endsWith('*/')) return undefined
  let start = index - 1
  while (start > 0 && !(lines[start] ?? '').startsWith('/**')) start -= 1
  const text = lines.slice(start, index).join('\n')
  return text.replace(/^\/\*\*\s?|\s*\*\/$/g, '').replace(/^ \* ?/gm, '').trim()
}

const withoutPrivates = (text: string): string =>
  text.replace(/^ +(?:#private|private [^;]*|readonly \[[a-z]\w*(?:Type|Interface)\]\?: \w+);\n/gm, '')

/** Several declarations of a function are its overloads. */
function merged(declarations: readonly Declaration[]): readonly Declaration[] {
  const byName = new Map<string, Declaration>()
  for (const declaration of declarations) {
    const before = byName.get(declaration.name)
    byName.set(
      declaration.name,
      before === undefined ? declaration : { ...before, text: `${before.text}\n${declaration.text}` },
    )
  }
  return [...byName.values()]
}
