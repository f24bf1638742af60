/** `heirloom trace` prints what `--trace` wrote, filtered, for people and for programs. */
import assert from 'node:assert/strict'
import { appendFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import {
  emptyStore,
  ended,
  fixture,
  heirloom,
  start,
  temporaryDirectory,
  waitUntil,
  well,
} from './support.ts'

const directory = temporaryDirectory({ after })
const store = join(directory, 'store')
const file = join(directory, 'trace.jsonl')

interface Event {
  readonly kind: string
  readonly vat?: string
  readonly crank?: number
}
const events = async (...words: readonly string[]): Promise<readonly Event[]> =>
  (JSON.parse(await well(['trace', file, ...words, '--json'], { store })) as { events: readonly Event[] })
    .events

before(async () => {
  await emptyStore(store)
  await well(['install', 'counter', fixture('counter')], { store })
  await well(['create', 'counters', 'counter', '--trace', file], { store })
  await well(['create', 'others', 'counter', '--trace', file], { store })
  await well(['send', 'others', 'ask', '@counters', '1n', '--trace', file], { store })
})

describe('a trace', () => {
  test('is told line by line, with its time, crank and vat', async () => {
    const lines = (await well(['trace', file], { store })).trimEnd().split('\n')
    assert.match(lines[0] ?? '', /^\d\d:\d\d:\d\d\.\d{3} trace version 1$/)
    assert.ok(
      lines.some((line) => /^\S+ #\d+ v2 delivery message \{/.test(line)),
      lines.join('\n'),
    )
    assert.ok(
      lines.some((line) => /^\S+ #\d+ v1 crankEnded send, \d+ computrons, [\d.]+ ms$/.test(line)),
      lines.join('\n'),
    )
    assert.ok(
      lines.some((line) => /^\S+ commit block \d+, \d+ cranks, [0-9a-f]{12}, [\d.]+ ms$/.test(line)),
      lines.join('\n'),
    )
  })

  test('is found in its directory', async () => {
    assert.equal(await well(['trace', directory], { store }), await well(['trace', file], { store }))
  })

  test('is filtered by vat, kind and crank', async () => {
    assert.deepEqual([...new Set((await events('--vat', 'v2')).map(({ vat }) => vat))], ['v2'])
    assert.deepEqual(
      [...new Set((await events('--kind', 'delivery,commit')).map(({ kind }) => kind))].sort(),
      ['commit', 'delivery'],
    )
    const cranks = (await events('--kind', 'crankEnded')).map(({ crank = 0 }) => crank)
    const [, from = 0, , to = 0] = cranks
    assert.deepEqual(
      (await events('--kind', 'crankEnded', '--crank', `${from}..${to}`)).map(({ crank }) => crank),
      [from, from + 1, to],
    )
    assert.deepEqual(
      (await events('--kind', 'crankEnded', '--crank', `${to}`)).map(({ crank }) => crank),
      [to],
    )
    assert.equal((await events('--kind', 'crankEnded', '--crank', `${to}..`)).length, cranks.length - 3)
    assert.equal((await events('--kind', 'crankEnded', '--crank', `..${from}`)).length, 2)
    assert.equal(await well(['trace', file, '--vat', 'v9'], { store }), 'no matching events\n')
  })

  test('that was cut off, or is of a newer release, is read as far as it can be', async () => {
    const other = join(directory, 'other')
    writeFileSync(`${other}.1`, '{"at":1,"kind":"commit","height":1,"cranks":2,"activityHash":"ab","ms":3}\n')
    writeFileSync(other, '{"at":2,"kind":"teleport","vat":"v1","to":"moon"}\n{"at":3,"ki')
    assert.equal(
      await well(['trace', other], { store }),
      '00:00:00.001 commit block 1, 2 cranks, ab, 3 ms\n00:00:00.002 v1 teleport {"to":"moon"}\n1 line could not be read\n',
    )
  })

  test('is followed over a rotation', async () => {
    const followed = join(directory, 'followed')
    const line = (height: number): string =>
      `{"at":1,"kind":"commit","height":${height},"cranks":2,"activityHash":"ab","ms":3}\n`
    writeFileSync(followed, line(1))
    const child = start(['trace', followed, '--follow'], { store })
    let out = ''
    child.stdout?.on('data', (text: Buffer) => (out += text.toString()))
    const end = ended(child)
    await waitUntil(child, () => out.includes('block 1'))
    appendFileSync(followed, line(2))
    await waitUntil(child, () => out.includes('block 2'))
    renameSync(followed, `${followed}.1`)
    appendFileSync(`${followed}.1`, line(3))
    writeFileSync(followed, line(4))
    await waitUntil(child, () => out.includes('block 4'))
    child.kill('SIGINT')
    await end
    assert.deepEqual(out.match(/block \d/g), ['block 1', 'block 2', 'block 3', 'block 4'])
  })

  for (const [situation, words, said] of [
    ['no file', ['trace', '/nowhere/trace'], /there is no file/],
    ['a vat by name', ['trace', file, '--vat', 'counters'], /such as v3/],
    ['a kind that is none', ['trace', file, '--kind', 'dance'], /"dance"/],
    ['a range that is none', ['trace', file, '--crank', 'a..b'], /100\.\.120/],
    ['an empty range', ['trace', file, '--crank', '..'], /100\.\.120/],
    ['to be followed as one document', ['trace', file, '--follow', '--json'], /--follow/],
  ] as const) {
    test(`refused: ${situation}`, async () => {
      const { code, err } = await heirloom(words, { store })
      assert.equal(code, 2)
      assert.match(err, said)
    })
  }
})
