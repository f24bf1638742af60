/**
 * Finds the guards of a module from its code: the places where recursion is checked.
 *
 * A call through a table can reach every function in a table whose signature fits, so signatures are nodes of
 * the graph as well: function → signature → function. Calls out of the module and back do not count: the
 * world calls back only to read and create texts, which does not recurse.
 */
import { assert } from '../base/errors.ts'
import { refuse } from '../protocol/codes.ts'
import { refuseModule, type ByteReader } from './binary.ts'
import { opcode, skipConstantExpression, skipInstruction, skipValueType } from './opcodes.ts'

/** The calls of a function. */
export interface Calls {
  /** Indices of functions. */
  readonly direct: ReadonlySet<number>
  /** Indices of signatures, for calls through a table. */
  readonly indirect: ReadonlySet<number>
}

export interface CallGraph {
  readonly importCount: number
  /** Of the module's own functions, in order. */
  readonly calls: readonly Calls[]
  /** The signature of each of them. */
  readonly signatures: readonly number[]
  readonly signatureCount: number
  /** Indices of the functions in tables. */
  readonly inTable: ReadonlySet<number>
}

/**
 * The guards: functions such that every recursion passes through one of them; each with the weight of the
 * heaviest chain of calls that begins with it and meets no other guard. So the weight of all calls nested at
 * a time is at most the sum over the guards among them, plus one chain.
 *
 * Guards are chosen one by one: of the functions still on a cycle, the one with most calls in and out, the
 * first of equals. That results in few guards (120 of 1,700 functions of QuickJS). Guarding every recursive
 * function was measured: its shares fit closely, but it costs 13 % of each delivery.
 */
export function findGuards(graph: CallGraph, weights: readonly number[]): ReadonlyMap<number, number> {
  const edges = edgesOf(graph)
  const guards = chooseGuards(edges, weights.length)
  const heaviest = heaviestChains(edges, weights, guards)
  return new Map([...guards].sort((one, other) => one - other).map((guard) => [guard, heaviest(guard)]))
}

/** Reads the calls of a body, from after its locals to its end. */
export function readCalls(reader: ByteReader): Calls {
  const direct = new Set<number>()
  const indirect = new Set<number>()
  while (!reader.done) {
    const operand = reader.at(reader.offset + 1)
    const instruction = skipInstruction(reader)
    if (instruction === opcode.call) direct.add(operand.u32())
    if (instruction === opcode.callIndirect) indirect.add(operand.u32())
  }
  return { direct, indirect }
}

/** The functions that one element segment puts into a table or names. */
export function readElement(reader: ByteReader): number[] {
  const start = reader.offset
  const flags = reader.u32()
  if (flags > 7) refuseModule('an element of unknown form', start)
  const [isPassive, hasTableOrKind, hasExpressions] = [
    (flags & 1) !== 0,
    (flags & 2) !== 0,
    (flags & 4) !== 0,
  ]
  if (!isPassive && hasTableOrKind) reader.u32()
  if (!isPassive) skipConstantExpression(reader)
  if (isPassive || hasTableOrKind) {
    if (hasExpressions) skipValueType(reader)
    else reader.byte()
  }
  const functions: number[] = []
  for (let count = reader.u32(); count > 0; count -= 1) {
    const named = hasExpressions ? readFunctionReference(reader) : reader.u32()
    if (named !== undefined) functions.push(named)
  }
  return functions
}

function readFunctionReference(reader: ByteReader): number | undefined {
  const isFunction = reader.at(reader.offset).byte() === opcode.refFunc
  const operand = reader.at(reader.offset + 1)
  skipConstantExpression(reader)
  return isFunction ? operand.u32() : undefined
}

/** For each node, its successors: functions first, then signatures. */
function edgesOf({ importCount, calls, signatures, signatureCount, inTable }: CallGraph): number[][] {
  const functionCount = importCount + calls.length
  const signatureNode = (index: number): number => calls.length + within(index, signatureCount, 'signature')
  const edges: number[][] = Array.from({ length: calls.length + signatureCount }, () => [])
  calls.forEach(({ direct, indirect }, position) => {
    for (const index of direct) {
      if (within(index, functionCount, 'function') >= importCount) edges[position]!.push(index - importCount)
    }
    for (const index of indirect) edges[position]!.push(signatureNode(index))
  })
  for (const index of inTable) {
    const position = within(index, functionCount, 'function') - importCount
    if (position >= 0) edges[signatureNode(signatures[position]!)]!.push(position)
  }
  return edges
}

