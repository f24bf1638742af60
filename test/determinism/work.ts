/** Work for two vats: the same requests in the same order, wherever and however they are run. */
import { Dice } from '../store/support.ts'
import type { Controller, ResultHandle } from '../../src/host/index.ts'
import type { CrankRecord } from '../../src/protocol/machine/runs.ts'
import type { VatRecipe } from '../kit/world.ts'

/** Both vats of the work. */
export const worker: VatRecipe = {
  setup: `me.make = defineKind(baggage, 'Counter', (n) => ({ n, note: undefined }), {
      add: ({ state }, by) => (state.n += by), note: ({ state }, note) => { state.note = note }, read: ({ state }) => state.n })
    me.counters = []; me.held = new Map(); me.weak = new WeakMap()`,
}

/** What a request may do; \`other\` is the root of the other vat, \`n\` its number. */
const deeds = [
  'const c = me.make(n); me.counters.push(c); baggage.init(`c${n}`, c); return c.add(1n)',
  'return me.counters.map((c) => c.add(n)).length',
  'return E(other).run("const c = me.make(args[0]); me.counters.push(c); return c", n).then((c) => E(c).add(5n))',
  'const thing = Far("thing", { f: (m) => m + n }); return E(other).run("me.held.set(args[1], args[0]); me.weak.set(args[0], 1); return E(args[0]).f(1n)", thing, n)',
  'return E(other).run("const [first] = me.held.keys(); me.held.delete(first); return first")',
  'return E(other).throws(`${n}`).catch((error) => error.message)',
  'throw RangeError(`${n}`)',
  'me.promises = Array.from({ length: 3 }, (_, i) => E(other).add(n, BigInt(i))); return E(other).echo(me.promises)',
  'console.log("round", n); const junk = Array.from({ length: 200 }, (_, i) => ({ i, text: `${n}.${i}` })); me.junk = junk.filter(({ i }) => i % 7 === 0); return junk.length',
  'return Promise.all([...baggage.keys()].map((key) => baggage.get(key).read())).then((all) => all.reduce((a, b) => a + b, 0n))',
  'for (;;);',
] as const

export interface Request {
  readonly target: 'one' | 'two'
  readonly code: string
}

/** The same requests for the same seed. */
export function requests(seed: number, count: number): Request[] {
  const dice = new Dice(seed)
  return Array.from({ length: count }, (_, n) => {
    const deed = dice.roll(40) === 0 ? deeds.at(-1) : deeds[dice.roll(deeds.length - 1)]
    return {
      target: dice.pick(['one', 'two'] as const),
      code: `const n = ${n + 1}n, other = args[0]; ${deed}`,
    }
  })
}

/**
 * Sends the requests and runs them to the end, every crank recorded. Results are forgotten when all is done.
 */
export async function run(controller: Controller, work: readonly Request[]): Promise<CrankRecord[]> {
  const roots = { one: await controller.root('two'), two: await controller.root('one') }
  const results: ResultHandle[] = []
  for (const { target, code } of work)
    results.push(await controller.send(target, 'run', [code, roots[target]]))
  const { recorded } = await controller.run({ onCrank: 'record' })
  for (const result of results) await controller.forget(result)
  return [...recorded]
}
