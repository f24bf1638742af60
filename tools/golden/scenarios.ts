/**
 * The message patterns of the field, as small conversations between vats. Each is recorded in
 * `golden/transcripts/`, where one can read what every vat was told and what it said.
 */
export interface Scenario {
  readonly name: string
  readonly about: string
  /** Source of each vat, after the import of `heirloom/vat`. */
  readonly vats: Readonly<Record<string, string>>
  /** Messages of the host, each run to its end: `[vat, method, …arguments]`; `@name` is the root of a vat. */
  readonly steps: readonly (readonly [string, string, ...unknown[]])[]
}

const vat = (body: string): string => `export const buildRootObject = (_powers, _parameters, baggage) => {\n${body}\n}`

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
    vats: { bob: maker, alice: vat(`return Far('alice', { async run(bob) { const counter = await E(bob).make(5n); return E(counter).add(2n) } })`) },
    steps: [['alice', 'run', '@bob']],
  },
  {
    name: 'pipelining',
    about: 'Messages to an answer that is not there yet; they wait in the kernel, in order.',
    vats: { bob: maker, alice: vat(`return Far('alice', { async run(bob) { const counter = E(bob).make(5n); E(counter).add(1n); return E(counter).add(2n) } })`) },
    steps: [['alice', 'run', '@bob']],
  },
  {
    name: 'rejection',
    about: 'An error crosses with its name and message; a message to a rejected promise is rejected with the same.',
    vats: { bob: maker, alice: vat(`return Far('alice', { run: (bob) => E(E(bob).fail()).add(1n).catch((error) => [error.name, error.message]) })`) },
    steps: [['alice', 'run', '@bob']],
  },
  {
    name: 'promise-as-argument',
    about: 'A promise of the sender goes with a message and is settled later.',
    vats: {
      bob: vat(`return Far('bob', { wait: async (promise) => { const value = await promise; return ['got', value] } })`),
      alice: vat(`let settle; return Far('alice', { give: (bob) => E(bob).wait(new Promise((resolve) => { settle = resolve })), keep: () => settle(harden({ n: 1n })) })`),
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
    vats: { bob: maker, alice: vat(`return Far('alice', { run: (bob) => { E.sendOnly(bob).make(1n); E.sendOnly(bob).fail() } })`) },
    steps: [['alice', 'run', '@bob']],
  },
]