function within(index: number, count: number, what: string): number {
  if (index >= count)
    refuse('engine/not-wasm', `not a module that can be metered: there is no ${what} ${index}`)
  return index
}

function reverse(edges: readonly (readonly number[])[]): number[][] {
  const reversed: number[][] = edges.map(() => [])
  edges.forEach((targets, node) => {
    for (const target of targets) reversed[target]!.push(node)
  })
  return reversed
}

/** Nodes from 0 to `functionCount` can be guards; the others are signatures. */
function chooseGuards(edges: readonly (readonly number[])[], functionCount: number): Set<number> {
  const cycles = new Cycles(edges)
  const guards = new Set<number>()
  for (;;) {
    const next = cycles.busiest(functionCount)
    if (next === undefined) return guards
    guards.add(next)
    cycles.remove(next)
  }
}

/** The nodes that lead to a cycle and come from one, while nodes are removed. */
class Cycles {
  readonly #targets: readonly (readonly number[])[]
  readonly #sources: readonly (readonly number[])[]
  readonly #left: Set<number>
  /** Numbers of remaining successors and predecessors of each node. */
  readonly #out: number[]
  readonly #in: number[]

  constructor(edges: readonly (readonly number[])[]) {
    this.#targets = edges
    this.#sources = reverse(edges)
    this.#left = new Set(edges.keys())
    this.#out = this.#targets.map((targets) => targets.length)
    this.#in = this.#sources.map((sources) => sources.length)
    for (const node of edges.keys()) if (this.#left.has(node) && this.#isOff(node)) this.remove(node)
  }

  busiest(functionCount: number): number | undefined {
    let best: number | undefined
    let maxCalls = 0
    for (const node of this.#left) {
      const calls = this.#in[node]! * this.#out[node]!
      if (node < functionCount && calls > maxCalls) [best, maxCalls] = [node, calls]
    }
    return best
  }

  /** Removes a node, and all that are on no cycle without it. */
  remove(node: number): void {
    const doomed = [node]
    this.#left.delete(node)
    for (let gone = doomed.pop(); gone !== undefined; gone = doomed.pop()) {
      for (const source of this.#sources[gone]!) this.#out[source]! -= 1
      for (const target of this.#targets[gone]!) this.#in[target]! -= 1
      for (const neighbour of [...this.#sources[gone]!, ...this.#targets[gone]!]) {
        if (this.#isOff(neighbour) && this.#left.delete(neighbour)) doomed.push(neighbour)
      }
    }
  }

  #isOff(node: number): boolean {
    return this.#in[node] === 0 || this.#out[node] === 0
  }
}

/**
 * From a node on, the heaviest chain that does not pass a guard. The graph without its guards has no cycle.
 */
function heaviestChains(
  edges: readonly (readonly number[])[],
  weights: readonly number[],
  guards: ReadonlySet<number>,
): (node: number) => number {
  const known = new Map<number, number>()
  const behind = (node: number): number =>
    edges[node]!.reduce((max, target) => (guards.has(target) ? max : Math.max(max, known.get(target)!)), 0)
  const ownWeight = (node: number): number => weights[node] ?? 0
  for (const node of callingLast(edges, guards)) known.set(node, ownWeight(node) + behind(node))
  return (guard) => ownWeight(guard) + behind(guard)
}

/** The nodes without the guards, each after all its successors. */
function callingLast(edges: readonly (readonly number[])[], guards: ReadonlySet<number>): number[] {
  const sources = reverse(edges)
  const waitingFor = edges.map((targets) => targets.filter((target) => !guards.has(target)).length)
  const order: number[] = []
  const ready = [...edges.keys()].filter((node) => !guards.has(node) && waitingFor[node] === 0)
  for (let node = ready.pop(); node !== undefined; node = ready.pop()) {
    order.push(node)
    for (const source of sources[node]!) {
      waitingFor[source]! -= 1
      if (waitingFor[source] === 0 && !guards.has(source)) ready.push(source)
    }
  }
  assert(order.length + guards.size === edges.length, 'Mtr4: a recursion passes no guard')
  return order
}
