/**
 * Strongly connected components of a graph, by Tarjan's algorithm, without recursion. A single node is not a
 * component, even with an edge to itself.
 */
import { assert } from '../../base/errors.ts'

/** The component of each node that is in one, by number from 1. */
export function groupsOf<Node>(edges: ReadonlyMap<Node, ReadonlySet<Node>>): ReadonlyMap<Node, number> {
  const walk = new Walk(edges)
  for (const node of edges.keys()) walk.from(node)
  return walk.groups
}

interface Visit<Node> {
  readonly node: Node
  readonly next: Iterator<Node>
}

class Walk<Node> {
  readonly groups = new Map<Node, number>()
  readonly #edges: ReadonlyMap<Node, ReadonlySet<Node>>
  readonly #index = new Map<Node, number>()
  readonly #low = new Map<Node, number>()
  /** Visited nodes that are not yet in a component, in visiting order. */
  readonly #open: Node[] = []
  readonly #isOpen = new Set<Node>()
  #groups = 0

  constructor(edges: ReadonlyMap<Node, ReadonlySet<Node>>) {
    this.#edges = edges
  }

  from(start: Node): void {
    if (this.#index.has(start)) return
    const path = [this.#visit(start)]
    for (let visit = path.at(-1); visit !== undefined; visit = path.at(-1)) {
      const { done, value: next } = visit.next.next()
      if (done === true) {
        path.pop()
        this.#leave(visit.node, path.at(-1)?.node)
      } else if (!this.#index.has(next)) path.push(this.#visit(next))
      else if (this.#isOpen.has(next)) this.#lower(visit.node, this.#indexOf(next))
    }
    assert(this.#open.length === 0, 'each node of a walk ends in a component')
  }

  #visit(node: Node): Visit<Node> {
    const index = this.#index.size
    this.#index.set(node, index)
    this.#low.set(node, index)
    this.#open.push(node)
    this.#isOpen.add(node)
    return { node, next: (this.#edges.get(node) ?? new Set<Node>()).values() }
  }

  #indexOf(node: Node): number {
    const index = this.#index.get(node)
    assert(index !== undefined, 'a node has its index from its visit on')
    return index
  }

  /** The lowest index that the node reaches. */
  #lowOf(node: Node): number {
    const low = this.#low.get(node)
    assert(low !== undefined && low <= this.#indexOf(node), 'a node reaches itself')
    return low
  }

  #lower(node: Node, index: number): void {
    this.#low.set(node, Math.min(this.#lowOf(node), index))
  }

  #leave(node: Node, before: Node | undefined): void {
    const low = this.#lowOf(node)
    if (before !== undefined) this.#lower(before, low)
    if (low !== this.#index.get(node)) return
    const first = this.#open.lastIndexOf(node)
    assert(first >= 0, 'a node is in no component before it is left')
    const members = this.#open.splice(first)
    for (const member of members) this.#isOpen.delete(member)
    if (members.length < 2) return
    this.#groups += 1
    for (const member of members) this.groups.set(member, this.#groups)
  }
}
