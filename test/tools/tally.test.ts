/** How the runner of tests counts. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { count, emptyTally, type FileTally, type Outcome } from '../../tools/test/tally.ts'

const outcome = (name: string, nesting: number, more: Partial<Outcome> = {}): Outcome => ({
  verdict: 'pass',
  name,
  file: 'a.test.ts',
  nesting,
  kind: 'test',
  skipped: false,
  failureType: '',
  error: undefined,
  ...more,
})
const tallyOf = (...outcomes: readonly Outcome[]): FileTally => {
  const tally = emptyTally('a.test.ts')
  for (const each of outcomes) count(tally, each)
  return tally
}
const failed = (failureType: string): Partial<Outcome> => ({ verdict: 'fail', failureType, error: 'why' })

test('a test with subtests and a suite are counted as their leaves', () => {
  const tally = tallyOf(
    outcome('alone', 0),
    outcome('child', 1), outcome('child', 1), outcome('parent', 0),
    outcome('deep', 2), outcome('inner', 1, { kind: 'suite' }), outcome('outer', 0, { kind: 'suite' }),
    outcome('alone again', 0),
  )
  assert.equal(tally.passed, 5)
})

test('a parent that fails through its child is one failure, and one that fails by itself is one more', () => {
  const through = tallyOf(
    outcome('child', 1, failed('testCodeFailure')),
    outcome('parent', 0, failed('subtestsFailed')),
  )
  assert.deepEqual(through.failures, [{ name: 'child', error: 'why' }])
  const itself = tallyOf(outcome('child', 1), outcome('parent', 0, failed('testCodeFailure')))
  assert.deepEqual([itself.passed, itself.failures.length], [1, 1])
})

test('a skipped test is neither', () => {
  const { passed, skipped, failures } = tallyOf(outcome('later', 0, { skipped: true }))
  assert.deepEqual([passed, skipped, failures.length], [0, 1, 0])
})

test('a file that crashes is a failure, and so is one without tests', () => {
  assert.equal(
    tallyOf(outcome('fine', 0), outcome('a.test.ts', 0, failed('testCodeFailure'))).failures.length,
    1,
  )
  assert.equal(tallyOf(outcome('a.test.ts', 0)).failures.length, 1)
})

const root = join(import.meta.dirname, '..', '..')

/** Runs the runner to its end. */
function runner(
  ...words: readonly string[]
): Promise<{ readonly code: unknown; readonly lines: readonly string[] }> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  return new Promise((resolve) => {
    execFile(process.execPath, ['tools/test/run.ts', ...words], { cwd: root, env }, (error, stdout) =>
      resolve({ code: error?.code, lines: stdout.trim().split('\n') }),
    )
  })
}

test('a filter that matches nothing ends with code 1 and counts of zero', async () => {
  const { code, lines } = await runner('no such file')
  assert.equal(code, 1)
  assert.equal(lines.at(-1), '0 passed, 0 failed')
})

test('a file that is never over is killed and has failed, and the next is run', async () => {
  const { code, lines } = await runner('--limit=3', 'tools/fixtures/')
  assert.equal(code, 1)
  assert.deepEqual(
    lines
      .slice(0, 2)
      .map((line) => line.replace(/, [\d.]+ s$/, ''))
      .sort(),
    [
      'FAIL test/tools/fixtures/hangs.test.ts  1 passed, 1 failed',
      'ok   test/tools/fixtures/registers.test.ts  2 passed',
    ],
  )
  assert.match(
    lines.join('\n'),
    /hangs\.test\.ts: the file itself\nit did not end within 3 seconds and was killed; a controller/,
  )
  assert.equal(lines.at(-1), '3 passed, 1 failed')
})
