/**
 * A node that is killed at random instants of its blocks, again and again (App1, App2, Opr1, Hnd1): 25 times
 * for each seed, with `HEIRLOOM_SEEDS` of them (default: 3).
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryDirectory } from '../kit/world.ts'
import { eventfulBlocks } from './eventful.ts'

const program = join(import.meta.dirname, 'killed-node.ts')

/** A generator of numbers below 1, the same for the same seed. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return state / 2 ** 31
  }
}

const seeds = Number(process.env['HEIRLOOM_SEEDS'] ?? 3)

for (let seed = 1; seed <= seeds; seed += 1)
  test(`seed ${seed}: the hash of every height is that of a node that was never killed`, async (t) => {
    const blocks = await eventfulBlocks(t)
    const place = temporaryDirectory(t)
    const file = join(place, 'blocks.json')
    const text = blocks.map(({ block: { time, transactions } }) => ({
      time,
      transactions: transactions.map((bytes) => Buffer.from(bytes).toString('base64')),
    }))
    writeFileSync(file, JSON.stringify(text))
    const next = random(seed)
    const hashes = new Map<number, string>()
    let [kills, isDone] = [0, false]
    while (!isDone) {
      const child = spawn(process.execPath, [program, join(place, 'store'), file], { stdio: ['ignore', 'pipe', 'inherit'] })
      const ended = once(child, 'exit')
      let out = ''
      child.stdout.on('data', (bytes: Buffer) => (out += bytes.toString()))
      // Most of the start is the opening of the store: the blocks come after it.
      const timer = kills < 25 ? setTimeout(() => child.kill('SIGKILL'), 300 + next() * 900) : undefined
      const [code] = (await ended) as [number | null]
      clearTimeout(timer)
      assert.ok(code === 0 || code === null, `exit code ${code}`)
      isDone = code === 0
      if (!isDone) kills += 1
      for (const line of out.split('\n').slice(0, -1)) {
        const [height, hash = ''] = line.split(' ')
        hashes.set(Number(height), hash)
      }
    }
    t.diagnostic(`${kills} kills`)
    for (const { block, result } of blocks)
      if (hashes.has(block.height)) assert.equal(hashes.get(block.height), result.appHash, `block ${block.height}`)
    assert.equal(hashes.get(blocks.length), blocks.at(-1)?.result.appHash)
  })
