/** What the types say: which programs compile, and which mistakes the compiler finds. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stricter, typeErrors } from './consumer.ts'

const vatHead = `import { E, Far, M, defineKind, defineKindMulti, harden, watchPromise } from 'heirloom/vat'
import type { AdminNode, Baggage, BuildRootObject, Context, KindFacets, KindMethods, Meter, Port, TimerService, Timestamp, VatAdmin } from 'heirloom/vat'
interface Counter { add(by: bigint): bigint; me(): Counter }
declare const baggage: Baggage
declare const counter: Counter
declare const timer: TimerService
declare const vatAdmin: VatAdmin
const all = [E, Far, M, defineKind, defineKindMulti, harden, watchPromise]
type All = [AdminNode, BuildRootObject, Context<object, object>, KindFacets<object, object>, KindMethods<object, object>, Meter, Port, Timestamp]
export type { All }
export { all }
`
const hostHead = `import { openController } from 'heirloom'
import type { Remote } from 'heirloom'
import { startTestKernel } from 'heirloom/testing'
interface Purse { deposit(amount: bigint): bigint; balance(): bigint }
interface Bank { open(owner: string): Purse; move(from: Purse, to: Purse): { readonly moved: bigint; readonly into: Purse }; all(): readonly Purse[]; find(owner: string): Promise<Purse | undefined> }
declare const controller: Awaited<ReturnType<typeof openController>>
declare const kernel: Awaited<ReturnType<typeof startTestKernel>>
declare const bank: Remote<Bank>
declare const purse: Remote<Purse>
declare const any: Remote
export const all = [openController, startTestKernel]
`

interface Situation {
  readonly head: string
  readonly code: string
  /** The beginning of what the compiler says of the code, line by line; nothing when it compiles. */
  readonly error?: RegExp
}

