/**
 * The state against a plain map, step by step, over many random histories. Set HEIRLOOM_SEED to repeat one.
 */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { Mark, Space } from '../../src/protocol/kernel/platform.ts'
import { createStore, openStore, type Store } from '../../src/store/store.ts'
import { Dice, temporaryDirectory } from './support.ts'

const spaces: readonly Space[] = ['kernel', 'host', 'vat/v1', 'vat/v12']
const prefixes = ['', 'a', 'a.', 'b.1', 'c', 'zz']

type Model = Map<string, string>

const nameOf = (space: Space, key: string): string => `${space}|${key}`

function modelNextKey(model: Model, space: Space, prefix: string, after: string): string | undefined {
  const keys = [...model.keys()]
    .filter((name) => name.startsWith(`${space}|`))
    .map((name) => name.slice(space.length + 1))
  return keys
    .filter((key) => key.startsWith(prefix) && key > after)
    .sort((one, other) => (one < other ? -1 : 1))[0]
}

class History {
  readonly dice: Dice
  readonly directory: string
  readonly cacheCharacters: number
  store: Store
  committed: Model = new Map()
  sealed: Model = new Map()
  running: Model = new Map()
  marks: { mark: Mark; model: Model }[] = []

  constructor(test: TestContext, seed: number) {
    this.dice = new Dice(seed)
    this.directory = temporaryDirectory(test)
    this.cacheCharacters = this.dice.pick([1, 2_000, 1_000_000])
    this.store = createStore(this.directory, { cacheCharacters: this.cacheCharacters })
  }

  key(): string {
    return `${this.dice.pick(['a', 'a.', 'b.', 'b.1', 'c'])}${this.dice.roll(40)}`
  }

  step(): void {
    const space = this.dice.pick(spaces)
    const roll = this.dice.roll(100)
    if (roll < 30) this.set(space, this.key(), String(this.dice.roll(1_000)))
    else if (roll < 45) this.delete(space, this.key())
    else if (roll < 65) this.compareGet(space, this.key())
    else if (roll < 83) this.compareNextKey(space)
    else if (roll < 88) this.mark()
    else if (roll < 92) this.undo()
    else if (roll < 96) this.seal()
    else if (roll < 98) this.commit()
    else if (roll < 99) this.abandon()
    else this.reopen()
  }

  set(space: Space, key: string, value: string): void {
    this.store.state.set(space, key, value)
    this.running.set(nameOf(space, key), value)
  }

  delete(space: Space, key: string): void {
    this.store.state.delete(space, key)
    this.running.delete(nameOf(space, key))
  }

  compareGet(space: Space, key: string): void {
    assert.equal(this.store.state.get(space, key), this.running.get(nameOf(space, key)))
  }

  compareNextKey(space: Space): void {
    const prefix = this.dice.pick(prefixes)
    let after = this.dice.pick(['', this.key()])
    for (let times = this.dice.roll(12); times >= 0; times -= 1) {
      const expected = modelNextKey(this.running, space, prefix, after)
      assert.equal(this.store.state.nextKey(space, prefix, after), expected)
      if (expected === undefined) return
      after = expected
    }
  }

  mark(): void {
    this.marks.push({ mark: this.store.state.mark(), model: new Map(this.running) })
  }

  undo(): void {
    if (this.marks.length === 0) return
    const index = this.dice.roll(this.marks.length)
    const { mark, model } = this.marks[index] as { mark: Mark; model: Model }
    this.store.state.undo(mark)
    this.running = new Map(model)
    this.marks.length = index + 1
  }

  seal(): void {
    this.store.sealCrank()
    this.sealed = new Map(this.running)
    this.marks = []
  }

  commit(): void {
    this.seal()
    this.store.commit()
    this.committed = new Map(this.sealed)
  }

  abandon(): void {
    this.store.abandonBlock()
    this.running = new Map(this.committed)
    this.sealed = new Map(this.committed)
    this.marks = []
  }

  reopen(): void {
    this.store.close()
    this.store = openStore(this.directory, { verify: 'all', cacheCharacters: this.cacheCharacters })
    this.running = new Map(this.committed)
    this.sealed = new Map(this.committed)
    this.marks = []
  }

  compareAll(): void {
    for (const space of spaces) {
      let after = ''
      for (;;) {
        const expected = modelNextKey(this.running, space, '', after)
        assert.equal(this.store.state.nextKey(space, '', after), expected)
        if (expected === undefined) break
        this.compareGet(space, expected)
        after = expected
      }
    }
  }
}

const given = process.env['HEIRLOOM_SEED']
const seeds =
  given === undefined
    ? Array.from({ length: 12 }, (_, index) => (Date.now() + index * 7919) | 0)
    : [Number(given)]

for (const seed of seeds) {
  test(`a random history gives what a plain map gives (seed ${seed})`, (t) => {
    t.diagnostic(`HEIRLOOM_SEED=${seed}`)
    const history = new History(t, seed)
    for (let step = 0; step < 2_500; step += 1) history.step()
    history.compareAll()
    history.reopen()
    history.compareAll()
    history.store.close()
  })
}
