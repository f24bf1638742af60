/**
 * Our `HandledPromise` against the one of `@endo/eventual-send`: the same programs, in which the same
 * handlers and objects get the same calls and the same comes out.
 */
import '@endo/init'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HandledPromise as ours } from '../../src/supervisor/promises/handledPromise.ts'

declare const HandledPromise: unknown

type Settle = (value?: unknown) => void
type WithPresence = (handler?: object, options?: object) => object
type Send = (target: unknown, ...operands: readonly unknown[]) => Promise<unknown>

/** What is common to both. */
interface EventualSend extends Record<
  'get' | 'getSendOnly' | 'applyFunction' | 'applyFunctionSendOnly' | 'applyMethod' | 'applyMethodSendOnly',
  Send
> {
  new (
    executor: (resolve: Settle, reject: Settle, resolveWithPresence: WithPresence) => void,
    handler?: unknown,
  ): Promise<unknown>
  (executor: () => void): unknown
  readonly prototype: object
  resolve(value?: unknown): Promise<unknown>
  reject(reason: unknown): Promise<unknown>
  all(values: readonly unknown[]): Promise<unknown>
  race(values: readonly unknown[]): Promise<unknown>
}

interface Bench {
  readonly HP: EventualSend
  /** Tells what a call of a handler or an object has got, and answers with this. */
  readonly note: (name: string, answer?: unknown) => (...args: unknown[]) => unknown
  /** Gives a value a name in what is told. */
  readonly name: <T>(name: string, value: T) => T
  /** How a promise ends. */
  readonly end: (promise: Promise<unknown>) => Promise<unknown>
  readonly turns: () => Promise<void>
  readonly tell: (line: unknown) => void
}

const own = ours as EventualSend
const theirs = HandledPromise as EventualSend

type Program = (bench: Bench) => unknown

function makeBench(HP: EventualSend): { readonly bench: Bench; readonly told: unknown[] } {
  const names = new Map<unknown, string>()
  const show = (value: unknown): unknown => {
    const name = names.get(value)
    if (name !== undefined) return `<${name}>`
    if (value instanceof Promise) return Object.isFrozen(value) ? '<promise>' : '<promise, not frozen>'
    if (value instanceof Error) return `${value.name}: ${value.message}`
    if (Array.isArray(value)) return [Object.isFrozen(value) ? 'frozen' : 'open', ...value.map(show)]
    if (typeof value === 'function') return 'a function'
    if (typeof value === 'object' && value !== null)
      return `${Object.isFrozen(value) ? 'frozen' : 'open'} ${Object.keys(value).join()}`
    return typeof value === 'bigint' ? `${value}n` : value
  }
  /** What the package passes on behind the last argument is undefined. */
  const trimmed = (args: unknown[]): unknown[] => {
    let { length } = args
    while (length > 0 && args[length - 1] === undefined) length -= 1
    return args.slice(0, length)
  }
  /** Names are known when the program has ended. */
  const later: (() => unknown)[] = []
  const bench: Bench = {
    HP,
    note: (name, answer) => function (this: unknown, ...args) {
      later.push(() => [name, ...trimmed(args).map(show)])
      return typeof answer === 'function' ? (answer as (...args: unknown[]) => unknown)(...args) : answer
    },
    name: (name, value) => { names.set(value, name); return value },
    end: (promise) => promise.then(
      (value) => { later.push(() => ['fulfilled', show(value)]) },
      (reason: unknown) => { later.push(() => ['rejected', show(reason)]) },
    ),
    turns: async () => { for (let turn = 0; turn < 30; turn += 1) await undefined },
    tell: (line) => { later.push(() => show(line)) },
  }
  return { bench, get told() { return later.map((one) => one()) } }
}

async function run(HP: EventualSend, program: Program): Promise<unknown> {
  const made = makeBench(HP)
  await program(made.bench)
  await made.bench.turns()
  return made.told
}

const operations = ['get', 'applyFunction', 'applyMethod'] as const
const operandsOf = { get: ['x'], applyFunction: [[1, { a: 2 }]], applyMethod: ['m', [1, { a: 2 }]] } as const