const situations: Readonly<Record<string, Situation>> = {
  'E of an unknown can be sent anything': {
    head: vatHead,
    code: 'export const answer: Promise<string> = E({} as unknown).anything(1, "x"); E(Promise.resolve({} as object)).more(); E.sendOnly(null as unknown).less()',
  },
  'E of an unknown function': {
    head: vatHead,
    code: 'export const answer: Promise<unknown> = E({} as unknown)(1)',
  },
  'E of a known function': {
    head: vatHead,
    code: 'export const answer: Promise<bigint> = E((by: bigint) => by)(1n)',
  },
  'E of a known target': {
    head: vatHead,
    code: 'export const answer: Promise<bigint> = E(E(counter).me()).add(5n)',
  },
  'E of a known target with a wrong argument': {
    head: vatHead,
    code: 'void E(counter).add(5)',
    error: /TS2345: Argument of type 'number'/,
  },
  'E of a known target with a method that it does not have': {
    head: vatHead,
    code: 'void E(counter).sub(5n)',
    error: /TS2339: Property 'sub' does not exist/,
  },
  'the timer': {
    head: vatHead,
    code: 'export const woken = async (): Promise<bigint> => { const token = Far("token", {}); await E(timer).setWakeup(5n, { wake: ({ absValue }) => absValue }, token); return (await E(timer).delay(7n, token)).absValue }',
  },
  'the timer with a text for a time': {
    head: vatHead,
    code: 'void E(timer).delay("soon")',
    error: /TS2345: Argument of type 'string'/,
  },
  'a handler without wake': {
    head: vatHead,
    code: 'void E(timer).setWakeup(5n, { wakeUp: () => {} })',
    error: /'wakeUp' does not exist in type 'WakeupHandler'/,
  },
  'the vatAdmin': {
    head: vatHead,
    code: 'export const renew = async () => { const { adminNode } = await E(vatAdmin).createVat("b1-0", { meter: await E(vatAdmin).createMeter(5n, 1n), onFault: "suspend" }); await E(adminNode).upgrade("b1-1", { mode: "auto" }); return (await E(adminNode).status()).parked + 1 }',
  },
  'a mode that there is not': {
    head: vatHead,
    code: 'void E({} as AdminNode).upgrade("b1-1", { mode: "fast" })',
    error: /TS2322: Type '"fast"'/,
  },

  'the arguments and results of methods are inferred': {
    head: vatHead,
    code: 'const make = defineKind(baggage, "C", (n: bigint) => ({ n }), { add: ({ state }, by: bigint) => (state.n += by) }); export const sum: bigint = make(5n).add(1n)',
  },
  'a field that the state does not have': {
    head: vatHead,
    code: 'defineKind(baggage, "C", (n: bigint) => ({ n }), { add: ({ state }) => state.m })',
    error: /TS2339: Property 'm' does not exist/,
  },
  'self of declared methods': {
    head: vatHead,
    code: 'const methods: KindMethods<{ n: bigint }, Counter> = { add: ({ state }, by) => (state.n += by), me: ({ self }) => (self.add(1n), self) }; export const make: (n: bigint) => Counter = defineKind(baggage, "C", (n: bigint) => ({ n }), methods)',
  },
  'self of one method': {
    head: vatHead,
    code: 'defineKind(baggage, "C", (n: bigint) => ({ n }), { add: ({ state }, by: bigint) => (state.n += by), twice: ({ self }: Context<{ n: bigint }, Counter>) => self.add(2n) })',
  },
  'self of declared methods misused': {
    head: vatHead,
    code: 'export const methods: KindMethods<{ n: bigint }, Counter> = { add: ({ state }, by) => (state.n += by), me: ({ self }) => self.sub() }',
    error: /TS2339: Property 'sub' does not exist/,
  },
  'facets of declared methods': {
    head: vatHead,
    code: 'interface Facets { owner: { viewer(): Facets["viewer"] }; viewer: { n(): bigint } } const methods: KindFacets<{ n: bigint }, Facets> = { owner: { viewer: ({ facets }) => facets.viewer }, viewer: { n: ({ state }) => state.n } }; export const n: bigint = defineKindMulti(baggage, "C", () => ({ n: 1n }), methods)().owner.viewer().n()',
  },
  'methods with this': {
    head: vatHead,
    code: 'const make = defineKind(baggage, "C", (n: bigint) => ({ n }), { add(by: bigint): bigint { return (this.state.n += by) }, twice(by: bigint): bigint { return this.self.add(by) + this.self.add(by) } }, { thisfulMethods: true, finish: ({ self }) => void self.add(1n) }); export const sum: bigint = make(1n).twice(2n)',
  },
  'methods with this misused': {
    head: vatHead,
    code: 'defineKind(baggage, "C", (n: bigint) => ({ n }), { add(by: bigint): bigint { return (this.state.m += by) } }, { thisfulMethods: true })',
    error: /TS2339: Property 'm' does not exist/,
  },
  'facets with this': {
    head: vatHead,
    code: 'const { owner } = defineKindMulti(baggage, "C", () => ({ n: 1n }), { owner: { seen(): bigint { return this.facets.viewer.n() } }, viewer: { n(): bigint { return this.state.n } } }, { thisfulMethods: true })(); export const n: bigint = owner.seen()',
  },
  'a guard and a shape': {
    head: vatHead,
    code: 'defineKind(baggage, "C", (n: bigint) => ({ n }), { add: ({ state }, by: bigint) => (state.n += by) }, { stateShape: { n: M.bigint() }, interfaceGuard: M.interface("C", { add: M.call(M.bigint()).returns(M.bigint()) }) })',
  },
  'a guard that is none': {
    head: vatHead,
    code: 'defineKind(baggage, "C", (n: bigint) => ({ n }), {}, { interfaceGuard: { add: true } })',
    error: /TS2769|TS2353/,
  },

  'a migration whose step says what it takes': {
    head: vatHead,
    code: 'interface Old { m: bigint } defineKind(baggage, "C", (n: bigint) => ({ n }), {}, { stateVersion: 2, migrate: { 1: ({ m }: Old) => ({ n: m }) } })',
  },
  'a migration whose step does not': {
    head: vatHead,
    code: 'defineKind(baggage, "C", (n: bigint) => ({ n }), {}, { stateVersion: 3, migrate: { 1: ({ a }) => ({ b: a, m: 5n }), 2: ({ m }: { m: bigint }) => ({ n: m }) } })',
  },
  'a migration that returns another state': {
    head: vatHead,
    code: 'defineKind(baggage, "C", (n: bigint) => ({ n }), {}, { stateVersion: 2, migrate: { 1: ({ m }: { m: bigint }) => ({ m }) } })',
    error: /TS2769/,
  },
  'a migration that returns what it does not know': {
    head: vatHead,
    code: 'defineKind(baggage, "C", (n: bigint) => ({ n }), {}, { stateVersion: 2, migrate: { 1: ({ n }) => ({ n }) } })',
    error: /TS2769/,
  },

  'a root with its interface': {
    head: hostHead,
    code: 'export const deposit = async () => { const root = await controller.root<Bank>("bank"); const handle = await controller.send(root, "open", ["ada"]); const status = await controller.status(handle); if (status.kind === "fulfilled") await controller.sendOnly(status.value, "deposit", [5n]) }',
  },
  'objects, records and lists of them': {
    head: hostHead,
    code: 'export const work = async (): Promise<Remote<Purse>> => { const { moved, into } = await kernel.ask(bank, "move", purse, purse); const sum: bigint = moved; const [first] = await kernel.ask(bank, "all"); const found: Remote<Purse> | undefined = await kernel.ask(bank, "find", "x"); return sum > 0n ? into : found ?? first ?? purse }',
  },
  'a message that the interface does not have': {
    head: hostHead,
    code: 'void controller.send(bank, "close", [])',
    error: /TS2345: Argument of type '"close"'/,
  },
  'an argument of another type': {
    head: hostHead,
    code: 'void kernel.ask(purse, "deposit", 5)',
    error: /TS2345: Argument of type 'number'/,
  },
  'an object of another interface': {
    head: hostHead,
    code: 'void kernel.ask(bank, "move", bank, purse)',
    error: /Argument of type 'Remote<Bank>' is not assignable/,
  },
  'an answer of another type': {
    head: hostHead,
    code: 'export const text: Promise<string> = kernel.ask(purse, "balance")',
    error: /TS2322: Type 'Promise<bigint>'/,
  },
  'without an interface anything can be sent': {
    head: hostHead,
    code: 'export const answer: Promise<unknown> = kernel.ask(any, "whatever", 1, purse); void controller.send("bank", "open", ["x"], { onRejection: "log" })',
  },
  'the services of the kernel': {
    head: hostHead,
    code: 'export const now = async (): Promise<bigint> => (await kernel.ask(await controller.timer(), "getCurrentTimestamp")).absValue',
  },
  'an admin node': {
    head: hostHead,
    code: 'export const made = async () => { const { root, adminNode } = await kernel.create<Bank>("bank", { code: "bank.ts" }); await kernel.ask(root, "open", "x"); return (await kernel.ask(adminNode, "suspend", "why")).outcome }',
  },
}

/** All in one program, since the compiler takes a second to start. */
const files = Object.fromEntries(
  Object.values(situations).map(({ head, code }, index) => [`s${index}.ts`, `${head}${code}\n`]),
)
const programs = {
  strict: await typeErrors({ name: 'mistakes', files }),
  'strict with more options': await typeErrors({ name: 'mistakes-stricter', files, options: stricter }),
}

for (const [program, errors] of Object.entries(programs)) {
  for (const [index, [situation, { error }]] of Object.entries(situations).entries()) {
    test(`${program}: ${situation} ${error === undefined ? 'compiles' : 'does not compile'}`, () => {
      const found = errors.filter((line) => line.startsWith(`s${index}.ts(`))
      if (error === undefined) assert.deepEqual(found, [])
      else assert.match(found.join('\n') || 'it compiles', error)
    })
  }
}
