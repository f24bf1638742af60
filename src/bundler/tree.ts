/** Walks acorn's trees: recognises nodes and lists the children of one. */
import type { Node } from 'acorn'

/**
 * In the order of the parent's fields. A loop over the keys: `Object.values` and `flatMap` took a third of
 * the bundling time.
 */
export function childrenOf(node: Node): Node[] {
  const children: Node[] = []
  for (const key in node) {
    const value: unknown = node[key as keyof Node]
    if (typeof value !== 'object' || value === null) continue
    if (!Array.isArray(value)) {
      if (isNode(value)) children.push(value)
      continue
    }
    for (const item of value as unknown[]) if (isNode(item)) children.push(item)
  }
  return children
}

export const isNode = (value: unknown): value is Node =>
  typeof value === 'object' &&
  value !== null &&
  'type' in value &&
  typeof value.type === 'string' &&
  'start' in value