const handlerOf = ({ note }: Bench, names: readonly string[], answer?: unknown): Record<string, unknown> =>
  Object.fromEntries(names.map((name) => [name, note(name, answer)]))

const allTraps = operations.flatMap((name) => [name, `${name}SendOnly`])

function presenceWith(
  { HP, name }: Bench,
  handler: object,
  label = 'presence',
): { presence: object; promise: Promise<unknown> } {
  let presence!: object
  const promise = new HP((_yes, _no, withPresence) => { presence = name(label, withPresence(handler)) })
  return { presence, promise: name(`promise of ${label}`, promise) }
}

/** All operations on a reference, waited for one by one. */
async function operateOn(
  { HP, name, end, tell, turns }: Bench,
  reference: unknown,
  traps: readonly string[] = allTraps,
): Promise<void> {
  // Of a method that is composed of get and a call and sent without an answer, the package leaves a rejection
  // to nobody.
  const composed = !traps.some((trap) => trap.startsWith('applyMethod'))
  for (const operation of operations) {
    await end(name(`answer of ${operation}`, HP[operation](reference, ...operandsOf[operation])))
    if (!composed || operation !== 'applyMethod')
      tell(HP[`${operation}SendOnly`](reference, ...operandsOf[operation]))
    await turns()
  }
}

const trapSets: Readonly<Record<string, readonly string[]>> = {
  'every trap': allTraps,
  'the plain traps': operations,
  'get alone': ['get'],
  'applyMethod alone': ['applyMethod'],
  'applyFunction alone': ['applyFunction'],
  'sendOnly alone': ['getSendOnly', 'applyFunctionSendOnly', 'applyMethodSendOnly'],
  'no trap': [],
}

/** What a promise can be resolved to. */
const resolutions: Readonly<Record<string, (bench: Bench) => unknown>> = {
  'a presence': (bench) => presenceWith(bench, handlerOf(bench, allTraps, 'by the presence')).presence,
  'the promise of a presence': (bench) =>
    presenceWith(bench, handlerOf(bench, allTraps, 'by the presence')).promise,
  'a local object': ({ note }) => ({ m: note('m', 'by the object'), x: 'x of the object' }),
  'a local function': ({ note }) => note('called', 'by the function'),
  'a primitive': () => 5,
  nothing: () => undefined,
  'a promise of a local object': ({ note }) => Promise.resolve({ m: note('m', 'by the object') }),
  'a promise of a presence': (bench) =>
    Promise.resolve(presenceWith(bench, handlerOf(bench, allTraps, 'by the presence')).presence),
  'a rejected promise': () => Promise.reject(Error('no')),
  'a pending promise with a handler': (bench) =>
    new bench.HP(() => {}, handlerOf(bench, allTraps, 'by the other')),
  'a thenable': ({ note }) => ({
    then: (yes: (value: unknown) => void) => yes({ m: note('m', 'by the object') }),
  }),
}

