/** Help: of each verb, in general, of the version; it needs no store. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { releasedIds } from '../../src/release/release.ts'
import { dispatch } from '../../src/cli/dispatch.ts'
import { verbs } from '../../src/cli/verbs.ts'
import { heirloom } from './support.ts'

async function said(words: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  let out = ''
  let err = ''
  const io = {
    out: (text: string) => void (out += text),
    err: (text: string) => void (err += text),
    progress: 'hidden',
    env: {},
  } as const
  return { code: await dispatch(words, io), out, err }
}

for (const verb of verbs) {
  test(`help of ${verb.name} tells what it does, its words, its options, an example and exit codes`, async () => {
    const { code, out, err } = await said([...verb.name.split(' '), '--help'])
    assert.deepEqual([code, err], [0, ''])
    const operands = verb.rest === 'none' ? verb.operands : [...verb.operands, verb.rest]
    const expected = [
      `heirloom ${verb.name}: ${verb.summary}`,
      `Usage: heirloom ${verb.name}`,
      verb.details,
      'Example:',
      'Exit codes:',
      '--json',
      ...(verb.common === undefined ? ['--store DIR'] : []),
      ...operands.map(({ name }) => `<${name}>`),
      ...Object.keys(verb.options).map((name) => `--${name}`),
      ...verb.examples,
    ]
    for (const text of expected) assert.ok(out.includes(text), `${text} is in\n${out}`)
    assert.deepEqual(await said(['help', ...verb.name.split(' ')]), { code, out, err })
  })
}

test('general help names every verb', async () => {
  const { code, out } = await said(['--help'])
  assert.equal(code, 0)
  for (const { name, summary } of verbs) assert.ok(out.includes(name) && out.includes(summary))
})

test('help and version as JSON', async () => {
  assert.deepEqual(Object.keys(JSON.parse((await said(['--help', '--json'])).out) as object), ['help'])
  const { version, node, kernel, supervisor, workers } = JSON.parse(
    (await heirloom(['--version', '--json'], { store: '' })).out,
  ) as Record<string, unknown>
  assert.deepEqual([typeof version, node], ['string', process.version])
  assert.deepEqual({ kernel, supervisor, workers }, await releasedIds())
})

test('verbs have one shape: every operand is explained, every example begins with the verb', () => {
  for (const { name, examples, operands, summary } of verbs) {
    assert.ok(examples.length > 0 && summary.length < 80)
    for (const example of examples) assert.ok(example.startsWith(`heirloom ${name}`), example)
    for (const { description } of operands) assert.notEqual(description, '')
  }
})
