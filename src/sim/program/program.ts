/**
 * Programs: what a message tells the vat that receives it to do. Plain data, made from dice.
 *
 * Po1. Everything that a program can make, send or ask has a number of its own in the whole script. So a
 *      number that shows up twice in the journals of the vats was done twice.
 * Po2. A program names what it acts on by a number that counts round what the vat holds: no program
 *      is ever wrong, whatever the vat has come to hold.
 * Po3. Programs are finite trees: a world always comes to rest.
 */
import type { Dice } from './dice.ts'

export type ObjectKind = 'ephemeral' | 'virtual' | 'durable' | 'facets'
/** Where a vat keeps things: in its heap, or in three kinds of durable places. */
export type Place = 'baggage' | 'map' | 'state'
/** How a start goes. */
export type StartMode = 'good' | 'throw' | 'forget-kinds' | 'pending' | 'endless'

/** Whether vats of the world may end. */
export type Ends = 'none' | 'some'
/** What a fault does to a vat. */
export interface Policy {
  readonly onFault: 'reject' | 'suspend' | 'terminate'
  readonly importance: 'ordinary' | 'critical'
}
/** What an admin node is asked for, of the vat that it rules. */
export type Ruling =
  | { readonly kind: 'suspend' }
  | { readonly kind: 'resume' }
  | { readonly kind: 'terminate' }
  | ({ readonly kind: 'policy' } & Policy)

/** What becomes of an item that an object receives. */
export type ItemWay = 'ok' | 'promise' | 'throw' | 'burn'
/** An item of the host, as the port hands it on. */
export interface Item {
  readonly n: number
  readonly way: ItemWay
  readonly given: Given | undefined
}
/**
 * How a vat waits for a time: a handler is called, once or again and again; a promise is waited for in the
 * heap, or watched.
 */
export type Waking = 'once' | 'repeat' | 'promise' | 'watch'

/** How an upgrade is to be done, but for the code. */
export interface Manner {
  readonly from: 'given' | 'kept'
  readonly onFailure: 'keep' | 'suspend'
  /** For how many cranks it may wait; 0 is not at all. */
  readonly drain: number
}

/**
 * What of the things that a vat holds: by a number that counts round, the promise that was held last, or what
 * has
 * this name, if the vat holds it: `root:vat1`, `o7`, `p7`, `m7`.
 */
export type At = number | 'last-promise' | `root:${string}` | `${'o' | 'p' | 'm'}${number}`

export interface Program {
  readonly ops: readonly Op[]
  readonly answer: Answer
}

export type Answer =
  | { readonly kind: 'data'; readonly value: number }
  /** One of the things that the vat holds. */
  | { readonly kind: 'held'; readonly at: At }
  | { readonly kind: 'self' }
  | { readonly kind: 'throw'; readonly n: number }
  /** Recursion without end, which the engine ends with a RangeError. */
  | { readonly kind: 'deep' }

export type Op =
  | {
      readonly kind: 'send'
      readonly n: number
      /** `again`: the target of the send before, so that messages wait together. */
      readonly to: At | 'again'
      readonly give: readonly At[]
      readonly go: Program
      /** `ignore` sends without a result; `hold` also keeps the promise among what the vat holds. */
      readonly result: 'ignore' | 'await' | 'hold'
      /** What is done when the result is settled. */
      readonly then: readonly Op[]
    }
  | { readonly kind: 'make'; readonly n: number; readonly object: ObjectKind }
  | { readonly kind: 'promise'; readonly n: number }
  /** Settles a promise that this vat has the resolver of. */
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
  /** Takes memory until there is no more. */
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
    } & Manner)
  | { readonly kind: 'rule'; readonly n: number; readonly at: number; readonly ruling: Ruling }
  /** Sends an item to the host, if the port is held. */
  | { readonly kind: 'post'; readonly n: number; readonly at: At }
  /** Has an object receive what comes from the host. */
  | { readonly kind: 'listen'; readonly n: number; readonly at: At }
  /** Asks the timer, if it is held. `lasts`: by an object that is durable. */
  | {
      readonly kind: 'wakeup'
      readonly n: number
      readonly how: Waking
      readonly when: number
      readonly every: number
      readonly lasts: boolean
    }
  /** Takes back what was asked of the timer. */
  | { readonly kind: 'cancel'; readonly n: number; readonly at: number }
  /** The vat asks for its own end. */
  | { readonly kind: 'exit'; readonly end: 'completed' | 'failed' }