const programs: Record<string, Program> = {
  'an executor is called with three functions at once': ({ HP, tell }) => {
    new HP((...args: unknown[]) => tell(args.map((one) => typeof one)))
    tell('after')
  },
  'an executor that throws': ({ HP, tell }) => {
    try { new HP(() => { throw Error('thrown') }) } catch (error) { tell(error) }
  },
  'called without new': ({ HP, tell }) => {
    try {
      HP(() => {})
    } catch (error) {
      tell((error as Error).message)
    }
  },
  'a handler that is a primitive': ({ HP, tell }) => {
    try {
      new HP(() => {}, 5)
    } catch (error) {
      tell((error as Error).name)
    }
  },
  'a promise is decided once': async ({ HP, end }) => {
    await end(new HP((yes, no) => { yes(1); yes(2); no(Error('late')) }))
    await end(new HP((yes, no) => { no(Error('first')); yes(2) }))
  },
  'a second presence of one promise': (bench) => {
    let first, second
    new bench.HP((_yes, _no, withPresence) => { first = withPresence({}); second = withPresence({}) })
    bench.tell(first === second)
  },
  'a presence without a handler of its own has that of the promise': async (bench) => {
    const { HP, name } = bench
    let presence
    new HP((_yes, _no, withPresence) => {
      void Promise.resolve().then(() => { presence = name('presence', withPresence()) })
    }, handlerOf(bench, allTraps, 'by the handler'))
    await bench.turns()
    await operateOn(bench, presence)
  },
  'a presence that is a proxy': async (bench) => {
    const { HP, name, tell } = bench
    let presence!: object
    let revoke: unknown
    const proxy = {
      handler: { get: (_target: unknown, key: PropertyKey) => `property ${String(key)}` },
      target: {},
      revokerCallback: (given: unknown) => {
        revoke = given
      },
    }
    new HP((_yes, _no, withPresence) => {
      presence = name(
        'presence',
        withPresence(handlerOf(bench, ['applyMethod'], 'by the handler'), {
          proxy: { ...proxy, handler: {} },
        }),
      )
    })
    tell(typeof revoke)
    await bench.end(HP.applyMethod(presence, 'm', [1]))
  },
  'the promise of a presence': ({ HP, tell, ...bench }) => {
    const { presence, promise } = presenceWith({ HP, tell, ...bench }, {})
    tell([HP.resolve(presence) === promise, HP.resolve(promise) === promise])
  },
  'resolving what is a promise already': ({ HP, tell }) => {
    const promise = Promise.resolve(1)
    tell([HP.resolve(promise) === promise, Object.isFrozen(promise)])
  },
  'resolving what is not safe': async ({ HP, tell, end }) => {
    const odd = Object.defineProperty(Promise.resolve(1), 'then', { value: (yes: Settle) => yes(2) })
    tell(HP.resolve(odd) === odd)
    await end(HP.resolve(odd))
    const classy = new (class extends Promise<unknown> {})((yes) => yes(3))
    tell(HP.resolve(classy) === classy)
    await end(HP.resolve(classy))
  },
  'what it inherits': async ({ HP, end, tell, note }) => {
    tell(Object.getPrototypeOf(HP) === Promise)
    tell(HP.prototype === Promise.prototype)
    await end(HP.all([1, Promise.resolve(2)]))
    await end(HP.reject(Error('no')))
    await end(HP.race([HP.resolve({ m: note('m') })]))
  },
  'results, reasons and promises are hardened': async ({ HP, tell }) => {
    const promise = HP.applyMethod({ m: () => ({ a: 1 }), n: () => { throw { b: 1 } } }, 'm', [])
    tell([Object.isFrozen(promise), Object.isFrozen(await promise), Object.isFrozen(new HP(() => {}))])
    tell(
      await HP.applyMethod(
        {
          n: () => {
            throw { b: 1 }
          },
        },
        'n',
        [],
      ).catch((reason: unknown) => Object.isFrozen(reason)),
    )
  },
  'arguments are hardened in the turn of the caller': ({ HP, tell }) => {
    const argument = { a: {} }
    HP.applyMethod({ m() {} }, 'm', [argument])
    tell(Object.isFrozen(argument.a))
  },
  'nothing is called in the turn of the caller': async (bench) => {
    const { HP, tell, note } = bench
    const { presence } = presenceWith(bench, handlerOf(bench, allTraps))
    HP.applyMethod({ m: note('object') }, 'm', [])
    HP.applyMethod(presence, 'm', [])
    HP.applyMethod(new HP(() => {}, handlerOf(bench, allTraps)), 'm', [])
    tell('the turn ends')
    await bench.turns()
  },
  'names that are no names': async ({ HP, end, note }) => {
    await end(HP.applyMethod({ 5: note('five') }, 5, []))
    await end(HP.applyMethod({ text: note('text') }, { toString: () => 'text' }, []))
    await end(HP.applyMethod({ undefined: note('undefined') }, undefined, []))
    await end(HP.get({ 7: 'seven' }, 7))
    await end(HP.applyMethod({ [Symbol.iterator]: note('symbol') }, Symbol.iterator, []))
  },
  'arguments that are no array': async ({ HP, end, note, tell }) => {
    await end(HP.applyMethod({ m: note('m') }, 'm', new Set([1, 2])))
    for (const args of [5, undefined, { length: 1 }]) {
      try { HP.applyFunction(() => {}, args) } catch (error) { tell((error as Error).name) }
    }
  },
  'targets that cannot be called': async ({ HP, end }) => {
    for (const target of [
      undefined,
      null,
      5,
      'text',
      true,
      5n,
      Symbol.iterator,
      {},
      [],
      { b() {}, a() {}, c: 1, [Symbol.iterator]() {} },
      () => {},
    ]) {
      await end(HP.applyMethod(target, 'missing', []))
      await end(HP.applyMethod(target, Symbol.asyncIterator, []))
      if (typeof target !== 'function') await end(HP.applyFunction(target, []))
    }
    for (const target of [undefined, null]) await HP.get(target, 'x').catch((error: Error) => error.name)
  },
  'methods that are inherited': async ({ HP, end, note }) => {
    class Up { up() {} get odd() { return 1 } }
    class Down extends Up { down = note('down') }
    await end(HP.applyMethod(new Down(), 'missing', []))
    await end(HP.applyMethod('text', 'toUpperCase', []))
  },
  'one promise keeps the order of what is sent before and after it is resolved': async (bench) => {
    const { HP, turns } = bench
    let resolve!: Settle
    const promise = new HP((yes) => { resolve = yes }, handlerOf(bench, allTraps))
    HP.applyMethod(promise, 'first', [])
    await turns()
    HP.applyMethod(promise, 'second', [])
    resolve(presenceWith(bench, { applyMethod: bench.note('presence') }).presence)
    HP.applyMethod(promise, 'third', [])
    await turns()
    HP.applyMethod(promise, 'fourth', [])
  },
  'messages to answers': async (bench) => {
    const { HP, end, note } = bench
    const object = {
      give: () => ({ m: note('m', 'from what was given') }),
      late: () => new Promise((yes) => setTimeout(() => yes(object), 1)),
      fails: () => {
        throw Error('failed')
      },
    }
    await end(HP.applyMethod(HP.applyMethod(object, 'give', []), 'm', [1]))
    await end(HP.applyMethod(HP.applyMethod(HP.applyMethod(object, 'late', []), 'give', []), 'm', [2]))
    await end(HP.applyMethod(HP.applyMethod(object, 'fails', []), 'm', [3]))
    await end(HP.get(HP.applyMethod({ record: () => ({ x: 'a property' }) }, 'record', []), 'x'))
  },
  'an answer that is resolved to the promise of another handler is pipelined to': async (bench) => {
    const { HP, turns } = bench
    const other = new HP(() => {}, handlerOf(bench, allTraps))
    const answer = HP.applyMethod({ give: () => other }, 'give', [])
    HP.applyMethod(answer, 'm', [1])
    await turns()
    HP.applyMethod(answer, 'm', [2])
  },
  'a handler that throws': async (bench) => {
    const { presence } = presenceWith(bench, { applyMethod: () => { throw RangeError('by the handler') } })
    await bench.end(bench.HP.applyMethod(presence, 'm', []))
    bench.HP.applyMethodSendOnly(presence, 'm', [])
  },
  'a handler that is given its own answer': async (bench) => {
    const { HP, tell } = bench
    let got: unknown
    const { presence } = presenceWith(bench, {
      applyMethod: (_target: unknown, _verb: unknown, _args: unknown, returned: unknown) => {
        got = returned
        return 'x'
      },
    })
    const answer = HP.applyMethod(presence, 'm', [])
    await answer
    tell(got === answer)
  },
  'a method that is composed of get and a call': async (bench) => {
    const { HP, end, note } = bench
    for (const answer of [
      note('a function', 'called'),
      5,
      Promise.resolve(note('a later function', 'called')),
    ]) {
      const { presence } = presenceWith(bench, { get: () => answer })
      await end(HP.applyMethod(presence, 'm', [1]))
      if (answer !== 5) HP.applyMethodSendOnly(presence, 'm', [2])
    }
  },
}

