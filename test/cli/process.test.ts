/** The command as a process: signals, closed streams, two at once, and the Node it starts on. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { after, before, test } from 'node:test'
import { openController } from '../../src/controller/index.ts'
import { ended, heirloom, heirloomProcess, prepareStore, start, temporaryDirectory, waitUntil, well } from './support.ts'
import type { Prepared } from './support.ts'

const directory = temporaryDirectory({ after })
let prepared: Prepared
before(async () => {
  prepared = await prepareStore(directory)
})

interface StatusDocument {
  readonly height: number
  readonly cranks: number
}

const statusOf = async (): Promise<StatusDocument> => JSON.parse(await well(['status', '--json'], prepared)) as StatusDocument

test('a store that another process holds is in use for every verb but help', async () => {
  const holder = await openController({ directory: prepared.store, make: 'never' })
  try {
    for (const words of [['status'], ['vats'], ['run'], ['send', 'counters', 'version'], ['create', 'x', 'counter'], ['upgrade', 'counters', 'counter'], ['result', '1'], ['init']]) {
      const { code, err } = await heirloom(words, prepared)
      assert.equal(code, 3, words.join(' '))
      assert.match(err, /^heirloom: store\/in-use: /)
    }
    assert.equal((await heirloomProcess(['status'], prepared)).code, 3)
    assert.match(await well(['status', '--help'], prepared), /^heirloom status: /)
  } finally {
    await holder.shutdown()
  }
  await well(['status'], prepared)
})

test('a run that is interrupted exits with 130 and leaves the last block, from which the next goes on', async () => {
  for (const name of ['ticker', 'tocker']) await well(['create', name, 'ticker'], prepared)
  await well(['send', 'ticker', 'tick', '@tocker', '100000', '--queue'], prepared)
  const before = await statusOf()
  const trace = join(directory, 'trace')
  const running = start(['run', '--block', '10', '--trace', trace], prepared)
  const end = ended(running)
  // Lines of the trace are written just before a block: those of the next one say that it is there.
  const traced = (): number => (existsSync(trace) ? statSync(trace).size : 0)
  await waitUntil(running, () => traced() > 0)
  const first = traced()
  await waitUntil(running, () => traced() > first)
  running.kill('SIGINT')
  const { code, out, err } = await end
  assert.equal(code, 130)
  assert.equal(out, '')
  assert.match(err, /^heirloom: interrupted/)
  const then = await statusOf()
  assert.ok(then.height > before.height)
  assert.equal((then.cranks - before.cranks) % (then.height - before.height), 0, 'whole blocks only')
  const report = JSON.parse(await well(['run', '--cranks', '25', '--block', '10', '--json'], prepared)) as { blocks: number; ended: string }
  assert.deepEqual([report.blocks, report.ended], [3, 'limit'])
})

test('a send that is interrupted leaves nothing of itself', async () => {
  const before = await statusOf()
  const running = start(['send', 'ticker', 'tick', '@tocker', '1000000000', '--trace', join(directory, 'sent')], prepared)
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
  return paths.filter((path) => existsSync(path)).find((path) => Number.parseInt(spawnSync(path, ['-p', 'process.versions.node']).stdout.toString(), 10) < 24)
}

test('an older Node hands over to the one of the package, with exit code and signals', async (t) => {
  const node = olderNode()
  if (node === undefined) return t.diagnostic('there is no older Node on the path')
  const store = join(temporaryDirectory(t), 'store')
  assert.match((await heirloomProcess(['--version'], { store, node })).out, /^heirloom \d/)
  assert.equal((await heirloomProcess(['status'], { store, node })).code, 3)
  const running = start(['send', 'ticker', 'tick', '@tocker', '1000000000', '--trace', join(directory, 'older')], { ...prepared, node })
  const end = ended(running)
  await waitUntil(running, () => existsSync(join(directory, 'older')))
  running.kill('SIGINT')
  assert.equal((await end).code, 130)
})
