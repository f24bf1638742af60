/**
 * The files that the tutorial shows are those in `examples/tutorial`, and its changes lead from each version
 * to the next.
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '..', '..')
const page = readFileSync(join(root, 'docs', 'tutorial.md'), 'utf8')
const textOf = (name: string): string => readFileSync(join(root, 'examples', 'tutorial', name), 'utf8')

const whole = [...page.matchAll(/^```ts (\S+)\n([^]*?)^```$/gm)].map(([, name = '', text = '']) => ({
  name,
  text,
}))
const changes = [...page.matchAll(/^```diff (\S+) (\S+)\n([^]*?)^```$/gm)].map(
  ([, from = '', to = '', text = '']) => ({ from, to, text }),
)

test('each file of the tutorial is shown, whole or as a change of another', () => {
  assert.deepEqual(
    [...whole.map(({ name }) => name), ...changes.map(({ to }) => to)].sort(),
    readdirSync(join(root, 'examples', 'tutorial')).sort(),
  )
})

test('the files that are shown whole are shown as they are', () => {
  for (const { name, text } of whole) assert.equal(text, textOf(name), name)
})

test('making a change that is shown leads to the next file', () => {
  for (const { from, to, text } of changes)
    assert.equal(changed(textOf(from), text), textOf(to), `${from} to ${to}`)
})

/** A text after a change: its parts, which a line `…` divides, each have the lines before and after. */
function changed(before: string, change: string): string {
  return change.split('…\n').reduce((text, part) => {
    const lines = part.trimEnd().split('\n')
    const [old, next] = (['-', '+'] as const).map((sign) =>
      lines
        .filter((line) => line[0] !== other(sign))
        .map((line) => `${line.slice(1)}\n`)
        .join(''),
    )
    assert.equal(text.split(old ?? '').length, 2, `these lines are there once:\n${old}`)
    return text.replace(old ?? '', () => next ?? '')
  }, before)
}

const other = (sign: '-' | '+'): string => (sign === '-' ? '+' : '-')