for (const [traps, names] of Object.entries(trapSets)) {
  const answers = {
    'a value': 'the answer',
    'a presence': (bench: Bench) => presenceWith(bench, {}, 'other').presence,
    'a function': (bench: Bench) => bench.note('the result', 'called'),
  }
  for (const [which, answer] of Object.entries(answers)) {
    const given = (bench: Bench): unknown => {
      const value = typeof answer === 'function' ? answer(bench) : answer
      return () => value
    }
    // The package does not tell the handler of a presence of the answer where applyMethod stands in for
    // applyFunction.
    if (traps !== 'applyMethod alone')
      programs[`a presence with ${traps} that answers with ${which}`] = (bench) =>
        operateOn(bench, presenceWith(bench, handlerOf(bench, names, given(bench))).presence, names)
    programs[`a pending promise with ${traps} that answers with ${which}`] = (bench) =>
      operateOn(
        bench,
        bench.name('promise', new bench.HP(() => {}, handlerOf(bench, names, given(bench)))),
        names,
      )
  }
}

for (const [which, make] of Object.entries(resolutions)) {
  const resolvedLater =
    (handled: 'handled' | 'not handled', when: 'at once' | 'later'): Program =>
    async (bench) => {
      const { HP, name, end, turns } = bench
      let resolve!: Settle
      const promise = name(
        'promise',
        new HP(
          (yes) => {
            resolve = yes
          },
          handled === 'handled' ? handlerOf(bench, allTraps, 'by the promise') : undefined,
        ),
      )
      const answers = operations.map((operation) => HP[operation](promise, ...operandsOf[operation]))
      if (when === 'later') await turns()
      resolve(make(bench))
      await turns()
      for (const answer of answers) await Promise.race([end(answer), turns()])
      for (const operation of operations)
        await Promise.race([end(HP[operation](promise, ...operandsOf[operation])), turns()])
    }
  programs[`a promise with a handler that is resolved to ${which} in the turn in which messages are sent`] =
    resolvedLater('handled', 'at once')
  programs[`a promise with a handler that is resolved to ${which} later`] = resolvedLater('handled', 'later')
  programs[
    `a promise without a handler that is resolved to ${which} in the turn in which messages are sent`
  ] = resolvedLater('not handled', 'at once')
  programs[`a promise without a handler that is resolved to ${which} later`] = resolvedLater(
    'not handled',
    'later',
  )
  programs[`operations on ${which}`] = async (bench) => {
    const reference = make(bench)
    for (const operation of operations)
      await bench.end(bench.HP[operation](reference, ...operandsOf[operation]))
  }
}

