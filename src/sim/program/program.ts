/**
 * Programs: what a message instructs the receiving vat to do. Plain data, generated at random.
 *
 * Po1. Everything that a program creates, sends or requests has a number that is unique in the script. So a
 *      number that occurs twice in the journals of the vats was done twice.
 * Po2. A program refers to what it acts on by an index modulo the number of things that the vat holds: every
 *      program is valid, independent of the references that the vat holds.
 * Po3. Programs are finite trees: every world comes to rest.
 */
import { assert } from '../../base/errors.ts'
import type { OnDivergence, WorkerMode, WorkerUpgradeChoices } from '../../protocol/worker/versions.ts'
import type { Random } from './random.ts'

/** The kinds of objects that a vat makes. */
export type ObjectKind = 'ephemeral' | 'virtual' | 'durable' | 'facets'
/** The durable places in which a vat keeps things. */
export type Place = 'baggage' | 'map' | 'state'
/** What a vat does when it starts. */
export type StartMode = 'good' | 'throw' | 'forget-kinds' | 'pending' | 'endless'

/** Whether vats of the world may terminate. */
export type Ends = 'none' | 'some'
/** Whether vats of the world may be moved to other worker versions. */
export type Moves = 'none' | 'some'
/** Whether the kernel of the world may be replaced, and by kernels with a defect too. */
export type Kernels = 'none' | 'sound' | 'failing'
/** The effect of a fault on a vat. */
export interface Policy {
  readonly onFault: 'reject' | 'suspend' | 'terminate'
  readonly importance: 'ordinary' | 'critical'
}
/** A request to an admin node. */
export type AdminRequest =
  | { readonly kind: 'suspend' }
  | { readonly kind: 'resume' }
  | { readonly kind: 'terminate' }
  | ({ readonly kind: 'policy' } & Policy)

/** The worker versions of every world; the first is its first default. */
export const workerIndices = [0, 1, 2] as const
/** The label of a worker version. */
export const workerLabel = (index: number): string => `version ${index}`

/** Bundles that no vat runs, by their labels. */
export const spareIndices = [0, 1, 2] as const
export const spareLabel = (index: number): string => `spare ${index}`

/** What an object does with an item that it receives. */
export type ItemWay = 'ok' | 'promise' | 'throw' | 'burn'
/** An item of the host, as the port delivers it. */
export interface Item {
  readonly n: number
  readonly way: ItemWay
  readonly given: Given | undefined
}
/** How a vat waits: with a handler, called once or repeatedly, or with a promise, in the heap or watched. */
export type WakeupKind = 'once' | 'repeat' | 'promise' | 'watch'

/** The options of an upgrade. */
export interface UpgradeManner {
  readonly from: 'given' | 'kept'
  readonly onFailure: 'keep' | 'suspend'
  /** The maximum number of cranks to drain; 0: none. */
  readonly drain: number
}

/**
 * Refers to a thing that a vat holds: by index (Po2), the promise held last, or by name, if the vat holds it:
 * `root:vat1`, `o7`, `p7`, `m7`.
 */
export type At = number | 'last-promise' | `root:${string}` | `${'o' | 'p' | 'm'}${number}`

/** Ops, done in one turn, and the answer to the message. */
export interface Program {
  readonly ops: readonly Op[]
  readonly answer: Answer
}

/** The answer to a message, or the value of a promise. */
export type Answer =
  | { readonly kind: 'data'; readonly value: number }
  /** One of the things that the vat holds. */
  | { readonly kind: 'held'; readonly at: At }
  | { readonly kind: 'self' }
  | { readonly kind: 'throw'; readonly n: number }
  /** Endless recursion, which the engine ends with a RangeError. */
  | { readonly kind: 'deep' }

