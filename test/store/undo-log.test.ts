/** The undo log takes the store back to the block at which it began (Ulg1 to Ulg4). */
import assert from 'node:assert/strict'
import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { vatId } from '../../src/base/ids.ts'
import { openStore } from '../../src/store/store.ts'
import { query } from '../kit/rows.ts'
import { entry, faults, heap, newStore, refusal, tamper } from './support.ts'
import { assertSound, dump, logRows, note, returnAtRandom, waiting } from './undoing.ts'

for (const seed of [1, 2, 3, 4, 5])
  test(`whatever was done since, a return restores the block at which the log began, seed ${seed}`, (t) =>
    returnAtRandom(t, seed))

test('the state before can be read while the log is on, without and after a restart', (t) => {
  const store = newStore(t)
  store.state.set('kernel', 'a', '1')
  store.state.set('kernel', 'b', '2')
  store.state.set('vat/v1', 'x', 'old')
  store.sealCrank()
  store.commit()
  store.undoLog.begin()
  store.state.set('kernel', 'a', '9')
  store.state.delete('kernel', 'b')
  store.state.set('kernel', 'c', '3')
  store.state.delete('vat/v1', 'x')
  store.state.set('vat/v2', 'x', 'new')
  store.sealCrank()
  store.commit()
  store.close()
  const again = openStore(store.directory)
  t.after(() => again.close())
  const { before } = again.undoLog
  assert.deepEqual(['a', 'b', 'c'].map((key) => before.get('kernel', key)), ['1', '2', undefined])
  assert.deepEqual([before.get('vat/v1', 'x'), before.get('vat/v2', 'x')], ['old', undefined])
  assert.equal(before.nextKey('kernel', '', 'a'), 'b')
  assert.equal(before.nextKey('kernel', '', 'b'), undefined)
})

test('a log that begins and whose block is abandoned never was; one that ends drops its rows', (t) => {
  const store = newStore(t)
  store.undoLog.begin()
  assert.equal(store.undoLog.since, 0)
  store.abandonBlock()
  assert.equal(store.undoLog.isOn, false)
  store.undoLog.begin()
  store.state.set('kernel', 'a', '1')
  store.sealCrank()
  store.commit()
  assert.equal(logRows(store.directory), 2, 'the row, and its space')
  store.undoLog.end()
  store.abandonBlock()
  assert.equal(store.undoLog.isOn, true, 'an end that is abandoned is none (Ulg1)')
  store.undoLog.end()
  store.commit()
  assert.deepEqual([store.undoLog.isOn, logRows(store.directory)], [false, 0])
  faults(() => store.rollBack(() => {}), /undo log is on/)
})

test('a log whose last commit fails goes on, and ends with the next one', (t) => {
  const store = newStore(t)
  store.undoLog.begin()
  store.state.set('kernel', 'a', '1')
  store.sealCrank()
  store.commit()
  const record = join(store.directory, 'heirloom.last')
  renameSync(record, `${record}.away`)
  store.undoLog.end()
  refusal('store/moved', () => store.commit())
  assert.equal(store.undoLog.since, 0)
  renameSync(`${record}.away`, record)
  store.undoLog.end()
  store.commit()
  assert.deepEqual([store.undoLog.isOn, logRows(store.directory)], [false, 0])
})

test('a return whose change fails leaves the last block, and can be tried again', (t) => {
  const store = newStore(t)
  store.state.set('kernel', 'a', '1')
  store.sealCrank()
  store.commit()
  store.undoLog.begin()
  store.state.set('kernel', 'a', '2')
  store.inbox.append('one')
  store.inbox.take(1)
  store.sealCrank()
  store.commit()
  const fail = (): never => {
    store.state.set('host', 'x', 'y')
    throw new Error('it failed')
  }
  assert.throws(() => store.rollBack(fail), /it failed/)
  assert.equal(store.state.get('kernel', 'a'), '2')
  assert.equal(store.state.get('host', 'x'), undefined)
  assert.equal(store.undoLog.since, 1)
  assert.equal(store.inbox.untaken, 0)
  store.rollBack(note(store, 'now'))
  assert.equal(store.state.get('kernel', 'a'), '1')
  assert.deepEqual(waiting(store), ['one'])
})

test('a log grows with the rows that change, not with their changes', (t) => {
  const store = newStore(t)
  store.transcripts.beginSpan(vatId(1), 'incarnation')
  store.sealCrank()
  store.commit()
  store.undoLog.begin()
  for (let block = 0; block < 20; block += 1) {
    store.state.set('kernel', 'a', `${block}`)
    store.sealCrank()
    store.commit()
  }
  assert.equal(logRows(store.directory), 2)
})

test('counting the uses of a page does not save its bytes', (t) => {
  const store = newStore(t)
  for (const vat of [vatId(1), vatId(2)]) {
    store.transcripts.beginSpan(vat, 'incarnation')
    store.transcripts.append(vat, entry('a'))
    store.heaps.save(vat, 1, heap([1]))
  }
  store.sealCrank()
  store.commit()
  const before = dump(store.directory)
  store.undoLog.begin()
  store.heaps.save(vatId(1), 1, heap([2]))
  store.sealCrank()
  store.commit()
  const parts = query<{ part: string }>(store.directory, 'SELECT DISTINCT part FROM undo ORDER BY part')
  assert.deepEqual(
    parts.map(({ part }) => part),
    ['page', 'page_use', 'page_uses', 'snapshot'],
  )
  store.rollBack(note(store, 'done'))
  assert.deepEqual(dump(store.directory), before)
})

test('the space of the host keeps its rows when its number was that of a space that returns', (t) => {
  const store = newStore(t)
  store.state.set('kernel', 'a', '1')
  store.sealCrank()
  store.state.set('vat/v1', 'x', 'old')
  store.sealCrank()
  store.commit()
  store.undoLog.begin()
  store.state.delete('vat/v1', 'x')
  store.sealCrank()
  store.commit()
  store.state.set('host', 'mine', 'kept')
  store.sealCrank()
  store.commit()
  const numbers = query<{ id: number }>(store.directory, "SELECT id FROM space WHERE name = 'host'")
  assert.deepEqual(numbers, [{ id: 2 }], 'the host has the number that v1 had')
  store.rollBack(note(store, 'done'))
  assert.equal(store.state.get('host', 'mine'), 'kept')
  assert.equal(store.state.get('vat/v1', 'x'), 'old')
  assertSound(store)
})

test('a damaged log is refused, reported by an audit, and never restored (Ulg4)', (t) => {
  for (const damage of [
    "UPDATE undo SET cell1 = 'other' WHERE part = 'state'",
    "DELETE FROM undo WHERE part = 'state'",
    'UPDATE undo_log SET since = 0',
    'DELETE FROM undo_log',
  ]) {
    const store = newStore(t)
    store.state.set('kernel', 'a', '1')
    store.sealCrank()
    store.commit()
    store.undoLog.begin()
    store.state.set('kernel', 'a', '2')
    store.sealCrank()
    store.commit()
    store.close()
    tamper(store.directory, (database) => database.exec(damage))
    refusal('store/corrupt-file', () => {
      const again = openStore(store.directory, { verify: 'lazy' })
      t.after(() => again.close())
      const { deviations } = again.audit(() => [])
      assert.deepEqual(
        deviations.map(({ code, where }) => [code, where]),
        [['store/corrupt-file', 'undo log']],
      )
      again.verify('all')
    })
  }
})
