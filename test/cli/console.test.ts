/** What vats write to their consoles reaches their author. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { dispatch } from '../../src/cli/dispatch.ts'
import { openController } from '../../src/host/index.ts'
import type { VatConsoleLine } from '../../src/protocol/machine/messages.ts'
import { emptyStore, fixture, temporaryDirectory, well } from './support.ts'

const directory = temporaryDirectory({ after })
const store = join(directory, 'store')

before(async () => {
  await emptyStore(store)
  await well(['install', 'talker', fixture('talker')], { store })
})

/** As at a terminal, or not. */
async function said(progress: 'shown' | 'hidden', words: readonly string[]): Promise<string> {
  let err = ''
  const io = {
    out: () => {},
    err: (text: string) => void (err += text.replaceAll('\r\u001b[K', '')),
    progress,
    env: { HEIRLOOM_STORE: store },
  } as const
  await dispatch(words, io)
  return err
}

const steps: readonly (readonly [words: readonly string[], says: string])[] = [
  [['create', 'alice', 'talker', '--parameters', '5n'], '[alice] I start with 5n\n'],
  [['send', 'alice', 'say', '"hello"', '2n'], '[alice] hello 2n\n'],
  [['send', 'alice', 'say', '"hello"', '--quiet'], ''],
  [['send', 'alice', 'warn'], '[alice] warning: two\n  lines, and \\u001b[31mred\n'],
  [
    ['send', 'alice', 'fail'],
    '[alice] error: before\n[alice] debug: Error: no\n    at fail (talker.ts:11:13)\n',
  ],
  [['upgrade', 'alice', 'talker', '--parameters', '6n'], '[alice] I start with 6n\n'],
  [['status'], ''],
]

test('at a terminal it is shown on standard error, with the name of the vat, unless --quiet is given', async () => {
  for (const [words, says] of steps) assert.equal(await said('shown', words), says, words.join(' '))
  await well(['send', 'alice', 'say', '"later"', '--queue'], { store })
  assert.match(await said('shown', ['run']), /^\[alice\] later\n/)
})

test('where no one watches, it is not shown', async () => {
  assert.equal(await said('hidden', ['send', 'alice', 'say', '"hello"']), '')
})

test('--console appends it to a file, wherever the command runs', async () => {
  const file = join(directory, 'console')
  for (const word of ['"one"', '"two"'])
    await said('hidden', ['send', 'alice', 'say', word, '--console', file])
  assert.equal(readFileSync(file, 'utf8'), '[alice] one\n[alice] two\n')
  assert.match(
    await said('hidden', ['send', 'alice', 'say', '--console', file, '--quiet']),
    /cli\/usage.*give one/,
  )
  assert.match(
    await said('hidden', ['send', 'alice', 'say', '--console', directory]),
    /cli\/usage: --console: /,
  )
})

test('a host is told of each line before the call in which it was written is answered', async (t) => {
  const lines: VatConsoleLine[] = []
  const controller = await openController({
    directory: store,
    make: 'never',
    onConsole: (line) => lines.push(line),
  })
  t.after(() => controller.shutdown())
  for (let n = 0; n < 3; n += 1) {
    await controller.sendOnly('alice', 'say', [n])
    await controller.run()
    assert.deepEqual(lines.at(-1), { vat: 'v1', name: 'alice', level: 'log', text: String(n) })
  }
  await controller.sendOnly('alice', 'fail')
  await controller.run()
  assert.deepEqual(
    lines.slice(3).map(({ level, text }) => [level, text]),
    [
      ['error', 'before'],
      ['debug', 'Error: no\n  at fail (talker.ts:11:13)'],
    ],
  )
  await assert.rejects(
    () => openController({ directory: store, onConsole: 'here' as never }),
    /onConsole must be a function/,
  )
})
