/**
 * A process killed at any instant while it prunes loses nothing that is kept, and the next opening goes on.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { test } from 'node:test'
import { vatId, type Hash } from '../../src/base/ids.ts'
import { createStore, openStore } from '../../src/store/store.ts'
import { query } from '../kit/rows.ts'
import { Dice, entry, temporaryDirectory } from './support.ts'

const v1 = vatId(1)
const pagesOf = (manifest: Uint8Array): Hash[] => JSON.parse(Buffer.from(manifest).toString()) as Hash[]

/**
 * Lets the pruner go on for so many blocks, and kills it after a moment. Returns the last height that it
 * told.
 */
async function killedAfter(directory: string, blocks: number, moment: number): Promise<number> {
  const child = spawn(execPath, [join(import.meta.dirname, 'killed-pruner.ts'), directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const closed = once(child, 'close')
  const heights: number[] = []
  child.stdout.setEncoding('utf8')
  child.stdout.on('data', (lines: string) => heights.push(...lines.trim().split('\n').map(Number)))
  while (heights.length < blocks + 1) await once(child.stdout, 'data')
  await new Promise((resolve) => setTimeout(resolve, moment))
  child.kill('SIGKILL')
  await closed
  return heights.at(-1) ?? 0
}

test('a store killed while it is pruned has everything that is kept, is sound, and is pruned on (Pru2)', async (t) => {
  const directory = temporaryDirectory(t)
  createStore(directory).close()
  const dice = new Dice(Date.now())
  for (let round = 0; round < 8; round += 1) {
    const told = await killedAfter(directory, 5 + dice.roll(40), dice.roll(12))
    const store = openStore(directory, { verify: 'all' })
    const { height } = store.blocks
    assert.ok(height === told || height === told + 1, `${height} after ${told}`)
    assert.deepEqual(store.audit(pagesOf).deviations, [])
    assert.equal(store.transcripts.count(v1), 20 * height)
    const from = store.transcripts.span(v1)?.start ?? assert.fail()
    const texts = [...store.transcripts.entries(v1, from, 20 * height)].map(({ text }) => text)
    assert.deepEqual(
      texts,
      Array.from({ length: 20 * height - from }, (_, n) =>
        JSON.stringify(entry(`${n % 20} in ${Math.floor((from + n) / 20) + 1}`)),
      ),
    )
    for (let n = 0; n < 3; n += 1) store.prune({ transcripts: 'restart', blocks: 5, inputs: 'all' }, 'none')
    assert.equal(
      query<{ rows: number }>(directory, 'SELECT count(*) AS rows FROM entry')[0]?.rows,
      20 * height - from,
    )
    store.close()
  }
})
