/**
 * A node that is killed again and again (App1, App2, Opr1, Hnd1, Wrk2): at random instants of its blocks, 25
 * times for each seed, with `HEIRLOOM_SEEDS` of them (default: 3); and after each commit of its store.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
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

/** How a process of the node is killed: so many milliseconds after it opened its store, or commits. */
type Killing =
  | { readonly kind: 'time'; readonly ms: number }
  | { readonly kind: 'commits'; readonly count: number }

/** Starts the node where it stopped, and adds the hashes that it reports. Returns whether it is done. */
async function startIn(
  [store, file]: readonly [string, string],
  killing: Killing | undefined,
  hashes: Map<number, string>,
): Promise<boolean> {
  const commits = killing?.kind === 'commits' ? [String(killing.count)] : []
  const child = spawn(process.execPath, [program, store, file, ...commits], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit') as Promise<[number | null]>
  let out = ''
  let timer: NodeJS.Timeout | undefined
  child.stdout.on('data', (bytes: Buffer) => {
    out += bytes.toString()
    if (killing?.kind === 'time') timer ??= setTimeout(() => child.kill('SIGKILL'), killing.ms)
  })
  const [code] = await ended
  clearTimeout(timer)
  assert.ok(code === 0 || code === null, `exit code ${code}`)
  for (const line of out.split('\n').slice(0, -1)) {
    const [height, hash = ''] = line.split(' ')
    hashes.set(Number(height), hash)
  }
  return code === 0
}

/** Has a node execute the eventful blocks while it is killed, and compares with one that was not. */
async function compare(t: TestContext, killings: (kills: number) => Killing | undefined): Promise<void> {
  const blocks = await eventfulBlocks(t)
  const place = temporaryDirectory(t)
  const file = join(place, 'blocks.json')
  const text = blocks.map(({ block: { time, transactions } }) => ({
    time,
    transactions: transactions.map((bytes) => Buffer.from(bytes).toString('base64')),
  }))
  writeFileSync(file, JSON.stringify(text))
  const hashes = new Map<number, string>()
  let kills = 0
  while (!(await startIn([join(place, 'store'), file], killings(kills), hashes))) {
    kills += 1
    assert.ok(kills < 150, 'a node that is killed goes on')
  }
  t.diagnostic(`${kills} kills`)
  assert.ok(kills >= 20, 'the node was killed')
  for (const { block, result } of blocks)
    if (hashes.has(block.height)) assert.equal(hashes.get(block.height), result.appHash, `block ${block.height}`)
  assert.equal(hashes.get(blocks.length), blocks.at(-1)?.result.appHash)
}

const seeds = Number(process.env['HEIRLOOM_SEEDS'] ?? 3)

for (let seed = 1; seed <= seeds; seed += 1)
  test(`seed ${seed}: the hash of every height is that of a node that was never killed`, async (t) => {
    const next = random(seed)
    await compare(t, (kills) => (kills < 25 ? { kind: 'time', ms: next() ** 2 * 300 } : undefined))
  })

test('a node that is killed after each commit of its store comes to the same hashes', async (t) => {
  await compare(t, () => ({ kind: 'commits', count: 1 }))
})

test('a node that is killed after every second commit of its store comes to the same hashes', async (t) => {
  await compare(t, () => ({ kind: 'commits', count: 2 }))
})
