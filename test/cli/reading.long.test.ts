/** Commands that read, while another process has the store open. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openController } from '../../src/host/index.ts'
import { heirloom, prepareStore, temporaryDirectory, well } from './support.ts'

const { store } = await prepareStore(temporaryDirectory({ after }))
const result =
  /queued: result (\d+)/.exec(
    await well(['send', 'counters', 'increment', '1n', '--queue'], { store }),
  )?.[1] ?? ''
const { height } = JSON.parse(await well(['status', '--json'], { store })) as { height: number }
const writer = await openController({ directory: store, make: 'never' })
after(() => writer.shutdown())
// Not committed: no reader sees it.
await writer.run()

const reading: Readonly<Record<string, RegExp>> = {
  status: /^queued +1$/m,
  vats: /counters/,
  'history counters': /start/,
  [`result ${result}`]: /pending/,
  audit: /no deviations/,
  cycles: /no vats/,
  'signature counter': /Counter/,
  'port none status': /^$/,
  time: /^0$/m,
  'upgrade counters counter-2 --check --parameters-from kept': /would be incarnation 1/,
}

const line = `heirloom: another process has the store open; this is its last committed block, ${height}\n`

for (const [words, says] of Object.entries(reading)) {
  test(`${words.split(' ')[0]} reads the last committed block, and says that another process has the store open`, async () => {
    const { out, err } = await heirloom(words.split(' '), { store })
    assert.match(out, says)
    assert.ok(err.startsWith(line), err)
    const { out: json } = await heirloom([...words.split(' '), '--json'], { store })
    const document = JSON.parse(json) as { readonly asOf?: number; readonly error?: object }
    if (!Array.isArray(document) && document.error === undefined) assert.equal(document.asOf, height)
  })
}

test('a command that writes is refused', async () => {
  const { code, err } = await heirloom(['send', 'counters', 'increment', '1n'], { store })
  assert.deepEqual([code, err.split(': ')[1]], [3, 'store/in-use'])
})

test('nothing is said when no one else has the store open', async () => {
  const { store: own } = await prepareStore(temporaryDirectory({ after }))
  const { err, out } = await heirloom(['status', '--json'], { store: own })
  assert.deepEqual([err, 'asOf' in (JSON.parse(out) as object)], ['', false])
})
