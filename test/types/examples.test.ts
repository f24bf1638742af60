/**
 * Every example of TypeScript compiles for someone who copies it: in the pages, in doc comments, and in
 * `examples/`.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stricter, typeErrors } from './consumer.ts'
import { blocksOf, examplesOf, pages } from './pages.ts'

/** One program with a folder for each page. */
function pagesAsProgram(): Record<string, string> {
  const files = pages().flatMap((page) =>
    [...blocksOf(page)].map(([name, code]) => [`${page.replaceAll(/[/.]/g, '-')}/${name}`, code] as const),
  )
  return Object.fromEntries(files)
}

test('the examples of the pages compile', async () => {
  const files = pagesAsProgram()
  assert.ok(Object.keys(files).length > 20, 'the blocks are found')
  assert.deepEqual(await typeErrors({ name: 'pages', files }), [])
})

test('the examples of the doc comments compile, also with more options than strict', async () => {
  const files = Object.fromEntries(
    ['src/vat', 'src/testing', 'src/host', 'src/replay'].flatMap((folder) => [...examplesOf(folder)]),
  )
  assert.ok(Object.keys(files).length > 10, 'the examples are found')
  assert.deepEqual(await typeErrors({ name: 'comments', files }), [])
  assert.deepEqual(await typeErrors({ name: 'comments-stricter', files, options: stricter }), [])
})

test('the programs in examples/ compile', async () => {
  assert.deepEqual(await typeErrors({ name: 'examples', include: ['examples/**/*.ts'] }), [])
})
