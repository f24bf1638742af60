/**
 * Finds where a call begins, for a place that the engine reported.
 *
 * The engine reports a call at the position that it read last: for `throw RangeError(text)` a frame names the
 * column of `text`. Reading a variable never throws in a vat, so a place at a variable stands for the
 * enclosing call.
 */
import type { AnyNode, Node, Program } from 'acorn'
import { childrenOf } from '../../bundler/tree.ts'

/** The offset of the called name, for an offset at a variable in its arguments; else the same offset. */
export function callAt(program: Program, offset: number): number {
  let call: number | undefined
  let innermost: AnyNode = program
  for (let next: AnyNode | undefined = program; next !== undefined; next = childAt(innermost, offset)) {
    innermost = next
    call = isFunction(innermost) ? undefined : (nameOfCall(innermost, offset) ?? call)
  }
  return innermost.type === 'Identifier' && innermost.start === offset && call !== undefined ? call : offset
}

const isFunction = ({ type }: AnyNode): boolean =>
  type === 'FunctionExpression' || type === 'FunctionDeclaration' || type === 'ArrowFunctionExpression'

function nameOfCall(node: AnyNode, offset: number): number | undefined {
  if (node.type !== 'CallExpression' && node.type !== 'NewExpression') return undefined
  const { callee } = node
  if (offset < callee.end) return undefined
  if (node.type === 'NewExpression') return node.start
  return callee.type === 'MemberExpression' && !callee.computed ? callee.property.start : callee.start
}

const childAt = (node: Node, offset: number): AnyNode | undefined =>
  childrenOf(node).find((child): child is AnyNode => child.start <= offset && offset < child.end)
