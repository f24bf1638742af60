/** Events and transactions of a node whose process is killed again and again. */
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { alice, bob, EventReader, getJson, hashOf, submit, temporaryDirectory, transfer } from './kit.ts'

const program = join(import.meta.dirname, 'nodeProcess.ts')

interface Running {
  readonly child: ChildProcess
  readonly url: string
}

async function start(directory: string): Promise<Running> {
  const child = spawn(process.execPath, [program, directory], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })
  const [url] = (await once(lines, 'line')) as [string]
  return { child, url }
}

test('a stream goes on over kills without a gap or a repetition', { timeout: 600_000 }, async (t) => {
  let running: Running | undefined
  t.after(() => running?.child.kill('SIGKILL'))
  const directory = temporaryDirectory(t)
  const seen: string[] = []
  const transactions = Array.from({ length: 60 }, () => transfer(alice, bob))
  const killAfter = [1, 4, 2, 7]
  for (const count of killAfter) {
    running = await start(directory)
    const reader = await EventReader.open(running, '?kind=transfer', { 'last-event-id': seen.at(-1) ?? '0' })
    const node = running
    const submitting = (async () => {
      for (const bytes of transactions) await submit(node, bytes, '?wait=0.01')
    })().catch(() => {})
    await reader.take(count)
    running.child.kill('SIGKILL')
    await once(running.child, 'exit')
    await Promise.all([reader.done, submitting])
    for (const { id } of await reader.take(0)) seen.push(id)
  }
  running = await start(directory)
  for (const bytes of transactions) {
    const { body } = await submit(running, bytes)
    assert.equal((body['result'] as { code: string }).code, 'ok', 'Txr1: submitted again, executed once')
  }
  const reader = await EventReader.open(running, '?kind=transfer', { 'last-event-id': seen.at(-1) ?? '0' })
  for (const { id } of await reader.take(transactions.length - seen.length)) seen.push(id)
  const whole = await EventReader.open(running, '?kind=transfer&after=0')
  const all = await whole.take(transactions.length)
  assert.deepEqual(seen, all.map(({ id }) => id), 'Est1')
  assert.deepEqual(
    new Set(all.map(({ data }) => data['transaction'])),
    new Set(transactions.map((bytes) => hashOf(bytes))),
  )
  const { body } = await getJson(running, `/v1/query/ledger/balance/${bob.address}`)
  assert.equal((body['value'] as { balance: string }).balance, String(1_000_000_000 + transactions.length))
  await Promise.all([reader.close(), whole.close()])
})
