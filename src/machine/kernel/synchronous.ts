/**
 * Detects whether a script can create a promise.
 *
 * A kernel is synchronous and loads nothing. Node answers `import(…)` in a context with an error created
 * outside it, and inspects the reasons of unhandled rejections: neither may happen.
 */
import { parse, type AnyNode } from 'acorn'

/** Matches every script with such syntax, and some without: the words may be in a string. */
const mayBe = /(?<!#)\b(?:async\b|import\s*[(./<-])/

/** Names the asynchronous syntax in the script; undefined when there is none. */
export function asynchronousSyntax(source: string): string | undefined {
  if (!mayBe.test(source)) return undefined
  let program
  try {
    program = parse(source, { ecmaVersion: 'latest', sourceType: 'script' })
  } catch {
    return 'syntax that cannot be checked beside the word async or import'
  }
  for (const node of everyNode(program)) {
    if (node.type === 'ImportExpression') return 'a dynamic import'
    if ('async' in node && node.async === true) return 'an async function'
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
