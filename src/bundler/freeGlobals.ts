/**
 * Finds the places where a script uses a global that vats do not have.
 *
 * Fg1. Only free variables count, not names that the script declares in an enclosing scope, nor properties.
 * Fg2. Code that tests first is fine. `typeof name` does not count as a use; nor does anything inside an
 *      `if`, `?:`, `&&` or
 *      `||` whose test has a `typeof name`, anything inside a `try`, and `name?.`, since an unknown global is
 *      `undefined`.
 * Fg3. Without recursion: bundles hold expressions nested deeper than a stack.
 */
import { assert } from '../base/errors.ts'
import type { AnyNode, Function as FunctionNode, Identifier, Node, Pattern, Program } from 'acorn'
import { hostGlobals } from './hostGlobals.ts'
import { lastAtMost } from './lines.ts'
import { childrenOf } from './tree.ts'

export interface FreeGlobal {
  readonly name: string
  /** Offset into the script. */
  readonly at: number
}

/** In source order. */
export function freeGlobals(program: Program): readonly FreeGlobal[] {
  return new Search(program).run()
}

class Scope {
  readonly #names = new Set<string>()
  readonly #outer: Scope | undefined
  /** The scope in which `var` declares. */
  readonly home: Scope

  constructor(kind: 'function' | 'block', outer?: Scope) {
    this.#outer = outer
    this.home = kind === 'function' || outer === undefined ? this : outer.home
  }

  declare(name: string): void {
    this.#names.add(name)
  }

