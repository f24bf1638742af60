/**
 * Detects whether a script can create a promise.
 *
 * A kernel is synchronous and loads nothing. Node answers `import(…)` in a context with an error created
 * outside it, and inspects the reasons of unhandled rejections: neither may happen.
 */
import { parse, type AnyNode } from 'acorn'

/** Matches every script with such syntax, and some without: the words may be in a string. */
const mayBe = /(?<!#)\b(?:async\b|import\s*[(./<-])/

/** Syntax that is asynchronous, and where it begins: null where the script does not parse. */
export interface AsynchronousSyntax {
  readonly what: string
  readonly offset: number | null
}

/** Finds asynchronous syntax in the script; undefined when there is none. */
export function asynchronousSyntax(source: string): AsynchronousSyntax | undefined {
  if (!mayBe.test(source)) return undefined
  let program
  try {
    program = parse(source, { ecmaVersion: 'latest', sourceType: 'script' })
  } catch {
    return { what: 'syntax that cannot be checked beside the word async or import', offset: null }
  }
  for (const node of everyNode(program)) {
    if (node.type === 'ImportExpression') return { what: 'a dynamic import', offset: node.start }
    if ('async' in node && node.async === true) return { what: 'an async function', offset: node.start }
  }
  return undefined
}

function* everyNode(root: AnyNode): Generator<AnyNode> {
  const open: unknown[] = [root]
  while (open.length > 0) {
    const next = open.pop()
    if (Array.isArray(next)) open.push(...(next as readonly unknown[]))
    else if (typeof next === 'object' && next !== null && 'type' in next) {
      yield next as AnyNode
      open.push(...Object.values(next))
    }
  }
}
