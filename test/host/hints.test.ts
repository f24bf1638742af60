/**
 * Errors of vats as a host sees them: the frames of the vat's source, the caller's line, and what to do
 * without a global.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { bundleVat } from '../../src/host/index.ts'
import { startTestKernel } from '../../src/testing/index.ts'

const file = join(import.meta.dirname, 'fixtures', 'failing.ts')
const bundle = await bundleVat(file)
const kernel = await startTestKernel({ vats: { failing: { code: bundle }, other: { code: bundle } } })
after(() => kernel.end())

async function errorOf(method: string, ...args: readonly unknown[]): Promise<Error> {
  const reason: unknown = await kernel.ask('failing', method, ...args).catch((error: unknown) => error)
  assert.ok(reason instanceof Error)
  return reason
}

const linesOf = ({ stack = '' }: Error): readonly string[] => stack.split('\n')

test('the stack of a rejected message has the lines of the vat, then those of the caller, and no others', async () => {
  const [message, lookUp, fail, ...callers] = linesOf(await errorOf('fail', 'b'))
  assert.deepEqual(
    [message, lookUp, fail],
    ['RangeError: no b', '  at lookUp (failing.ts:9:26)', '  at fail (failing.ts:16:28)'],
  )
  assert.ok(
    callers.length > 0 && callers.every((line) => line.startsWith('    at async ')),
    callers.join('\n'),
  )
  assert.match(callers[0] ?? '', /hints\.test\.ts:\d+:\d+/)
})

test('the same in a method that waited', async () => {
  assert.deepEqual(linesOf(await errorOf('late', 'b')).slice(0, 3), [
    'RangeError: no b',
    '  at lookUp (failing.ts:9:26)',
    '  at late (failing.ts:19:14)',
  ])
})

test('an error that a vat passes on has the lines of the vat that threw it', async () => {
  const error = await errorOf('pass', await kernel.root('other'), 'b')
  assert.deepEqual(linesOf(error).slice(0, 2), ['RangeError: no b', '  at lookUp (failing.ts:9:26)'])
})

test('a place in front of the code of a line is one of that line', async () => {
  assert.match(linesOf(await errorOf('constant'))[1] ?? '', /^ {2}at constant \(failing\.ts:22:\d+\)$/)
})

// Tw1.
test('after a restart the stack is not known, and no line of the host stands in its place', async () => {
  await errorOf('fail', 'b')
  const pending = await kernel.controller.send('failing', 'fail', ['b'])
  await kernel.controller.run()
  await kernel.restart()
  const status = await kernel.controller.status(pending)
  assert.ok(status.kind === 'rejected' && status.reason instanceof Error)
  assert.equal(status.reason.stack, 'RangeError: no b')
})

/** Method → what the hint begins with; undefined where there is none. */
const hints: Readonly<Record<string, RegExp | undefined>> = {
  timer:
    /^setTimeout is a global of Node and browsers and is undefined in a vat\. A vat has no clock: ask the timer/,
  env: /^process is a global of Node and is undefined in a vat\. Pass what is needed in the vat's parameters\./,
  derived: /^EventTarget /,
  bytes: /^Buffer .* Use Uint8Array/,
  made: /^URL /,
  kind: /^AbortSignal /,
  now: /^The present time is not available in a vat\./,
  chance: /^Math\.random is not available in a vat\./,
  argument: undefined,
  property: undefined,
  refuse: undefined,
}

for (const [method, hint] of Object.entries(hints)) {
  // Hi1, Hi2.
  test(`${hint === undefined ? 'no hint' : 'a hint'}: ${method}`, async () => {
    const error = await errorOf(method)
    const [, line = ''] = linesOf(error)
    if (hint === undefined) assert.match(line, /^ {2}at /)
    else assert.match(line.replace('  hint: ', ''), hint)
    assert.doesNotMatch(error.message, /hint|undefined in a vat/, 'the error itself is as it was thrown')
  })
}

test('asking for a global is no error', async () => {
  assert.equal(await kernel.ask('failing', 'asked'), 'no fetch')
})
