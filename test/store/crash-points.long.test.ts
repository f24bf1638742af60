/**
 * The writes of a store are cut at every single call that changes a file: opening then gives the block before
 * or the block after, and nothing else; a block whose commit had returned is there, also after a power loss.
 */
import assert from 'node:assert/strict'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { DatabaseSync } from 'node:sqlite'
import { CodedError } from '../../src/base/errors.ts'
import { sha256 } from '../../src/hashing/sha256.ts'
import { openController } from '../../src/host/index.ts'
import { makeScratch } from '../../src/sim/scratch.ts'
import { openStore } from '../../src/store/store.ts'
import { Disk, lay, readCalls, type Call, type Remains } from './crash/disk.ts'
import { compileRecorder, filesOf, record } from './crash/recording.ts'
import { goOn, kernelWork } from './crash/kernelWork.ts'
import { small, storeWorks, type Work } from './crash/works.ts'

/**
 * In memory where there is such a place: what a sync leaves is played from the recording, so that none is
 * needed here.
 */
const place = makeScratch('crash')
after(() => rmSync(place, { recursive: true, force: true }))
const library = compileRecorder(place)
const directory = join(place, 'store')

/**
 * Every row of every table, but for the bytes of bundles, which have a hash in their row, and the identity,
 * which is chance.
 */
function digest(): string {
  const database = new DatabaseSync(join(directory, 'heirloom.sqlite'), { readOnly: true })
  const tables = database
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'identity' ORDER BY name")
    .all()
  const texts = tables.map(({ name }) => {
    const columns = name === 'bundle' ? 'id, kind' : name === 'page' ? 'id, hash, uses' : '*'
    return JSON.stringify([
      name,
      database.prepare(`SELECT ${columns} FROM ${name} ORDER BY 1, 2`).all().map(Object.values),
    ])
  })
  database.close()
  return sha256(texts.join('\n'))
}

/** The files as they are now: playing on changes them in place. */
const copied = (files: ReadonlyMap<string, Buffer>): Map<string, Buffer> =>
  new Map([...files].map(([name, bytes]) => [name, Buffer.from(bytes)]))

/** Each file's hash: the files themselves are too long for a message that tells how they differ. */
const hashes = (files: ReadonlyMap<string, Buffer>): Record<string, string> =>
  Object.fromEntries([...files].map(([name, bytes]) => [name, `${bytes.length} bytes, ${sha256(bytes)}`]))

interface Recorded {
  readonly work: Work
  readonly begin: Disk
  readonly calls: readonly Call[]
  /** What the store holds at each height, as a process that was left alone says. */
  readonly digests: ReadonlyMap<number | 'none', string>
}

async function recorded(work: Work): Promise<Recorded> {
  rmSync(directory, { recursive: true, force: true })
  await work.prepare(directory)
  mkdirSync(directory, { recursive: true })
  const files = filesOf(directory)
  const digests = new Map<number | 'none', string>([['none', '']])
  const first = open()
  if (first.height !== 'none') digests.set(first.height, first.digest)
  lay(directory, files)
  await work.write(directory, (height) => height === 'done' || digests.set(height, digest()))
  lay(directory, files)
  const log = join(place, 'log')
  rmSync(log, { force: true })
  record(library, directory, work.name, log, { kind: 'whole' })
  const calls = readCalls(log)
  const end = new Disk(files)
  for (const call of calls) end.play(call)
  assert.deepEqual(
    hashes(end.issued()),
    hashes(filesOf(directory)),
    'the recording is whole: played, it gives the files to the byte',
  )
  return { work, begin: new Disk(files), calls, digests }
}

type Opened = { readonly height: number | 'none'; readonly digest: string }

function open(): Opened {
  try {
    const store = openStore(directory, { verify: 'all' })
    const { height } = store.blocks
    const opened = { height, digest: digest() }
    store.close()
    return opened
  } catch (error) {
    if (error instanceof CodedError && error.code === 'store/not-found') return { height: 'none', digest: '' }
    throw error
  }
}

/** The block that must be there, and the one that may be. */
interface Place {
  committed: number | 'none'
  next: number | 'none'
}

