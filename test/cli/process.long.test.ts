/** The command as a process: signals, closed streams, two at once, and the Node it starts on. */
import assert from 'node:assert/strict'
import { spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { openController } from '../../src/host/index.ts'
import {
  ended,
  heirloom,
  heirloomProcess,
  prepareStore,
  start,
  temporaryDirectory,
  waitUntil,
  well,
  type Ended,
  type Prepared,
} from './support.ts'

const directory = temporaryDirectory({ after })
let prepared: Prepared
before(async () => {
  prepared = await prepareStore(directory)
})

interface StatusDocument {
  readonly height: number
  readonly cranks: number
  readonly queued: number
}

const statusOf = async (): Promise<StatusDocument> =>
  JSON.parse(await well(['status', '--json'], prepared)) as StatusDocument

// Se1: every command closes the store.
test('a store that another process holds is in use for every verb that writes', async () => {
  const holder = await openController({ directory: prepared.store, make: 'never' })
  try {
    for (const words of [
      ['run'],
      ['send', 'counters', 'version'],
      ['create', 'x', 'counter'],
      ['upgrade', 'counters', 'counter'],
      ['result', '1', '--forget'],
      ['init'],
    ]) {
      const { code, err } = await heirloom(words, prepared)
      assert.equal(code, 3, words.join(' '))
      assert.match(err, /^heirloom: store\/in-use: /)
    }
    assert.equal((await heirloomProcess(['run'], prepared)).code, 3)
    assert.match(await well(['status', '--help'], prepared), /^heirloom status: /)
  } finally {
    await holder.shutdown()
  }
  await well(['status'], prepared)
})

interface RunDocument {
  readonly ended: string
  readonly cranks: number
  readonly blocks: number
  readonly height: number
  readonly queued: number
}

/** A run of two vats that send to each other for long, once it has committed two blocks. */
async function longRun(
  words: readonly string[],
  block = '10',
): Promise<{ readonly running: ChildProcess; readonly end: Promise<Ended>; readonly trace: string }> {
  if ((await statusOf()).queued === 0)
    await well(['send', 'ticker', 'tick', '@tocker', '100000', '--queue'], prepared)
  const trace = join(temporaryDirectory({ after }), 'trace')
  const running = start(['run', '--block', block, '--trace', trace, ...words], prepared)
  const end = ended(running)
  // Lines of the trace are written just before a block: those of the next one say that it is there.
  const traced = (): number => (existsSync(trace) ? statSync(trace).size : 0)
  await waitUntil(running, () => traced() > 0)
  const first = traced()
  await waitUntil(running, () => traced() > first)
  return { running, end, trace }
}

test('two vats that send to each other for long are made', async () => {
  for (const name of ['ticker', 'tocker']) await well(['create', name, 'ticker'], prepared)
})

for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143]] as const) {
  test(`a run ends after the crank in work at ${signal}, commits, and reports how far it came`, async () => {
    const before = await statusOf()
    const { running, end } = await longRun(['--json'])
    running.kill(signal)
    const { code: exit, out, err } = await end
    assert.equal(exit, code)
    assert.match(
      err,
      new RegExp(`^heirloom: ${signal}: ending after the current crank; a second signal ends at once\n$`),
    )
    const lines = out.trimEnd().split('\n')
    assert.equal(lines.length, 1)
    const report = JSON.parse(lines[0] ?? '') as RunDocument
    const then = await statusOf()
    assert.deepEqual(
      [report.ended, report.height, report.queued, report.blocks],
      ['interrupted', then.height, then.queued, then.height - before.height - (before.queued === 0 ? 1 : 0)],
    )
    assert.ok(report.cranks >= 20 && then.queued > 0)
    const next = JSON.parse(
      await well(['run', '--cranks', '25', '--block', '10', '--json'], prepared),
    ) as RunDocument
    assert.deepEqual([next.blocks, next.ended], [3, 'limit'])
  })
}

// Mn2.
test('a run in text says that it was interrupted', async () => {
  const { running, end } = await longRun([])
  running.kill('SIGINT')
  const { code, out } = await end
  assert.equal(code, 130)
  assert.match(out, /^\d+ cranks, .*; interrupted\n$/)
})

// Mn2.
test('a second signal ends a run at once, at its last block', async () => {
  for (const words of [
    ['tick', '@tocker', '0'],
    ['spin', '1000000000'],
  ])
    await well(['send', 'tocker', ...words, '--queue'], prepared)
  const before = await statusOf()
  const { running, end } = await longRun([], '1')
  // The crank after these two is the long one.
  await setTimeout(1_000)
  running.kill('SIGTERM')
  let err = ''
  running.stderr?.on('data', (text: string) => (err += text))
  await waitUntil(running, () => err.includes('SIGTERM'))
  // Two that come together are one: launchers pass on what the terminal has sent already.
  await setTimeout(300)
  running.kill('SIGTERM')
  const { code, out } = await end
  assert.deepEqual([code, out], [143, ''])
  assert.match(
    err,
    /ending after the current crank; .*\nheirloom: interrupted \(SIGTERM\); the store is at its last block\n$/,
  )
  const then = await statusOf()
  assert.ok(then.height > before.height && then.queued > 0)
})

// Mn1, Se2.
test('a send that is interrupted leaves nothing of itself', async () => {
  const before = await statusOf()
  const running = start(
    ['send', 'ticker', 'tick', '@tocker', '1000000000', '--trace', join(directory, 'sent')],
    prepared,
  )
  const end = ended(running)
  await waitUntil(running, () => existsSync(join(directory, 'sent')))
  running.kill('SIGTERM')
  assert.equal((await end).code, 143)
  assert.deepEqual(await statusOf(), before)
})

test('a reader that goes away before the answer ends nothing and hears no complaint', async () => {
  const before = await statusOf()
  const running = start(['send', 'counters', 'version', '--queue'], prepared)
  running.stdout?.destroy()
  const { code, err } = await ended(running)
  assert.deepEqual([code, err], [0, ''])
  assert.equal((await statusOf()).height, before.height + 1)
})

/** A Node on the path that is too old to run the sources by itself. */
function olderNode(): string | undefined {
  const paths = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'node'))
  return paths
    .filter((path) => existsSync(path))
    .find(
      (path) => Number.parseInt(spawnSync(path, ['-p', 'process.versions.node']).stdout.toString(), 10) < 24,
    )
}

test('an older Node hands over to the one of the package, with exit code and signals', async (t) => {
  const node = olderNode()
  if (node === undefined) return t.diagnostic('there is no older Node on the path')
  const store = join(temporaryDirectory(t), 'store')
  assert.match((await heirloomProcess(['--version'], { store, node })).out, /^heirloom \d/)
  assert.equal((await heirloomProcess(['status'], { store, node })).code, 3)
  const running = start(
    ['send', 'ticker', 'tick', '@tocker', '1000000000', '--trace', join(directory, 'older')],
    { ...prepared, node },
  )
  const end = ended(running)
  await waitUntil(running, () => existsSync(join(directory, 'older')))
  running.kill('SIGINT')
  assert.equal((await end).code, 130)
})
