/** Reading ahead: how many questions there are, and that nothing else depends on it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isQuestion } from '../../src/protocol/worker/syscall.ts'
import { forTheFile, openWorld } from '../kit/world.ts'

const size = 300

const home = `
  const make = defineKind(baggage, 'Thing', (name) => ({ name, text: '' }), {
    name: ({ state }) => state.name, text: ({ state }) => state.text,
    rename: ({ state }, name) => { state.name = name },
    write: ({ state }, text) => { state.text = text },
  })
  const things = provide(baggage, 'things', () => VatData.makeScalarBigMapStore('things', { durable: true }))
  me.things = things; me.make = make
  me.fill = () => { for (let at = 0; at < ${size}; at += 1) things.init(at, make(at)) }
  me.empty = () => things.clear()
`
const world = await openWorld(forTheFile, { vats: { home: { setup: home } } })
await world.run('home', 'me.fill()')

/** What the code gives, and how many questions it asked for. */
async function questionsOf(code: string): Promise<{ readonly answer: unknown; readonly questions: number }> {
  await world.controller.evictWorkers()
  const answer = await world.run('home', code)
  const { syscalls } = (await world.transcript('home')).findLast(
    ({ delivery }) => delivery.kind === 'message',
  ) ?? { syscalls: [] }
  return { answer, questions: syscalls.filter(isQuestion).length }
}

const every = (step: number): string =>
  `let sum = 0; for (let at = 0; at < ${size}; at += ${step}) sum += me.things.get(at).name(); return sum`
const sumOf = (step: number): number =>
  Array.from({ length: Math.ceil(size / step) }, (_none, at) => at * step).reduce((sum, at) => sum + at, 0)

test('objects that are got in the order of their keys cost few questions', async () => {
  const { answer, questions } = await questionsOf(every(1))
  assert.equal(answer, sumOf(1))
  assert.ok(questions < 30, `${questions} questions for ${size} objects`)
})

test('objects that a walk comes to cost few questions', async () => {
  const { answer, questions } = await questionsOf(
    'let sum = 0; for (const thing of me.things.values()) sum += thing.name(); return sum',
  )
  assert.equal(answer, sumOf(1))
  assert.ok(questions < 60, `${questions} questions for ${size} objects`)
})

for (const step of [2, 7]) {
  // Ah2.
  test(`objects of which every ${step}th is got cost hardly more than two questions each`, async () => {
    const { answer, questions } = await questionsOf(every(step))
    assert.equal(answer, sumOf(step))
    assert.ok(
      questions <= 2 * Math.ceil(size / step) + 20,
      `${questions} questions for ${size / step} objects`,
    )
  })
}

test('objects that are got from last to first are those', async () => {
  const { answer } = await questionsOf(
    `let names = []; for (let at = ${size - 1}; at >= 0; at -= 1) names.push(me.things.get(at).name()); return harden(names)`,
  )
  assert.deepEqual(
    answer,
    Array.from({ length: size }, (_none, at) => size - 1 - at),
  )
})

// Ah3.
test('what was changed, removed and added on the way is seen as it is now', async () => {
  const { answer } = await questionsOf(`
    const { things, make } = me, seen = []
    things.get(8).rename('changed before'); things.delete(9); things.set(10, things.get(11))
    for (let at = 0; at < 20; at += 1) {
      if (at === 2) { things.delete(13); things.get(14).rename('changed meanwhile'); things.init(9.5, make('added')) }
      seen.push(things.has(at) ? things.get(at).name() : 'none')
      if (at === 9) seen.push(things.get(9.5).name())
    }
    things.get(8).rename(8); things.get(14).rename(14); things.init(9, make(9)); things.set(10, make(10)); things.init(13, make(13)); things.delete(9.5)
    return harden(seen)`)
  const expected: unknown[] = Array.from({ length: 20 }, (_none, at) => at)
  expected.splice(8, 3, 'changed before', 'none', 'added', 11)
  expected.splice(14, 2, 'none', 'changed meanwhile')
  assert.deepEqual(answer, expected)
})

test('records that are longer together than an answer may be are read all the same', async () => {
  await world.run(
    'home',
    `for (let at = 0; at < 40; at += 1) me.things.get(at).write(String(at).repeat(10_000))`,
  )
  const { answer } = await questionsOf(
    'let length = 0; for (const thing of me.things.values()) length += thing.text().length; return length',
  )
  assert.equal(answer, 10 * 10_000 + 30 * 20_000)
})
