/**
 * The message patterns of the field, as small conversations between vats. Each is recorded in
 * `golden/transcripts/`, where one can read what every vat was told and what it said.
 */
export interface Scenario {
  readonly name: string
  readonly about: string
  /** Source of each vat, after the import of `heirloom/vat`. */
  readonly vats: Readonly<Record<string, string>>
  /** What the host does, each step run to its end. */
  readonly steps: readonly Step[]
}

export type Step =
  /** A message: `[vat, method, …arguments]`; `@name` is the root of a vat. */
  | readonly [string, string, ...unknown[]]
  /** A new incarnation of the vat, of this source. */
  | { readonly upgrade: string; readonly source: string }

const vat = (body: string): string =>
  `export const buildRootObject = (_powers, _parameters, baggage) => {\n${body}\n}`

const maker = vat(`
  const makeCounter = defineKind(baggage, 'Counter', (count) => ({ count }), {
    add: ({ state }, by) => (state.count += by),
  })
  return Far('maker', {
    make: (count) => makeCounter(count),
    makeEphemeral: () => Far('ephemeral', { hello: () => 'hello' }),
    fail: () => { throw new RangeError('no') },
    never: () => new Promise(() => {}),
    ask: (other) => E(other).hello('maker'),
  })`)

export const scenarios: readonly Scenario[] = [
  {
    name: 'question-and-answer',
    about: 'A message with an answer that is awaited, then used as the target of the next.',
    vats: {
      bob: maker,
      alice: vat(
        `return Far('alice', { async run(bob) { const counter = await E(bob).make(5n); return E(counter).add(2n) } })`,
      ),
    },
    steps: [['alice', 'run', '@bob']],
  },
  {
    name: 'pipelining',
    about: 'Messages to an answer that is not there yet; they wait in the kernel, in order.',
    vats: {
      bob: maker,
      alice: vat(
        `return Far('alice', { async run(bob) { const counter = E(bob).make(5n); E(counter).add(1n); return E(counter).add(2n) } })`,
      ),
    },
    steps: [['alice', 'run', '@bob']],
  },
  {
    name: 'rejection',
    about:
      'An error crosses with its name and message; a message to a rejected promise is rejected with the same.',
    vats: {
      bob: maker,
      alice: vat(
        `return Far('alice', { run: (bob) => E(E(bob).fail()).add(1n).catch((error) => [error.name, error.message]) })`,
      ),
    },
    steps: [['alice', 'run', '@bob']],
  },
  {
    name: 'promise-as-argument',
    about: 'A promise of the sender goes with a message and is settled later.',
    vats: {
      bob: vat(
        `return Far('bob', { wait: async (promise) => { const value = await promise; return ['got', value] } })`,
      ),
      alice: vat(
        `let settle; return Far('alice', { give: (bob) => E(bob).wait(new Promise((resolve) => { settle = resolve })), keep: () => settle(harden({ n: 1n })) })`,
      ),
    },
    steps: [['alice', 'give', '@bob'], ['alice', 'keep']],
  },
  {
    name: 'three-vats',
    about: 'An answer that a third vat gives, and a reference handed on.',
    vats: {
      carol: vat(`return Far('carol', { hello: (name) => 'hello ' + name })`),
      bob: maker,
      alice: vat(`return Far('alice', { run: (bob, carol) => E(bob).ask(carol) })`),
    },
    steps: [['alice', 'run', '@bob', '@carol']],
  },
  {
    name: 'send-only',
    about: 'A message that nobody waits for has no result.',
    vats: {
      bob: maker,
      alice: vat(
        `return Far('alice', { run: (bob) => { E.sendOnly(bob).make(1n); E.sendOnly(bob).fail() } })`,
      ),
    },
    steps: [['alice', 'run', '@bob']],
  },
  {
    name: 'object-comes-home',
    about: 'An object that comes back to its vat is the same object.',
    vats: {
      bob: vat(`return Far('bob', { same: (value) => value })`),
      alice: vat(
        `const mine = Far('mine', {}); return Far('alice', { run: async (bob) => (await E(bob).same(mine)) === mine })`,
      ),
    },
    steps: [['alice', 'run', '@bob']],
  },
  {
    name: 'presence-is-one',
    about: 'An object that is met twice is one presence, also when it comes by way of another vat.',
    vats: {
      carol: vat(`const thing = Far('thing', {}); return Far('carol', { thing: () => thing })`),
      bob: vat(`return Far('bob', { fetch: (carol) => E(carol).thing() })`),
      alice: vat(
        `return Far('alice', { run: async (bob, carol) => (await E(bob).fetch(carol)) === (await E(carol).thing()) })`,
      ),
    },
    steps: [['alice', 'run', '@bob', '@carol']],
  },
  {
    name: 'promise-twice',
    about: 'A promise that is in one message twice is one promise, and is told once how it ended.',
    vats: {
      bob: vat(`return Far('bob', { both: async (one, other) => [one === other, await one, await other] })`),
      alice: vat(
        `return Far('alice', { run: (bob) => { const promise = Promise.resolve(5n); return E(bob).both(promise, promise) } })`,
      ),
    },
    steps: [['alice', 'run', '@bob']],
  },
  {
    name: 'answer-holds-a-promise',
    about: 'Data that arrives with a promise in it; the promise is settled later.',
    vats: {
      bob: vat(
        `let settle; return Far('bob', { open: () => harden({ later: new Promise((resolve) => { settle = resolve }) }), close: (value) => settle(value) })`,
      ),
      alice: vat(
        `return Far('alice', { async run(bob) { const { later } = await E(bob).open(); const end = E(bob).close('done'); return [await later, await end] } })`,
      ),
    },
    steps: [['alice', 'run', '@bob']],
  },
  {
    name: 'answer-is-a-promise',
    about:
      'An answer that is itself the answer of a third vat: the promise is forwarded, and messages to it follow.',
    vats: {
      carol: maker,
      bob: vat(`return Far('bob', { forward: (carol) => E(carol).make(7n) })`),
      alice: vat(`return Far('alice', { run: (bob, carol) => E(E(bob).forward(carol)).add(1n) })`),
    },
    steps: [['alice', 'run', '@bob', '@carol']],
  },
  {
    name: 'messages-to-a-promise-of-the-sender',
    about:
      'Bob sends to a promise that alice decides; the messages wait, and go to whom she settles it with, in order.',
    vats: {
      carol: vat(
        `const heard = []; return Far('carol', { hear: (word) => { heard.push(word) }, heard: () => harden([...heard]) })`,
      ),
      bob: vat(
        `return Far('bob', { talk: (promise) => { for (const word of ['one', 'two', 'three']) E.sendOnly(promise).hear(word) } })`,
      ),
      alice: vat(
        `let settle; return Far('alice', { give: (bob) => { E.sendOnly(bob).talk(new Promise((resolve) => { settle = resolve })) }, settle: (carol) => settle(carol) })`,
      ),
    },
    steps: [['alice', 'give', '@bob'], ['alice', 'settle', '@carol'], ['carol', 'heard']],
  },
  {
    name: 'messages-come-home',
    about:
      'A promise that alice decides, settled with an object of the sender: the messages that waited go back to him.',
    vats: {
      bob: vat(`const heard = []; const ear = Far('ear', { hear: (word) => { heard.push(word) } })
        return Far('bob', { talk: (promise) => { E.sendOnly(promise).hear('mine') }, ear: () => ear, heard: () => harden([...heard]) })`),
      alice: vat(
        `let settle; return Far('alice', { give: (bob) => { E.sendOnly(bob).talk(new Promise((resolve) => { settle = resolve })) }, settle: (bob) => settle(E(bob).ear()) })`,
      ),
    },
    steps: [['alice', 'give', '@bob'], ['alice', 'settle', '@bob'], ['bob', 'heard']],
  },
  {
    name: 'circle-of-promises',
    about: 'Two promises that are settled with data that holds the other.',
    vats: {
      bob: vat(
        `return Far('bob', { async look(one) { const two = await one; const back = await two.next; return (await back.next) !== undefined } })`,
      ),
      alice: vat(`return Far('alice', { run: (bob) => {
        let first, second
        const one = new Promise((resolve) => { first = resolve })
        const two = new Promise((resolve) => { second = resolve })
        first(harden({ next: two }))
        second(harden({ next: one }))
        return E(bob).look(one)
      } })`),
    },
    steps: [['alice', 'run', '@bob']],
  },
  {
    name: 'message-to-data',
    about: 'A message to an answer that turns out to be data: the kernel rejects it.',
    vats: {
      bob: vat(`return Far('bob', { data: () => harden([1n]) })`),
      alice: vat(
        `return Far('alice', { run: (bob) => E(E(bob).data()).hello().catch((reason) => [reason.name, reason.code]) })`,
      ),
    },
    steps: [['alice', 'run', '@bob']],
  },
  {
    name: 'promise-rejected-later',
    about: 'A promise that was handed on is rejected, and so is what waited for it.',
    vats: {
      bob: vat(
        `return Far('bob', { use: (promise) => E(promise).hello().catch((error) => ['caught', error.message]) })`,
      ),
      alice: vat(
        `let refuse; return Far('alice', { give: (bob) => E(bob).use(new Promise((_resolve, reject) => { refuse = reject })), refuse: () => refuse(new Error('not any more')) })`,
      ),
    },
    steps: [['alice', 'give', '@bob'], ['alice', 'refuse']],
  },
  {
    name: 'upgrade-disconnects',
    about:
      'An upgrade while a promise of the old incarnation is open: it is rejected with the record of disconnection.',
    vats: {
      bob: maker,
      alice: vat(
        `return Far('alice', { run: (bob) => E(bob).never().catch((reason) => [reason.name, reason.incarnationNumber]) })`,
      ),
    },
    steps: [['alice', 'run', '@bob'], { upgrade: 'bob', source: maker }],
  },
  {
    name: 'upgrade-abandons',
    about:
      'After an upgrade a durable object answers with the new code, and an ephemeral one is gone; its holder is told when it asks.',
    vats: {
      bob: maker,
      alice: vat(`let counter, ephemeral; return Far('alice', {
        async get(bob) { counter = await E(bob).make(1n); ephemeral = await E(bob).makeEphemeral() },
        use: async () => [await E(counter).add(1n), await E(ephemeral).hello().catch((error) => [error.message, error.code])],
      })`),
    },
    steps: [['alice', 'get', '@bob'], { upgrade: 'bob', source: maker }, ['alice', 'use']],
  },
]