/** One operation of a vat. */
export type Op =
  | {
      readonly kind: 'send'
      readonly n: number
      /** `again`: the target of the previous send, so that messages wait together. */
      readonly to: At | 'again'
      readonly give: readonly At[]
      readonly go: Program
      /** `ignore`: no result; `hold`: the vat also holds the promise. */
      readonly result: 'ignore' | 'await' | 'hold'
      /** Done when the result is settled. */
      readonly then: readonly Op[]
    }
  | { readonly kind: 'make'; readonly n: number; readonly object: ObjectKind }
  | { readonly kind: 'promise'; readonly n: number }
  /** Settles a promise whose resolver this vat has. */
  | { readonly kind: 'settle'; readonly at: At; readonly to: Answer }
  | { readonly kind: 'drop'; readonly at: number }
  | { readonly kind: 'keep'; readonly at: At; readonly place: Place; readonly key: number }
  | { readonly kind: 'fetch'; readonly place: Place; readonly key: number }
  | { readonly kind: 'let'; readonly place: Place; readonly key: number }
  /** Writes to the state of the object that received the message, when it has one. */
  | { readonly kind: 'write'; readonly value: number }
  | { readonly kind: 'watch'; readonly n: number; readonly at: At }
  | { readonly kind: 'junk'; readonly size: number }
  /** Never ends. */
  | { readonly kind: 'burn' }
  /** Allocates memory until the limit. */
  | { readonly kind: 'blow' }
  /** Asks the kernel's vatAdmin for a vat, if it is held. */
  | { readonly kind: 'create'; readonly n: number; readonly name: string; readonly by: 'id' | 'cap';
      /** Computrons on a meter of its own; 0 for no meter. */
      readonly meter: number; readonly mode: StartMode }
  /** Asks an admin node for an upgrade, if one is held. */
  | ({
      readonly kind: 'upgrade'
      readonly n: number
      readonly at: number
      readonly bundle: number
      readonly mode: StartMode
    } & UpgradeManner)
  | { readonly kind: 'rule'; readonly n: number; readonly at: number; readonly ruling: AdminRequest }
  /** Asks an admin node to move its vat to a worker version, if one is held. */
  | ({
      readonly kind: 'move'
      readonly n: number
      readonly at: number
      readonly worker: number
    } & WorkerUpgradeChoices)
  /** Sends an item to the host, if the port is held. */
  | { readonly kind: 'post'; readonly n: number; readonly at: At }
  /** Registers an object as the receiver of items from the host. */
  | { readonly kind: 'listen'; readonly n: number; readonly at: At }
  /** Requests a wakeup, if the timer is held. `lasts`: with a durable handler. */
  | {
      readonly kind: 'wakeup'
      readonly n: number
      readonly how: WakeupKind
      readonly when: number
      readonly every: number
      readonly lasts: boolean
    }
  /** Cancels a wakeup. */
  | { readonly kind: 'cancel'; readonly n: number; readonly at: number }
  /** The vat terminates itself. */
  | { readonly kind: 'exit'; readonly end: 'completed' | 'failed' }
  /** Does nothing. As the first op of a program, it has a kernel with a planted defect fail. */
  | { readonly kind: 'provoke' }

/** The one argument of the message `go`. */
export interface Message {
  readonly n: number
  /** The program as JSON: decoding a tree would cost a vat more than carrying it out. */
  readonly go: string
  readonly give: readonly Given[]
}

/** What the body of a message contains whose program provokes a failing kernel; not what that sends on. */
export const provoking = `"go":${JSON.stringify('{"ops":[{"kind":"provoke"}').slice(0, -1)}`

export const isProvoking = ({ ops }: Program): boolean => ops[0]?.kind === 'provoke'

/** A thing with its name. Names are sent beside things, so that the receiver detects a wrong one. */
export interface Given {
  readonly u: string
  readonly r: unknown
}

/** The result of a salvage as a line: the length of the journal, and the names of things the vat held. */
export const estateText = (lines: number, things: readonly Pick<Given, 'u'>[]): string =>
  [lines, ...things.map(({ u }) => u)].join(' ')

/** Allocates unique numbers (Po1). */
export class Numbers {
  #last = 0
  next(): number {
    return ++this.#last
  }
}

/** The state of generating one program. */
export interface ProgramDraft {
  readonly random: Random
  readonly numbers: Numbers
  readonly ends: Ends
  readonly moves: Moves
  readonly kernels: Kernels
  /** The remaining number of ops for this message. */
  budget: number
}

