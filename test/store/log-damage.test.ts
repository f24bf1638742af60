/**
 * Damage to the log, and older copies: what a dead process left is opened at the block that was committed
 * last, or is refused with a code. It never goes back in silence.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { exportStore, forkStore, openStore } from '../../src/store/store.ts'
import {
  commitBlock,
  copiesOf,
  copyOf,
  directoryInMemory,
  flipAt,
  mutations,
  outcomeOf,
  refusedOrWhole,
  withFile,
  type Copy,
  type Files,
} from './damaging.ts'
import { filesOf } from './crash/recording.ts'
import { lay } from './crash/disk.ts'
import { Dice, refusal } from './support.ts'
import { sha256 } from '../../src/hashing/sha256.ts'

const log = 'heirloom.sqlite-wal'
const file = 'heirloom.sqlite'
const record = 'heirloom.last'
const frameBytes = 4_096 + 24
const logOf = ({ files }: Copy): Buffer => files.get(log) ?? assert.fail('there is a log')
const damaged = (copy: Copy, change: Buffer | 'gone'): Files => withFile(copy.files, log, change)

interface Prepared {
  readonly directory: string
  readonly copies: readonly Copy[]
}

function prepared(t: TestContext, blocks: number, logPages?: number): Prepared {
  const parent = directoryInMemory(t)
  return {
    directory: join(parent, 'laid'),
    copies: copiesOf(join(parent, 'made'), blocks, logPages === undefined ? {} : { logPages }),
  }
}

const at = ({ copies }: Prepared, height: number): Copy =>
  copies[height] ?? assert.fail(`there is a copy at ${height}`)

/** The copies in the states of the log that there are: none of it in the file, all of it, begun again. */
function copiesInAllStates(t: TestContext): Prepared & { readonly some: readonly Copy[] } {
  const world = prepared(t, 24, 40)
  const kinds = world.copies.map(
    ({ files }) => /^log (\w+)/m.exec(files.get(record)?.toString('latin1') ?? '')?.[1],
  )
  assert.ok(kinds.includes('apart') || kinds.includes('merged'), kinds.join())
  return { ...world, some: [3, 7, 12, 18, 24].map((height) => at(world, height)) }
}

test('copies of a store that is open are opened at the block that was committed last', (t) => {
  for (const logPages of [undefined, 40]) {
    const world = prepared(t, 24, logPages)
    for (const copy of world.copies)
      assert.equal(refusedOrWhole(world.directory, copy.files, copy, 'untouched'), 'opened')
  }
})

test('a bit that flips anywhere in the log takes no block back', (t) => {
  const { some, directory } = copiesInAllStates(t)
  const dice = new Dice(7)
  const met = new Map<string, number>()
  for (const copy of some) {
    const bytes = logOf(copy)
    for (let round = 0; round < 60; round += 1) {
      const [place, bit] = [round < 32 ? round : dice.roll(bytes.length), dice.roll(8)]
      const outcome = refusedOrWhole(
        directory,
        damaged(copy, flipAt(bytes, place, bit)),
        copy,
        `bit ${bit} of byte ${place} of the log`,
      )
      met.set(outcome, (met.get(outcome) ?? 0) + 1)
    }
  }
  t.diagnostic(JSON.stringify([...met]))
  assert.deepEqual([...met.keys()].sort(), ['opened', 'store/corrupt-log'])
})

test('every bit of the header and of a frame that the last commits need is missed (Wal1, Cnt1)', (t) => {
  const world = prepared(t, 6)
  const copy = at(world, 6)
  const bytes = logOf(copy)
  for (const place of [
    ...Array(32).keys(),
    ...Array.from({ length: 24 }, (_, byte) => 32 + 2 * frameBytes + byte),
    bytes.length - 1,
  ]) {
    const outcome = outcomeOf(world.directory, damaged(copy, flipAt(bytes, place, place % 8)))
    assert.ok(
      outcome.kind === 'refused' && outcome.code === 'store/corrupt-log',
      `byte ${place}: ${JSON.stringify(outcome)}`,
    )
    assert.deepEqual(
      hashes(filesOf(world.directory)),
      hashes(damaged(copy, flipAt(bytes, place, place % 8))),
      'what is refused is not touched',
    )
  }
})