/** The one argument of the message `go`. */
export interface Message {
  readonly n: number
  /** The program as JSON: trees cost a vat more to take apart than all that they tell it to do. */
  readonly go: string
  readonly give: readonly Given[]
}

/**
 * A thing with its name: names travel beside things, so that whoever gets a thing can tell if it is another.
 */
export interface Given {
  readonly u: string
  readonly r: unknown
}

/** What a salvage finds, in a line: how long the journal was, and what the vat held. */
export const estateText = (lines: number, things: readonly Pick<Given, 'u'>[]): string =>
  [lines, ...things.map(({ u }) => u)].join(' ')

/** Hands out numbers (Po1). */
export class Numbers {
  #last = 0
  next(): number {
    return ++this.#last
  }
}

export interface Maker {
  readonly dice: Dice
  readonly numbers: Numbers
  readonly ends: Ends
  /** How many ops may still be made for this message. */
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
  exit: 1,
  post: 7,
  listen: 3,
  wakeup: 12,
  cancel: 8,
} as const
const faultWeights = { burn: 5, blow: 2, none: 293 } as const
/** What fails when a result is told is no message: its vat is suspended, and what comes after it waits. */
const lateFaultWeights = { burn: 8, blow: 1, none: 91 } as const
const modeWeights: Readonly<Record<StartMode, number>> = {
  good: 75,
  throw: 8,
  'forget-kinds': 8,
  pending: 6,
  endless: 3,
}

export const makeMode = (dice: Dice): StartMode => dice.weighted(modeWeights)

/** One with which no heir starts. */
export const makeBadMode = (dice: Dice): StartMode =>
  dice.weighted({ throw: 3, 'forget-kinds': 3, pending: 2, endless: 1 })

export function makeManner(dice: Dice): Manner {
  return {
    from: dice.chance(25) ? 'kept' : 'given',
    onFailure: dice.chance(40) ? 'suspend' : 'keep',
    drain: dice.chance(30) ? dice.pick([1, 5, 30, 1_000_000]) : 0,
  }
}

/** A critical vat that ends would pause the kernel; a world would be little more than that. */
export function makePolicy(dice: Dice, ends: Ends): Policy {
  const onFault = dice.pick(['reject', 'suspend', ends === 'none' ? 'suspend' : 'terminate'] as const)
  return { onFault, importance: dice.chance(20) ? 'critical' : 'ordinary' }
}

function makeRuling(dice: Dice, ends: Ends): Ruling {
  const kind = dice.weighted({ suspend: 4, resume: 3, terminate: ends === 'none' ? 0 : 2, policy: 2 })
  return kind === 'policy' ? { kind, ...makePolicy(dice, ends) } : { kind }
}

const deepest = 4

export function makeProgram(maker: Maker, depth = 0): Program {
  const ops: Op[] = []
  const wanted = maker.dice.roll(depth === 0 ? 12 : 6)
  for (let count = 0; count <= wanted && maker.budget > 0; count += 1) {
    const op = makeOp(maker, depth)
    ops.push(op)
    // One more to the same, and to what it results in: in a row, so that their order shows.
    if (op.kind === 'send' && maker.dice.chance(40))
      ops.push(
        makeSend(maker, deepest, 'again'),
        makeSend(maker, deepest, 'last-promise'),
        makeSend(maker, deepest, 'again'),
      )
  }
  return { ops, answer: makeAnswer(maker) }
}