const opWeights = {
  send: 60,
  make: 12,
  promise: 12,
  settle: 9,
  drop: 6,
  keep: 8,
  fetch: 6,
  let: 4,
  write: 5,
  watch: 5,
  junk: 2,
  create: 3,
  upgrade: 2,
  rule: 4,
  move: 3,
  exit: 1,
  post: 7,
  listen: 3,
  wakeup: 12,
  cancel: 8,
} as const
const faultWeights = { burn: 5, blow: 2, none: 293 } as const
/** Faults in a continuation are not in a message: the vat is suspended, and later deliveries wait. */
const lateFaultWeights = { burn: 8, blow: 1, none: 91 } as const
const modeWeights: Readonly<Record<StartMode, number>> = {
  good: 75,
  throw: 8,
  'forget-kinds': 8,
  pending: 6,
  endless: 3,
}

export const makeMode = (random: Random): StartMode => random.weighted(modeWeights)

/** A mode with which no upgrade succeeds. */
export const makeBadMode = (random: Random): StartMode =>
  random.weighted({ throw: 3, 'forget-kinds': 3, pending: 2, endless: 1 })

export function makeUpgradeManner(random: Random): UpgradeManner {
  return {
    from: random.chance(25) ? 'kept' : 'given',
    onFailure: random.chance(40) ? 'suspend' : 'keep',
    drain: random.chance(30) ? random.pick([1, 5, 30, 1_000_000]) : 0,
  }
}

export const makeMove = (random: Random): WorkerUpgradeChoices => ({
  mode: random.weighted<WorkerMode>({ replay: 5, restart: 2, auto: 2 }),
  onDivergence: random.weighted<OnDivergence>({ keep: 2, restart: 1, suspend: 2 }),
})

/** Never `terminate` for worlds without terminations: a critical vat that terminates pauses the kernel. */
export function makePolicy(random: Random, ends: Ends): Policy {
  const onFault = random.pick(['reject', 'suspend', ends === 'none' ? 'suspend' : 'terminate'] as const)
  return { onFault, importance: random.chance(20) ? 'critical' : 'ordinary' }
}

function makeRuling(random: Random, ends: Ends): AdminRequest {
  const kind = random.weighted({ suspend: 4, resume: 3, terminate: ends === 'none' ? 0 : 2, policy: 2 })
  return kind === 'policy' ? { kind, ...makePolicy(random, ends) } : { kind }
}

const maxDepth = 4
/** Percentage of programs that provoke a failing kernel, in worlds that may have one. */
const provokingPercent = 6

export function makeProgram(draft: ProgramDraft, depth = 0): Program {
  assert(depth <= maxDepth, 'programs are nested to a limit (Po3)')
  const provokes = draft.kernels === 'failing' && draft.random.chance(provokingPercent)
  const ops: Op[] = provokes ? [{ kind: 'provoke' }] : []
  const wanted = draft.random.below(depth === 0 ? 12 : 6)
  for (let count = 0; count <= wanted && draft.budget > 0; count += 1) {
    const op = makeOp(draft, depth)
    ops.push(op)
    // Further messages to the same target and to its result, in a row, so that their order is observable.
    if (op.kind === 'send' && draft.random.chance(40))
      ops.push(
        makeSend(draft, maxDepth, 'again'),
        makeSend(draft, maxDepth, 'last-promise'),
        makeSend(draft, maxDepth, 'again'),
      )
  }
  return { ops, answer: makeAnswer(draft) }
}

function makeAnswer({ random, numbers }: ProgramDraft): Answer {
  const kind = random.weighted({ data: 24, held: 28, promise: 16, self: 16, throw: 12, deep: 2 })
  switch (kind) {
    case 'data':
      return { kind, value: random.below(1000) }
    case 'held':
      return { kind, at: random.below(60) }
    case 'promise':
      return { kind: 'held', at: 'last-promise' }
    case 'throw':
      return { kind, n: numbers.next() }
    case 'self':
    case 'deep':
      return { kind }
  }
}

