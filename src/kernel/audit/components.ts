/**
 * Strongly connected components of a graph, by Tarjan's algorithm, without recursion. A single node is not a
 * component, even with an edge to itself.
 */
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
      else if (this.#isOpen.has(next)) this.#lower(visit.node, this.#index.get(next) ?? 0)
    }
  }

  #visit(node: Node): Visit<Node> {
    const index = this.#index.size
    this.#index.set(node, index)
    this.#low.set(node, index)
    this.#open.push(node)
    this.#isOpen.add(node)
    return { node, next: (this.#edges.get(node) ?? new Set<Node>()).values() }
  }

  #lower(node: Node, index: number): void {
    this.#low.set(node, Math.min(this.#low.get(node) ?? index, index))
  }

  #leave(node: Node, before: Node | undefined): void {
    const low = this.#low.get(node) ?? 0
    if (before !== undefined) this.#lower(before, low)
    if (low !== this.#index.get(node)) return
    const members = this.#open.splice(this.#open.lastIndexOf(node))
    for (const member of members) this.#isOpen.delete(member)
    if (members.length < 2) return
    this.#groups += 1
    for (const member of members) this.groups.set(member, this.#groups)
  }
}