  has(name: string): boolean {
    for (let scope: Scope | undefined = this; scope !== undefined; scope = scope.#outer)
      if (scope.#names.has(name)) return true
    return false
  }
}

/** What the code around a node tests (Fg2): the names in these ranges, or everything. */
type Guard =
  | { readonly kind: 'test'; readonly start: number; readonly end: number; readonly outer: Guard | undefined }
  | { readonly kind: 'try' }

interface Visit {
  readonly node: Node
  readonly scope: Scope
  readonly guard: Guard | undefined
}

interface Use {
  readonly name: string
  readonly at: number
  readonly scope: Scope
  readonly guard: Guard | undefined
}

class Search {
  readonly #open: Visit[]
  readonly #uses: Use[] = []
  /** Places of `typeof name`; ascending once every node has been visited. */
  readonly #asked = new Map<string, number[]>()

  constructor(program: Program) {
    this.#open = [{ node: program, scope: new Scope('function'), guard: undefined }]
  }

  run(): readonly FreeGlobal[] {
    for (let visit = this.#open.pop(); visit !== undefined; visit = this.#open.pop()) this.#visit(visit)
    for (const places of this.#asked.values()) places.sort((one, other) => one - other)
    assert(this.#open.length === 0, 'every node has been visited')
    const free = this.#uses.filter(
      ({ name, scope, guard }) => !scope.has(name) && !this.#isAsked(name, guard),
    )
    return free.map(({ name, at }) => ({ name, at })).sort((one, other) => one.at - other.at)
  }

  #isAsked(name: string, innermost: Guard | undefined): boolean {
    const places = this.#asked.get(name) ?? []
    for (let guard = innermost; guard !== undefined; guard = guard.outer) {
      if (guard.kind === 'try') return true
      const { start, end } = guard
      if ((places[lastAtMost(places, end - 1)] ?? -1) >= start) return true
    }
    return false
  }

  #visit({ node, scope, guard }: Visit): void {
    const known = node as AnyNode
    switch (known.type) {
      case 'Identifier':
        return this.#use(known, scope, guard)
      case 'UnaryExpression':
        if (known.operator === 'typeof' && known.argument.type === 'Identifier')
          return this.#ask(known.argument)
        return this.#push([known.argument], scope, guard)
      case 'MemberExpression':
        if (known.optional && known.object.type === 'Identifier')
          return this.#push(known.computed ? [known.property] : [], scope, guard)
        return this.#push(known.computed ? [known.object, known.property] : [known.object], scope, guard)
      case 'Property':
      case 'MethodDefinition':
      case 'PropertyDefinition':
        return this.#push(
          [...(known.computed ? [known.key] : []), ...(known.value ? [known.value] : [])],
          scope,
          guard,
        )
      case 'IfStatement':
      case 'ConditionalExpression':
        this.#push([known.test], scope, guard)
        return this.#push(
          [known.consequent, ...(known.alternate ? [known.alternate] : [])],
          scope,
          guardOf(known.test, guard),
        )
      case 'LogicalExpression':
        this.#push([known.left], scope, guard)
        return this.#push([known.right], scope, guardOf(known.left, guard))
      case 'TryStatement':
        this.#push([known.block], scope, { kind: 'try' })
        return this.#push(
          [...(known.handler ? [known.handler] : []), ...(known.finalizer ? [known.finalizer] : [])],
          scope,
          guard,
        )
      default:
        return this.#declaring(known, scope, guard)
    }
  }

  /** Nodes that begin a scope or declare names. */
  #declaring(node: AnyNode, scope: Scope, guard: Guard | undefined): void {
    switch (node.type) {
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        return this.#function(node, scope, guard)
      case 'ClassDeclaration':
      case 'ClassExpression': {
        if (node.type === 'ClassDeclaration' && node.id) scope.declare(node.id.name)
        const inner = new Scope('block', scope)
        if (node.id) inner.declare(node.id.name)
        return this.#push([...(node.superClass ? [node.superClass] : []), node.body], inner, guard)
      }
      case 'VariableDeclaration':
        for (const { id } of node.declarations) declareAll(id, node.kind === 'var' ? scope.home : scope)
        return this.#push(node.declarations, scope, guard)
      case 'VariableDeclarator':
        return this.#push(
          [...(node.id.type === 'Identifier' ? [] : [node.id]), ...(node.init ? [node.init] : [])],
          scope,
          guard,
        )
      case 'CatchClause': {
        const inner = new Scope('block', scope)
        if (node.param) declareAll(node.param, inner)
        return this.#push([...(node.param ? [node.param] : []), node.body], inner, guard)
      }
      case 'LabeledStatement':
        return this.#push([node.body], scope, guard)
      case 'BreakStatement':
      case 'ContinueStatement':
      case 'MetaProperty':
        return
      case 'BlockStatement':
      case 'StaticBlock':
      case 'SwitchStatement':
      case 'ForStatement':
      case 'ForInStatement':
      case 'ForOfStatement':
        return this.#push(
          childrenOf(node),
          new Scope(node.type === 'StaticBlock' ? 'function' : 'block', scope),
          guard,
        )
      default:
        return this.#push(childrenOf(node), scope, guard)
    }
  }

  #function(node: FunctionNode, scope: Scope, guard: Guard | undefined): void {
    if (node.type === 'FunctionDeclaration' && node.id) scope.declare(node.id.name)
    const inner = new Scope('function', scope)
    if (node.id) inner.declare(node.id.name)
    if (node.type !== 'ArrowFunctionExpression') inner.declare('arguments')
    for (const param of node.params) declareAll(param, inner)
    this.#push([...node.params, node.body], inner, guard)
  }

  #push(nodes: readonly Node[], scope: Scope, guard: Guard | undefined): void {
    for (const node of nodes) this.#open.push({ node, scope, guard })
  }

  #use({ name, start }: Identifier, scope: Scope, guard: Guard | undefined): void {
    // esbuild's stand-in for a `require` that it could not bundle.
    if (/^__require\d*$/.test(name))
      this.#uses.push({ name: 'require', at: start, scope: new Scope('function'), guard })
    else if (hostGlobals.has(name)) this.#uses.push({ name, at: start, scope, guard })
  }

  #ask({ name, start }: Identifier): void {
    if (!hostGlobals.has(name)) return
    const places = this.#asked.get(name)
    if (places === undefined) this.#asked.set(name, [start])
    else places.push(start)
  }
}

const guardOf = ({ start, end }: Node, outer: Guard | undefined): Guard =>
  outer?.kind === 'try' ? outer : { kind: 'test', start, end, outer }

/** Declares the names of a pattern. */
function declareAll(pattern: Pattern, scope: Scope): void {
  const open: (Pattern | null)[] = [pattern]
  for (let item = open.pop(); item !== undefined; item = open.pop()) {
    switch (item?.type) {
      case 'Identifier':
        scope.declare(item.name)
        break
      case 'ObjectPattern':
        for (const property of item.properties)
          open.push(property.type === 'RestElement' ? property.argument : property.value)
        break
      case 'ArrayPattern':
        open.push(...item.elements)
        break
      case 'AssignmentPattern':
        open.push(item.left)
        break
      case 'RestElement':
        open.push(item.argument)
        break
    }
  }
}