/** Of the files but for the lock. */
const hashes = (files: Files): [string, string][] =>
  [...files]
    .filter(([name]) => !name.startsWith('heirloom.lock'))
    .map(([name, bytes]) => [name, sha256(bytes)])

test('whatever a disk does to the log, no block goes back in silence (Cnt1, Cnt2)', (t) => {
  const { some, directory } = copiesInAllStates(t)
  const dice = new Dice(11)
  for (const copy of some) {
    for (const { name, apply } of mutations) {
      for (let round = 0; round < 8; round += 1)
        refusedOrWhole(directory, damaged(copy, apply(logOf(copy), dice)), copy, `${name} in the log`)
    }
  }
})

test('a log that is cut off at any frame, or within one, is refused', (t) => {
  const world = prepared(t, 6)
  const copy = at(world, 6)
  const bytes = logOf(copy)
  for (let length = 1; length < bytes.length; length += 1_373) {
    const outcome = outcomeOf(world.directory, damaged(copy, bytes.subarray(0, length)))
    assert.ok(
      outcome.kind === 'refused' && outcome.code === 'store/corrupt-log',
      `${length} bytes: ${JSON.stringify(outcome)}`,
    )
  }
})

test('a log that is missing or empty while blocks are only in it is refused, with both blocks', (t) => {
  const world = prepared(t, 6)
  const copy = at(world, 6)
  for (const change of ['gone', Buffer.alloc(0)] as const) {
    lay(world.directory, damaged(copy, change))
    const { detail } = refusal('store/rolled-back', () => openStore(world.directory))
    assert.deepEqual(
      [detail['height'], detail['recordedHeight'], detail['recordedHash']],
      [0, 6, copy.last.activityHash],
    )
  }
})

test('a log that was taken in may be missing (Com3)', (t) => {
  const world = prepared(t, 24, 40)
  const merged = world.copies.filter(
    ({ files }) =>
      /^log merged/m.test(files.get(record)?.toString('latin1', 0, 512) ?? '') &&
      /^log merged/m.test(files.get(record)?.toString('latin1', 4_096, 4_608) ?? ''),
  )
  const ofOne = world.copies.filter((copy) => recordOf(copy).includes('log merged'))
  assert.ok(ofOne.length > 0, `${merged.length} copies`)
  for (const copy of ofOne)
    assert.equal(refusedOrWhole(world.directory, damaged(copy, 'gone'), copy, 'no log'), 'opened')
})

/** The text of the generation that is the last. */
function recordOf({ files, last }: Copy): string {
  const bytes = files.get(record) ?? assert.fail('there is a record')
  const texts = [0, 4_096].map((start) => bytes.toString('latin1', start, start + 512))
  return (
    texts.find((text) => text.includes(`\nheight ${last.height}\n`)) ?? assert.fail('it has the last block')
  )
}

test('the log of another store, and an older one of the same, are refused', (t) => {
  const [one, other] = [prepared(t, 6), prepared(t, 6)]
  const copy = at(one, 6)
  for (const [what, foreign] of [
    ['of another store', at(other, 6)],
    ['of another store, shorter', at(other, 1)],
    ['older', at(one, 4)],
  ] as const) {
    const outcome = outcomeOf(one.directory, damaged(copy, logOf(foreign)))
    assert.ok(
      outcome.kind === 'refused' && outcome.code === 'store/corrupt-log',
      `${what}: ${JSON.stringify(outcome)}`,
    )
  }
  const closed = { files: filesOf(join(one.directory, '..', 'made')), last: copy.last }
  for (const height of [1, 4, 6]) {
    const outcome = outcomeOf(one.directory, withFile(closed.files, log, logOf(at(other, height))))
    assert.equal(outcome.kind, 'refused', `beside a closed store, the log of another at ${height}`)
    assert.ok(
      filesOf(one.directory)
        .get(file)
        ?.equals(closed.files.get(file) ?? assert.fail()),
      'what is refused is not touched',
    )
    assert.equal(refusedOrWhole(one.directory, closed.files, closed, 'put right'), 'opened')
  }
})