function makeAnswer({ dice, numbers }: Maker): Answer {
  const kind = dice.weighted({ data: 24, held: 28, promise: 16, self: 16, throw: 12, deep: 2 })
  switch (kind) {
    case 'data':
      return { kind, value: dice.roll(1000) }
    case 'held':
      return { kind, at: dice.roll(60) }
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
  maker: Maker,
  depth: number,
  faults: Readonly<Record<'burn' | 'blow' | 'none', number>> = faultWeights,
): Op {
  const { dice, numbers, ends } = maker
  maker.budget -= 1
  const fault = dice.weighted(faults)
  if (fault !== 'none') return { kind: fault }
  const kind = dice.weighted(ends === 'none' ? { ...opWeights, exit: 0 } : opWeights)
  const at = (): number => dice.roll(60)
  const place = (): { place: Place; key: number } => ({
    place: dice.pick(['baggage', 'map', 'state']),
    key: dice.roll(6),
  })
  switch (kind) {
    case 'send':
      return makeSend(maker, depth)
    case 'make':
      return { kind, n: numbers.next(), object: dice.pick(['ephemeral', 'virtual', 'durable', 'facets']) }
    case 'promise':
      return { kind, n: numbers.next() }
    case 'settle':
      return { kind, at: at(), to: makeAnswer(maker) }
    case 'drop':
      return { kind, at: at() }
    case 'keep':
      return { kind, at: at(), ...place() }
    case 'fetch':
    case 'let':
      return { kind, ...place() }
    case 'write':
      return { kind, value: dice.roll(1000) }
    case 'watch':
      return { kind, n: numbers.next(), at: at() }
    case 'junk':
      return { kind, size: dice.roll(300) }
    case 'create': {
      const n = numbers.next()
      // Whoever holds the meter must live to fill it: a vat on an empty one does nothing for ever.
      const meter = ends === 'none' && dice.chance(40) ? 2_000_000 + dice.roll(20_000_000) : 0
      return { kind, n, name: `w${n}`, by: dice.pick(['id', 'cap']), meter, mode: makeMode(dice) }
    }
    case 'upgrade':
      return {
        kind,
        n: numbers.next(),
        at: at(),
        bundle: dice.roll(10),
        mode: makeMode(dice),
        ...makeManner(dice),
      }
    case 'post':
    case 'listen':
    case 'cancel':
      return { kind, n: numbers.next(), at: at() }
    case 'wakeup': {
      const how = dice.weighted({ once: 5, repeat: 2, promise: 2, watch: 3 })
      return {
        kind,
        n: numbers.next(),
        how,
        when: dice.roll(200),
        every: 1 + dice.roll(50),
        lasts: dice.chance(70),
      }
    }
    case 'rule':
      return { kind, n: numbers.next(), at: at(), ruling: makeRuling(dice, ends) }
    case 'exit':
      return { kind, end: dice.pick(['completed', 'failed']) }
  }
}

function makeSend(maker: Maker, depth: number, toWhom?: 'again' | 'last-promise'): Op {
  const { dice, numbers } = maker
  const n = numbers.next()
  const go =
    depth < deepest ? makeProgram(maker, depth + 1) : { ops: [], answer: { kind: 'data', value: n } as const }
  const then: Op[] = []
  while (depth < deepest && maker.budget > 0 && dice.chance(25))
    then.push(makeOp(maker, depth + 1, lateFaultWeights))
  const to = toWhom ?? dice.weighted({ again: 3, 'last-promise': 3, number: 5 })
  const give = Array.from({ length: dice.roll(4) }, () => dice.roll(60))
  return {
    kind: 'send',
    n,
    to: to === 'number' ? dice.roll(60) : to,
    give,
    go,
    result: dice.pick(['ignore', 'await', 'hold', 'hold']),
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
