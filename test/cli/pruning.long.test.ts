/**
 * Retention, pruning, sizes and figures at the command line, also while another process has the store open.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { dispatch } from '../../src/cli/dispatch.ts'
import { openController } from '../../src/host/index.ts'
import { heirloom, prepareStore, temporaryDirectory, waitUntil, well, type Prepared } from './support.ts'

const directory = temporaryDirectory({ after })
let prepared: Prepared
before(async () => {
  prepared = await prepareStore(directory)
  const controller = await openController({ directory: prepared.store, make: 'never' })
  for (let n = 0; n < 450; n += 1) {
    await controller.sendOnly('counters', 'increment', [1n])
    if (n % 50 === 49) await controller.run().then(() => controller.commit())
  }
  await controller.shutdown()
})

const json = async (...words: string[]): Promise<Record<string, unknown>> =>
  JSON.parse(await well([...words, '--json'], prepared)) as Record<string, unknown>
const count = (document: Record<string, unknown>, name: string): number => Number(document[name])

test('what is kept is shown, set, and shown in the status', async () => {
  assert.deepEqual(await json('retention'), { transcripts: 'all', blocks: 'all', inputs: 10_000 })
  assert.match(await well(['retention'], prepared), /^transcript entries kept +all$/m)
  assert.deepEqual(await json('retention', '--blocks', '1_000'), { transcripts: 'all', blocks: 1_000, inputs: 10_000 })
  const kept = await heirloom(['retention', '--transcripts', 'incarnation', '--json'], prepared)
  assert.deepEqual([kept.code, JSON.parse(kept.out)], [0, { transcripts: 'incarnation', blocks: 1_000, inputs: 10_000 }])
  assert.deepEqual((await json('status'))['retention'], { transcripts: 'incarnation', blocks: 1_000, inputs: 10_000 })
  const set = await heirloom(['retention', '--transcripts', 'blocks:100000'], prepared)
  assert.deepEqual(
    [set.code, /cannot be upgraded by replay/.test(set.err)],
    [0, true],
    'what becomes impossible is said',
  )
  assert.match(await well(['status'], prepared), /^transcripts kept +those of the last 100,000 blocks/m)
  await well(['retention', '--transcripts', 'all', '--blocks', 'all'], prepared)
})

test('a dry run says what would go, while the store is open elsewhere too; pruning needs the store, and says what it did', async () => {
  const would = await json('prune', '--dry-run', '--transcripts', 'restart', '--blocks', '2')
  assert.deepEqual(
    [would['outcome'], count(would, 'entries') > 300, count(would, 'blocks') > 5],
    ['would', true, true],
  )
  assert.ok((would['withoutReplay'] as string[]).includes('v1'))
  const host = await openController({ directory: prepared.store, make: 'never' })
  assert.deepEqual(await json('prune', '--dry-run', '--transcripts', 'restart', '--blocks', '2'), would)
  assert.match(
    await well(['prune', '--dry-run', '--transcripts', 'restart'], prepared),
    /nothing was removed/,
  )
  const refused = await heirloom(['prune', '--transcripts', 'restart'], prepared)
  assert.deepEqual([refused.code, /store\/in-use/.test(refused.err)], [3, true])
  await host.shutdown()
  const size = await json('size')
  const pruned = await heirloom(['prune', '--transcripts', 'restart', '--blocks', '2', '--compact'], prepared)
  assert.equal(pruned.code, 0, pruned.err)
  assert.match(pruned.err, /^heirloom: A vat whose incarnation is not kept/)
  assert.match(pruned.out, /^ +no upgrade by replay of +v1/m)
  assert.ok(count(await json('size'), 'fileBytes') < count(size, 'fileBytes'))
  assert.equal(count(await json('prune', '--dry-run', '--transcripts', 'restart'), 'entries'), 0)
  assert.match(await well(['status', '--verify', 'all'], prepared), /^verified +all$/m)
  await well(['audit'], prepared)
  const replay = await heirloom(['upgrade', 'counters', 'counter', '--mode', 'replay'], prepared)
  assert.deepEqual([replay.code, /store\/pruned/.test(replay.err)], [3, true])
  await well(['upgrade', 'counters', 'counter'], prepared)
})

test('renamed traces are removed and the trace is not', async () => {
  const trace = join(directory, 'trace.jsonl')
  for (const name of [trace, `${trace}.1`, `${trace}.2`]) writeFileSync(name, '{}\n')
  assert.equal(count(await json('prune', '--old-trace', trace), 'traceFiles'), 2)
  assert.deepEqual([existsSync(trace), existsSync(`${trace}.1`)], [true, false])
})

test('sizes and figures are shown of a store that another process has open', async () => {
  const [size, top] = [await json('size'), await json('top')]
  const host = spawn(process.execPath, [join(import.meta.dirname, 'keeping-open.ts'), prepared.store], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  host.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
  const closed = once(host, 'close')
  try {
    await waitUntil(host, () => said === 'open')
    assert.equal((await heirloom(['prune', '--pages'], prepared)).code, 3)
    assert.deepEqual(await json('size', prepared.store), {
      ...size,
      logBytes: (await json('size'))['logBytes'],
    })
    assert.deepEqual(await json('top', prepared.store), top)
  } finally {
    host.kill('SIGKILL')
    await closed
  }
})

test('the table of sizes ends with the file, and the vats stand below it', async () => {
  const out = await well(['size'], prepared)
  assert.match(out, /^ +bundles +\d+ +[\d,]+$/m)
  assert.match(out, /^ +the file +[\d,]+$/m)
  assert.match(out, /^ +VAT +NAME +BYTES/m)
  assert.match(out, /^ +v1 +counters +[\d,]+/m)
})

test('figures are printed once where they are not shown on a screen, and again and again on one', async () => {
  assert.match(
    await well(['top'], prepared),
    /^block [\d,]+, crank [\d,]+, \d+ queued, \d+ vats?\nVAT +NAME +STATUS +DELIVERIES/,
  )
  const twice = await well(['top', '--count', '2', '--interval', '1'], prepared)
  assert.equal(twice.match(/^VAT +NAME/gm)?.length, 2)
  let screen = ''
  const io = {
    out: (text: string) => void (screen += text),
    err: () => {},
    progress: 'hidden',
    screen: 'terminal',
    env: { HEIRLOOM_STORE: prepared.store },
  } as const
  assert.equal(await dispatch(['top', '--count', '2', '--interval', '1'], io), 0)
  assert.ok(screen.startsWith('\u001b[H\u001b[J'))
  screen = ''
  assert.equal(await dispatch(['top', '--once'], io), 0)
  assert.match(screen, /^block /)
})

/** The words of a command → what the refusal says. */
const misused: readonly (readonly [words: readonly string[], said: RegExp])[] = [
  [['retention', '--transcripts', 'blocks:0'], /incarnation, restart or blocks:N/],
  [['retention', '--blocks', '1'], /at least 2/],
  [['prune', '--blocks', 'few'], /"few"/],
  [['prune', '--dry-run', '--compact'], /--compact/],
  [['top', '--once', '--count', '3'], /--once/],
  [['top', '--json', '--count', '3'], /--json/],
  [['size', 'here', 'there'], /unexpected argument/],
]

test('words that cannot be meant are refused', async () => {
  for (const [words, said] of misused) {
    const { code, err } = await heirloom(words, prepared)
    assert.equal(code, 2, words.join(' '))
    assert.match(err, said)
  }
  for (const verb of ['size', 'top', 'prune', 'retention']) {
    const { code, err } = await heirloom([verb, ...(verb === 'prune' ? ['--dry-run'] : [])], {
      store: join(directory, 'none'),
    })
    assert.deepEqual([code, /store\/not-found/.test(err)], [3, true], verb)
  }
})
