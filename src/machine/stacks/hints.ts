/**
 * Explains errors of vats that come from a missing global of Node or browsers.
 *
 * In a vat such a global is `undefined`, so that `typeof name` works as everywhere, and the engine reports
 * "not a function" without a name. The used name is in the bundle, at the place of the innermost frame.
 *
 * Hi1. A hint is for people, in what a host shows. The error that other vats and the kernel get is unchanged.
 * Hi2. The expression at the place must fail for this reason, with this message; else there is no hint.
 */
import type { AnyNode, Node, Program } from 'acorn'
import { freeGlobals } from '../../bundler/freeGlobals.ts'
import { hostGlobals, tamed } from '../../bundler/hostGlobals.ts'
import { childrenOf } from '../../bundler/tree.ts'

/** The line under an error message. */
export const hintLine = (hint: string): string => `\n  hint: ${hint}`

/** The hint for a message that is specific enough by itself. */
export const hintOfMessage = (message: string): string | undefined =>
  tamed.find(([text]) => text.test(message))?.[1]

/** Offset → name of each use of a global that vats do not have. */
export type Uses = ReadonlyMap<number, string>

export const usesIn = (program: Program): Uses =>
  new Map(freeGlobals(program).map(({ at, name }) => [at, name]))

/** The hint for an error with this message at this offset of the script. */
export function hintAt(program: Program, uses: Uses, offset: number, message: string): string | undefined {
  if (uses.size === 0) return undefined
  const name = nodesAt(program, offset)
    .reverse()
    .map((node) => usedBy(node, message))
    .map((at) => uses.get(at ?? -1))
    .find((used) => used !== undefined)
  return name === undefined ? undefined : hostGlobals.get(name)
}

/** The nodes around the offset within the innermost function, outermost first. */
function nodesAt(program: Program, offset: number): AnyNode[] {
  let nodes: AnyNode[] = []
  for (let next: AnyNode | undefined = program; next !== undefined; next = childAt(next, offset))
    nodes = isFunction(next) ? [] : [...nodes, next]
  return nodes
}

/**
 * Offset of the variable that the expression calls, constructs or accesses, if that caused the message (Hi2).
 */
function usedBy(node: AnyNode, message: string): number | undefined {
  switch (node.type) {
    case 'CallExpression':
    case 'NewExpression':
      return node.callee.type === 'Identifier' && /not a (?:function|constructor)/.test(message)
        ? node.callee.start
        : undefined
    case 'MemberExpression':
      return node.object.type === 'Identifier' &&
        /of undefined/.test(message) &&
        namesProperty(message, node.property)
        ? node.object.start
        : undefined
    case 'BinaryExpression':
      return node.operator === 'instanceof' && node.right.type === 'Identifier' ? node.right.start : undefined
    case 'ClassDeclaration':
    case 'ClassExpression':
      return node.superClass?.type === 'Identifier' ? node.superClass.start : undefined
    default:
      return undefined
  }
}

const namesProperty = (message: string, property: Node): boolean =>
  !('name' in property) || message.includes(`'${String(property.name)}'`)

const isFunction = ({ type }: AnyNode): boolean =>
  type === 'FunctionExpression' || type === 'FunctionDeclaration' || type === 'ArrowFunctionExpression'

const childAt = (node: Node, offset: number): AnyNode | undefined =>
  childrenOf(node).find((child): child is AnyNode => child.start <= offset && offset < child.end)
