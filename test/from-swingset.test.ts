/** Each row of docs/from-swingset.md names a test that there is. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const docs = join(import.meta.dirname, '..', 'docs')
const rows = readFileSync(join(docs, 'from-swingset.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.endsWith(' shown by |'))

test('the page has a row for each thing that vats of SwingSet rely on', () => {
  assert.ok(rows.length > 30, `${rows.length} rows`)
})

for (const row of rows) {
  const cells = row.slice(2, -2).split(/ \| /)
  test(`shown by a test: ${cells[0]}`, () => {
    assert.equal(cells.length, 3, row)
    const tests = [...(cells[2] ?? '').matchAll(/\[([^\]]+)\]\((\.\.\/test\/[^)]+)\)/g)]
    assert.ok(tests.length > 0, 'no test is named')
    for (const [, title = '', file = ''] of tests) {
      const titles = [...readFileSync(join(docs, file), 'utf8').matchAll(/\btest\((['`])(.*?)\1/g)].map(
        ([, , text]) => text,
      )
      assert.ok(
        titles.some((text) => text?.includes(title)),
        `${file} has no test "${title}"`,
      )
    }
  })
}