function makeOp(
  draft: ProgramDraft,
  depth: number,
  faults: Readonly<Record<'burn' | 'blow' | 'none', number>> = faultWeights,
): Op {
  const { random, numbers, ends, moves } = draft
  draft.budget -= 1
  const fault = random.weighted(faults)
  if (fault !== 'none') return { kind: fault }
  const kind = random.weighted({
    ...opWeights,
    ...(ends === 'none' ? { exit: 0 } : {}),
    ...(moves === 'none' ? { move: 0 } : {}),
  })
  const at = (): number => random.below(60)
  const place = (): { place: Place; key: number } => ({
    place: random.pick(['baggage', 'map', 'state']),
    key: random.below(6),
  })
  switch (kind) {
    case 'send':
      return makeSend(draft, depth)
    case 'make':
      return { kind, n: numbers.next(), object: random.pick(['ephemeral', 'virtual', 'durable', 'facets']) }
    case 'promise':
      return { kind, n: numbers.next() }
    case 'settle':
      return { kind, at: at(), to: makeAnswer(draft) }
    case 'drop':
      return { kind, at: at() }
    case 'keep':
      return { kind, at: at(), ...place() }
    case 'fetch':
    case 'let':
      return { kind, ...place() }
    case 'write':
      return { kind, value: random.below(1000) }
    case 'watch':
      return { kind, n: numbers.next(), at: at() }
    case 'junk':
      return { kind, size: random.below(300) }
    case 'create':
      return makeCreation(draft)
    case 'upgrade':
      return makeUpgrade(draft)
    case 'post':
    case 'listen':
    case 'cancel':
      return { kind, n: numbers.next(), at: at() }
    case 'wakeup':
      return makeWakeup(draft)
    case 'rule':
      return { kind, n: numbers.next(), at: at(), ruling: makeRuling(random, ends) }
    case 'move':
      return { kind, n: numbers.next(), at: at(), worker: random.pick(workerIndices), ...makeMove(random) }
    case 'exit':
      return { kind, end: random.pick(['completed', 'failed']) }
  }
}

type OpOf<Kind extends Op['kind']> = Extract<Op, { kind: Kind }>

function makeCreation({ random, numbers, ends }: ProgramDraft): OpOf<'create'> {
  const n = numbers.next()
  // The holder of the meter must run to fill it: a vat with an empty meter is blocked.
  const meter = ends === 'none' && random.chance(40) ? 2_000_000 + random.below(20_000_000) : 0
  return { kind: 'create', n, name: `w${n}`, by: random.pick(['id', 'cap']), meter, mode: makeMode(random) }
}

const makeUpgrade = ({ random, numbers }: ProgramDraft): OpOf<'upgrade'> => ({
  kind: 'upgrade',
  n: numbers.next(),
  at: random.below(60),
  bundle: random.below(10),
  mode: makeMode(random),
  ...makeUpgradeManner(random),
})

function makeWakeup({ random, numbers }: ProgramDraft): OpOf<'wakeup'> {
  const how = random.weighted({ once: 5, repeat: 2, promise: 2, watch: 3 })
  return {
    kind: 'wakeup',
    n: numbers.next(),
    how,
    when: random.below(200),
    every: 1 + random.below(50),
    lasts: random.chance(70),
  }
}

function makeSend(draft: ProgramDraft, depth: number, toWhom?: 'again' | 'last-promise'): Op {
  const { random, numbers } = draft
  const n = numbers.next()
  const go =
    depth < maxDepth
      ? makeProgram(draft, depth + 1)
      : { ops: [], answer: { kind: 'data', value: n } as const }
  const then: Op[] = []
  while (depth < maxDepth && draft.budget > 0 && random.chance(25))
    then.push(makeOp(draft, depth + 1, lateFaultWeights))
  const to = toWhom ?? random.weighted({ again: 3, 'last-promise': 3, number: 5 })
  const give = Array.from({ length: random.below(4) }, () => random.below(60))
  return {
    kind: 'send',
    n,
    to: to === 'number' ? random.below(60) : to,
    give,
    go,
    result: random.pick(['ignore', 'await', 'hold', 'hold']),
    then,
  }
}

/** Every op of a program, those of the programs that it sends on included. */
export function* allOps(ops: readonly Op[]): Generator<Op> {
  for (const op of ops) {
    yield op
    if (op.kind === 'send') {
      yield* allOps(op.go.ops)
      yield* allOps(op.then)
    }
  }
}