test('an older copy of the file is refused, and accepted by who says so (Cnt3)', (t) => {
  const world = prepared(t, 6)
  const made = join(world.directory, '..', 'made')
  const older = filesOf(made)
  const store = openStore(made)
  commitBlock(store)
  commitBlock(store)
  store.close()
  const newest = filesOf(made)
  for (const name of [file]) {
    lay(world.directory, withFile(newest, name, older.get(name) ?? 'gone'))
    const { detail } = refusal('store/rolled-back', () => openStore(world.directory))
    assert.deepEqual([detail['height'], detail['recordedHeight']], [6, 8])
  }
  const accepted = openStore(world.directory, { rolledBack: 'accept' })
  assert.equal(accepted.blocks.height, 6)
  commitBlock(accepted)
  accepted.close()
  const again = openStore(world.directory, { verify: 'all' })
  assert.equal(again.blocks.height, 7, 'once accepted, it is a store like any other')
  again.close()
})

test('another history of the same height is refused (Cnt3)', (t) => {
  const world = prepared(t, 6)
  const made = join(world.directory, '..', 'made')
  const base = filesOf(made)
  const after = (change: string): Files => {
    lay(world.directory, base)
    const store = openStore(world.directory)
    store.state.set('host', 'said', change)
    store.sealCrank()
    store.commit()
    store.close()
    return filesOf(world.directory)
  }
  const [one, other] = [after('one'), after('other')]
  lay(world.directory, withFile(one, file, other.get(file) ?? 'gone'))
  const { detail } = refusal('store/rolled-back', () => openStore(world.directory))
  assert.equal(detail['height'], detail['recordedHeight'])
  assert.notEqual(detail['activityHash'], detail['recordedHash'])
})

test('a log that is damaged where no page of it is in the file yet is opened at an older block by who accepts that', (t) => {
  const world = prepared(t, 6)
  const copy = at(world, 6)
  const bytes = logOf(copy)
  const outcome = outcomeOf(world.directory, damaged(copy, flipAt(bytes, bytes.length - 5_000, 0)), {
    verify: 'all',
    rolledBack: 'accept',
  })
  assert.ok(outcome.kind === 'opened' && outcome.last.height === 5, JSON.stringify(outcome))
})

test('forks and exports of a store that went back are refused', (t) => {
  const world = prepared(t, 6)
  const copy = at(world, 6)
  const to = join(world.directory, '..', 'copy')
  const bytes = logOf(copy)
  for (const [change, code] of [
    [flipAt(bytes, bytes.length >> 1, 3), 'store/corrupt-log'],
    ['gone', 'store/rolled-back'],
  ] as const) {
    lay(world.directory, damaged(copy, change))
    refusal(code, () => forkStore(world.directory, to))
    refusal(code, () => exportStore(world.directory, to, 'archival'))
    assert.equal(existsSync(to) && readdirSync(to).length > 0, false, 'nothing is made')
  }
})

test('forks and exports beside a writer are not troubled by its log (Wal2)', (t) => {
  const parent = directoryInMemory(t)
  copiesOf(join(parent, 'made'), 1)
  const store = openStore(join(parent, 'made'), { logPages: 40 })
  for (let n = 0; n < 12; n += 1) {
    commitBlock(store)
    forkStore(store.directory, join(parent, `fork-${n}`))
    const fork = openStore(join(parent, `fork-${n}`))
    assert.deepEqual(fork.blocks.last(), store.blocks.last())
    fork.close()
  }
  store.close()
})

test('a log that SQLite itself took in after a death is no damage', (t) => {
  const world = prepared(t, 6)
  const copy = at(world, 6)
  lay(world.directory, copy.files)
  execFileSync(
    process.execPath,
    [
      '-e',
      `const { DatabaseSync } = require('node:sqlite'); const d = new DatabaseSync(process.argv[1]); d.prepare('SELECT count(*) FROM block').get(); d.close()`,
      join(world.directory, file),
    ],
    { cwd: join(import.meta.dirname, '..', '..') },
  )
  assert.equal(existsSync(join(world.directory, log)), false)
  const store = openStore(world.directory, { verify: 'all' })
  assert.deepEqual(store.blocks.last(), copy.last)
  const after = copyOf(store)
  store.close()
  assert.equal(refusedOrWhole(world.directory, after.files, copy, 'opened again'), 'opened')
})
