/**
 * Everything that code in a vat can reach from its global object and from the syntax of the language, as
 * lines of text: `golden/environment.txt`.
 *
 * | line                       | means                                                                  |
 * |----------------------------|------------------------------------------------------------------------|
 * | `Array.prototype.at` function | what stands there first met on this path                            |
 * | `… = Map.prototype.entries`   | the same object as the one on that path                             |
 * | `… accessor`                  | a getter or a setter, with what the getter gives behind it          |
 *
 * The length, the name and the prototype of a function are left out when they are the usual ones.
 *
 * What may change the page: another release of SES or of the engine, and a decision about the environment
 * (`docs/environment.md`). `npm run bless` writes it.
 */
import { openWorld, type Scope } from '../../test/kit/world.ts'

export interface Reach {
  /** The page. */
  readonly lines: readonly string[]
  /** Paths of what is shared and can be changed. */
  readonly mutable: readonly string[]
}

/** Runs in the vat. `roots` are the beginnings of paths. Gives `{ lines, mutable }`. */
const walker = `
  const walk = (roots, own) => {
    const lines = [], mutable = [], paths = new Map(), open = []
    const isObject = (value) => (typeof value === 'object' && value !== null) || typeof value === 'function'
    const step = (path, key) => typeof key === 'symbol' ? path + '[' + String(key).replace(/^Symbol\\((.*)\\)$/, '@@$1').replace('@@Symbol.', '@@') + ']' : path === '' ? key : path + '.' + key
    const meet = (path, value, how = '') => {
      if (!isObject(value)) return lines.push(path + how + ' ' + (value === null ? 'null' : typeof value))
      const known = paths.get(value)
      if (known !== undefined) return lines.push(path + how + ' = ' + known)
      paths.set(value, path)
      open.push([path, value])
      lines.push(path + how + ' ' + typeof value)
    }
    /** What is changeable though it is frozen. */
    const slots = [
      (v) => Map.prototype.has.call(v, 0), (v) => Set.prototype.has.call(v, 0), (v) => Date.prototype.getTime.call(v),
      (v) => Reflect.apply(Reflect.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'byteLength').get, v, []),
      (v) => Reflect.apply(Reflect.getOwnPropertyDescriptor(DataView.prototype, 'byteLength').get, v, []),
      (v) => { if (!ArrayBuffer.isView(v)) throw v }, (v) => WeakMap.prototype.has.call(v, {}), (v) => WeakSet.prototype.has.call(v, {}),
    ]
    const holds = (value) => slots.some((probe) => { try { probe(value); return true } catch { return false } })
    for (const [path, value] of roots) meet(path, value)
    while (open.length > 0) {
      const [path, object] = open.shift()
      if (!own.includes(object) && !Object.isFrozen(object)) mutable.push(path + ' is not frozen')
      if (holds(object)) mutable.push(path + ' has state inside')
      const usual = (key, value) => typeof object === 'function' && (key === 'length' ? typeof value === 'number' : key === 'name' ? typeof value === 'string' : key === '__proto__' && value === Function.prototype)
      const prototype = Reflect.getPrototypeOf(object)
      if (!usual('__proto__', prototype)) meet(step(path, '__proto__'), prototype)
      const keys = Reflect.ownKeys(object).sort((a, b) => String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0)
      for (const key of keys) {
        const at = path === 'globalThis' ? step('', key) : step(path, key)
        const descriptor = Reflect.getOwnPropertyDescriptor(object, key)
        if ('value' in descriptor) {
          if (!usual(key, descriptor.value)) meet(at, descriptor.value)
          continue
        }
        lines.push(at + ' accessor')
        if (descriptor.get) {
          meet(at + '.get', descriptor.get)
          let given
          try {
            given = Reflect.apply(descriptor.get, object, [])
            // What is made anew for each who asks is shared with nobody.
            if (isObject(given) && given !== Reflect.apply(descriptor.get, object, [])) own.push(given)
          } catch { continue }
          meet(at, given, ' gives')
        }
        if (descriptor.set) meet(at + '.set', descriptor.set)
      }
    }
    return harden({ lines, mutable })
  }
  const syntax = () => {
    const args = (function () { return arguments })()
    const settled = Promise.resolve()
    return [
      ['(async () => {})', async () => {}], ['(function* () {})', function* () {}], ['(async function* () {})', async function* () {}],
      ['(() => {})', () => {}], ['[].values()', [].values()], ['new Map().keys()', new Map().keys()], ['new Set().keys()', new Set().keys()],
      ['"".matchAll', 'a'.matchAll(/a/g)], ['""[Symbol.iterator]()', ''[Symbol.iterator]()], ['Iterator.from', Iterator.from({ next() {} })],
      ['[].values().map', [].values().map((x) => x)], ['(function* () {})()', (function* () {})()], ['(async function* () {})()', (async function* () {})()],
      ['arguments', args], ['Promise.resolve()', settled], ['/a/', /a/], ['Error()', Error('e')], ['AggregateError()', AggregateError([])],
      ['new Proxy({}, {})', new Proxy({}, {})], ['Symbol().description', Object(Symbol('s'))], ['1n', Object(1n)], ['new Compartment()', new Compartment()],
    ]
  }
`

const source = `${walker}
export function buildRootObject(vatPowers, parameters, baggage) {
  /** What the syntax makes anew each time is the maker's own; only what it leads to is shared. */
  const fromSyntax = syntax()
  const own = [globalThis]
  for (const [path, value] of fromSyntax) {
    own.push(value, ...Reflect.ownKeys(value).map((key) => Reflect.getOwnPropertyDescriptor(value, key).value))
    if (path.endsWith('* () {})()')) own.push(Reflect.getPrototypeOf(value))
  }
  const child = new Compartment()
  const ways = {
    vat: () => walk([['globalThis', globalThis], ['vatPowers', vatPowers], ['baggage', baggage], ...fromSyntax], own),
    child: () => walk([['globalThis', child.globalThis]], [child.globalThis]),
  }
  return Far('walker', { walk: (which) => ways[which]() })
}
`

/** What the code of a vat reaches, or code in a plain compartment that it makes. */
export async function reachOf(scope: Scope, which: 'vat' | 'child'): Promise<Reach> {
  const world = await openWorld(scope, { vats: { walker: { source } } })
  return (await world.ask('walker', 'walk', which)) as Reach
}

const head = `# Everything that code in a vat can reach. Written by \`npm run bless\`; see tools/golden/environment.ts.\n`

export async function recordEnvironment(scope: Scope): Promise<string> {
  const { lines } = await reachOf(scope, 'vat')
  return `${head}${lines.join('\n')}\n`
}
