/** Damage to the commit record, a record that is missing or another's, and what is left of a store. */
import assert from 'node:assert/strict'
import { cpSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { createStore, exportStore, forkStore, importStore, openStore } from '../../src/store/store.ts'
import { lay } from './crash/disk.ts'
import { filesOf } from './crash/recording.ts'
import {
  commitBlock,
  copiesOf,
  directoryInMemory,
  flipAt,
  mutations,
  outcomeOf,
  refusedOrWhole,
  withFile,
  type Copy,
} from './damaging.ts'
import { asFormat2, Dice, refusal, tamper } from './support.ts'

const name = 'heirloom.last'
const slotBytes = 1_024

interface Prepared {
  readonly directory: string
  /** After a death, and closed. */
  readonly dead: Copy
  readonly closed: Copy
  readonly older: Copy
}

function prepared(t: TestContext, blocks = 6): Prepared {
  const parent = directoryInMemory(t)
  const copies = copiesOf(join(parent, 'made'), blocks)
  const [dead, older] = [copies[blocks] ?? assert.fail(), copies[blocks - 2] ?? assert.fail()]
  return {
    directory: join(parent, 'laid'),
    dead,
    older,
    closed: { files: filesOf(join(parent, 'made')), last: dead.last },
  }
}

const recordOf = ({ files }: Copy): Buffer => files.get(name) ?? assert.fail('there is a record')

test('a bit that flips in the record does no harm: each slot has its text twice (Rec3)', (t) => {
  const { directory, dead, closed } = prepared(t)
  const dice = new Dice(3)
  for (const copy of [dead, closed]) {
    for (let round = 0; round < 60; round += 1) {
      const place = dice.pick([0, 4_096]) + dice.roll(slotBytes)
      assert.equal(
        refusedOrWhole(
          directory,
          withFile(copy.files, name, flipAt(recordOf(copy), place, dice.roll(8))),
          copy,
          `byte ${place}`,
        ),
        'opened',
      )
    }
  }
})

test('whatever a disk does to the record, the store is opened whole or refused', (t) => {
  const { directory, dead, closed } = prepared(t)
  const dice = new Dice(5)
  const met = new Set<string>()
  for (const copy of [dead, closed]) {
    for (const { name: what, apply } of mutations) {
      for (let round = 0; round < 6; round += 1)
        met.add(
          refusedOrWhole(
            directory,
            withFile(copy.files, name, apply(recordOf(copy), dice)),
            copy,
            `${what} in the record`,
          ),
        )
    }
  }
  assert.deepEqual([...met].sort(), ['opened', 'store/corrupt-record'])
})

test('whatever a disk does to record and log, no block goes back in silence', (t) => {
  const { directory, dead } = prepared(t)
  const dice = new Dice(9)
  const log = dead.files.get('heirloom.sqlite-wal') ?? assert.fail('there is a log')
  for (const one of mutations) {
    for (const other of mutations) {
      const files = withFile(
        withFile(dead.files, name, one.apply(recordOf(dead), dice)),
        'heirloom.sqlite-wal',
        other.apply(log, dice),
      )
      refusedOrWhole(directory, files, dead, `${one.name} in the record, ${other.name} in the log`)
    }
  }
})

test('a slot that was cut off while it was written leaves the one before, and the store is one block ahead (Rec1, Rec2, Com2)', (t) => {
  const { directory, dead } = prepared(t)
  // Height 6 is in the slot of the even generations, as block 0 was.
  const starts = [0, 4_096].map(
    (start) => [start, recordOf(dead).toString('latin1', start, start + slotBytes)] as const,
  )
  const [newest = 0] = starts.find(([, text]) => text.includes('\nheight 6\n')) ?? []
  const [older = 0] = starts.find(([, text]) => text.includes('\nheight 5\n')) ?? []
  const without = (start: number): Buffer => Buffer.from(recordOf(dead)).fill(0xff, start, start + slotBytes)
  assert.equal(
    refusedOrWhole(directory, withFile(dead.files, name, without(newest)), dead, 'the newest slot'),
    'opened',
  )
  assert.equal(refusedOrWhole(directory, filesLike(directory, dead), dead, 'opened again'), 'opened')
  const refused = outcomeOf(directory, withFile(dead.files, name, without(older)))
  assert.ok(
    refused.kind === 'refused' && refused.code === 'store/corrupt-record',
    'the slot that is lost may have named a later block',
  )
})

const filesLike = (directory: string, copy: Copy): Copy['files'] => {
  lay(directory, copy.files)
  openStore(directory).close()
  return filesOf(directory)
}

test('a store without its record, or with that of another, is refused, and opened by who accepts that (Cnt4)', (t) => {
  const [one, other] = [prepared(t), prepared(t)]
  for (const copy of [one.dead, one.closed]) {
    for (const [change, why] of [
      ['gone', /is missing/],
      [recordOf(other.dead), /to another store/],
      [Buffer.alloc(8_192), /is damaged/],
    ] as const) {
      lay(one.directory, withFile(copy.files, name, change))
      assert.match(refusal('store/corrupt-record', () => openStore(one.directory)).message, why)
      refusal('store/corrupt-record', () => forkStore(one.directory, join(one.directory, 'fork')))
      const accepted = openStore(one.directory, { rolledBack: 'accept', verify: 'all' })
      assert.deepEqual(accepted.blocks.last(), copy.last)
      commitBlock(accepted)
      accepted.close()
      openStore(one.directory, { verify: 'all' }).close()
    }
  }
})

test('an older record is no harm while the store has what it says', (t) => {
  const { directory, closed, older } = prepared(t)
  assert.equal(
    refusedOrWhole(directory, withFile(closed.files, name, recordOf(older)), closed, 'an older record'),
    'opened',
  )
})

test('record and log of another time than the file are refused', (t) => {
  const { directory, dead, older } = prepared(t)
  const files = withFile(dead.files, 'heirloom.sqlite-wal', older.files.get('heirloom.sqlite-wal') ?? 'gone')
  assert.equal(outcomeOf(directory, files).kind, 'refused')
})

test('a fork and an import have a record and an identity of their own', (t) => {
  const parent = directoryInMemory(t)
  copiesOf(join(parent, 'made'), 4)
  const identityOf = (directory: string): string =>
    /^store (\w+)$/m.exec(filesOf(directory).get(name)?.toString('latin1') ?? '')?.[1] ??
    assert.fail('it has a record')
  forkStore(join(parent, 'made'), join(parent, 'fork'))
  assert.notEqual(identityOf(join(parent, 'fork')), identityOf(join(parent, 'made')))
  cpSync(join(parent, 'made', name), join(parent, 'fork', name))
  assert.match(
    refusal('store/corrupt-record', () => openStore(join(parent, 'fork'))).message,
    /to another store/,
  )
})

test('no store is made where something of one is, and none is said to be missing (Fil4)', (t) => {
  const { directory, dead, closed } = prepared(t)
  const [log, shm] = ['heirloom.sqlite-wal', 'heirloom.sqlite-shm'].map(
    (one) => [one, Buffer.from('x')] as const,
  )
  for (const [what, files] of [
    ['log and record', withFile(dead.files, 'heirloom.sqlite', 'gone')],
    ['record', withFile(closed.files, 'heirloom.sqlite', 'gone')],
    ['a log alone', new Map([log ?? assert.fail()])],
    ['shared memory alone', new Map([shm ?? assert.fail()])],
  ] as const) {
    lay(directory, files)
    const before = readdirSync(directory)
    refusal('store/incomplete', () => openStore(directory))
    refusal('store/incomplete', () => createStore(directory))
    refusal('store/incomplete', () => forkStore(join(directory, '..', 'made'), directory))
    assert.deepEqual(readdirSync(directory), before, what)
  }
})

test('what is left of a making that was cut off is made anew (Fil2)', (t) => {
  const directory = directoryInMemory(t)
  for (const left of [
    'heirloom.sqlite.new',
    'heirloom.sqlite.new-journal',
    'heirloom.last.new',
    'heirloom.lock',
  ])
    writeFileSync(join(directory, left), left === 'heirloom.lock' ? '' : 'half')
  refusal('store/not-found', () => openStore(directory))
  const store = createStore(directory)
  commitBlock(store)
  store.close()
  assert.deepEqual(readdirSync(directory).sort(), ['heirloom.last', 'heirloom.lock', 'heirloom.sqlite'])
  renameSync(join(directory, name), join(directory, `${name}.new`))
  const again = openStore(directory)
  assert.equal(again.blocks.height, 1, 'a record that was not put under its name yet is put there')
  again.close()
  assert.ok(readdirSync(directory).includes(name))
})

test('a store of an older release is given a record when it is opened, and needs it from then on (Cnt4)', (t) => {
  const { directory, closed } = prepared(t)
  lay(directory, closed.files)
  asFormat2(directory)
  forkStore(directory, join(directory, 'fork'))
  const store = openStore(directory, { verify: 'all' })
  assert.deepEqual(store.blocks.last(), closed.last)
  commitBlock(store)
  store.close()
  for (const made of [directory, join(directory, 'fork')]) {
    openStore(made, { verify: 'all' }).close()
    rmSync(join(made, name))
    refusal('store/corrupt-record', () => openStore(made))
  }
})

test('a store of an older release with a damaged log, or with nothing but its first block, is refused', (t) => {
  const { directory, dead } = prepared(t)
  lay(directory, dead.files)
  const store = openStore(directory)
  store.close()
  asFormat2(directory)
  const base = filesOf(directory)
  tamperOpen(directory, (log) => {
    for (const place of [16, 40, log.length >> 1, log.length - 4_200]) {
      const files = withFile(
        withFile(base, 'heirloom.sqlite', filesOf(directory).get('heirloom.sqlite') ?? 'gone'),
        'heirloom.sqlite-wal',
        flipAt(log, place, 1),
      )
      const outcome = outcomeOf(join(directory, '..', 'other'), files)
      assert.ok(
        outcome.kind === 'refused' && outcome.code === 'store/corrupt-log',
        `byte ${place}: ${JSON.stringify(outcome)}`,
      )
    }
  })
  const empty = join(directory, '..', 'empty')
  createStore(empty).close()
  asFormat2(empty)
  refusal('store/corrupt-record', () => openStore(empty))
})

/** Two transactions of another program, which stay in the log. */
function tamperOpen(directory: string, use: (log: Buffer) => void): void {
  tamper(directory, (database) => {
    for (const text of ['CREATE TABLE one (a)', 'CREATE TABLE two (a)']) database.exec(text)
    use(filesOf(directory).get('heirloom.sqlite-wal') ?? assert.fail('there is a log'))
  })
}

test('an import is on record at the block of its export', (t) => {
  const parent = directoryInMemory(t)
  copiesOf(join(parent, 'made'), 4)
  mkdirSync(join(parent, 'export'))
  const { height, activityHash } = exportStore(join(parent, 'made'), join(parent, 'export'), 'operational')
  importStore(join(parent, 'export'), join(parent, 'imported'))
  const record = filesOf(join(parent, 'imported')).get(name)?.toString('latin1', 0, 512) ?? ''
  assert.match(record, new RegExp(`\nheight ${height}\nactivity-hash ${activityHash}\nlog none\n`))
  openStore(join(parent, 'imported'), { verify: 'all' }).close()
})