function check(
  { digests }: Recorded,
  { after: end, files }: Remains,
  { committed, next }: Place,
  at: number,
): number | 'none' {
  const where = `${end}, ${at} calls in, with ${committed} committed`
  lay(directory, files)
  try {
    const { height, digest: found } = open()
    assert.ok(height === committed || height === next, `it opens at ${height}`)
    assert.equal(found, digests.get(height), `what it holds at ${height}`)
    return height
  } catch (error) {
    throw new Error(`${where}: ${String(error)}`, { cause: error })
  }
}

/** Plays the recording, and after every call checks all that may be there. */
function cutEverywhere(
  recording: Recorded,
  which: 'all' | 'whole calls',
  each: (height: number | 'none', files: ReadonlyMap<string, Buffer>) => void = () => {},
): Readonly<Record<string, number>> {
  const { begin, calls, digests } = recording
  const heights = [...digests.keys()]
  let place: Place = {
    committed: heights.length > 1 && !begin.issued().has('heirloom.sqlite') ? 'none' : (heights[1] ?? 'none'),
    next: 'none',
  }
  const counts: Record<string, number> = {}
  for (let at = 0; at <= calls.length; at += 1) {
    const last = calls[at - 1]
    if (last !== undefined) begin.play(last)
    if (last?.path === 'marks' && last.kind === 'write' && String(last.bytes) !== 'done\n')
      place = { ...place, committed: Number(String(last.bytes)) }
    place.next = heights[heights.indexOf(place.committed) + 1] ?? place.committed
    for (const remains of begin.remains(last, calls[at], which)) {
      each(check(recording, remains, place, at), remains.files)
      counts[remains.after] = (counts[remains.after] ?? 0) + 1
    }
  }
  return counts
}

function storesOf(heights: Iterable<number | 'none'>): number[] {
  return [...heights].filter((height) => height !== 'none')
}

for (const work of storeWorks) {
  test(`${work.name}, cut everywhere (Sto1, Rec4)`, async (t) => {
    const recording = await recorded(work)
    assert.equal(Math.max(...storesOf(recording.digests.keys())), work.height)
    const counts = cutEverywhere(recording, 'all')
    assert.equal(counts['death'], recording.calls.length + 1)
    t.diagnostic(JSON.stringify(counts))
  })
}

test(`${kernelWork.name}, cut everywhere, and the kernel goes on to the same end from each block`, async (t) => {
  const recording = await recorded(kernelWork)
  const seen = new Map<number | 'none', Map<string, Buffer>>()
  const counts = cutEverywhere(
    recording,
    'whole calls',
    (height, files) => void (seen.has(height) || seen.set(height, copied(files))),
  )
  t.diagnostic(JSON.stringify(counts))
  assert.deepEqual(storesOf(seen.keys()), storesOf(recording.digests.keys()))
  const ends = new Set<string>()
  for (const [height, files] of seen) {
    lay(directory, files)
    const controller = await openController({ directory, make: 'never', verify: 'all' })
    assert.equal((await controller.storeStatus()).height, height)
    ends.add(await goOn(controller, () => {}))
    await controller.shutdown()
  }
  assert.equal(ends.size, 1)
})

test('a process that is killed before or in any call leaves what the recording says, to the byte (Sto2)', async () => {
  const work = small
  const { begin, calls } = await recorded(work)
  const files = copied(begin.issued())
  const log = join(place, 'killed-log')
  for (const [at, next] of calls.entries()) {
    const expected = [...begin.remains(calls[at - 1], next, 'all')]
    for (const [last, after] of [
      ['not made', 'death'],
      ['torn', 'death in the middle of a write'],
    ] as const) {
      const remains = expected.find((candidate) => candidate.after === after)
      if (remains === undefined) continue
      lay(directory, files)
      rmSync(log, { force: true })
      record(library, directory, work.name, log, { kind: 'killed', before: at + 1, last })
      assert.deepEqual(hashes(filesOf(directory)), hashes(remains.files), `${after} at call ${at + 1}`)
    }
    begin.play(next)
  }
})