test('applyMethod stands in for applyFunction, without a verb', async () => {
  const calls: unknown[][] = []
  const { bench } = makeBench(own)
  const { presence } = presenceWith(bench, {
    applyMethod: (...args: unknown[]) => {
      calls.push(args)
      return 'called'
    },
  })
  const answer = bench.HP.applyFunction(presence, [1, 2])
  assert.equal(await answer, 'called')
  bench.HP.applyFunctionSendOnly(presence, [3])
  await bench.turns()
  assert.deepEqual(calls, [[presence, undefined, [[1, 2]], answer], [presence, undefined, [[3]]]])
  assert.equal(calls[0]?.[3], answer)
})

// Hpr3.
test('handlers get as many arguments as the interface has', async () => {
  const counts: Record<string, number> = {}
  const handler = Object.fromEntries(
    allTraps.map((name) => [
      name,
      (...args: unknown[]) => {
        counts[name] = args.length
      },
    ]),
  )
  const { bench } = makeBench(own)
  for (const reference of [presenceWith(bench, handler).presence, new bench.HP(() => {}, handler)])
    await operateOn(bench, reference)
  assert.deepEqual(counts, {
    get: 3,
    getSendOnly: 2,
    applyFunction: 3,
    applyFunctionSendOnly: 2,
    applyMethod: 4,
    applyMethodSendOnly: 3,
  })
})

test('what is no method is refused as a type error', async () => {
  await assert.rejects(makeBench(own).bench.HP.applyMethod({ x: 1 }, 'x', []), {
    name: 'TypeError',
    message: 'invoked method "x" is not a function; it is a "number"',
  })
})

for (const [situation, program] of Object.entries(programs)) {
  test(situation, async () => {
    const expected = await run(theirs, program)
    assert.deepEqual(await run(own, program), expected)
    assert.notDeepEqual(expected, [], 'the program tells of something')
  })
}
