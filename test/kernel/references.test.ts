/** What has lost its last reference is remembered for one crank, and for no part of it that is undone. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { References } from '../../src/kernel/objects/references.ts'
import { Tables } from '../../src/kernel/tables/tables.ts'
import { newStore } from '../store/support.ts'

// Rk4.
test('undoing a crank, or a part of it, takes the candidates back to where it goes on', (t) => {
  const { state } = newStore(t)
  const tables = new Tables(state)
  const references = new References(tables)
  const newObject = () => {
    const kref = tables.newObjectKref()
    tables.setObject(kref, { owner: 'abandoned', reachable: 1, recognizable: 1 })
    return kref
  }
  const [early, late] = [newObject(), newObject()]
  const crank = state.mark()
  references.begin()
  references.remove(early)
  const point = { mark: state.mark(), candidates: references.candidates }
  references.remove(late)
  assert.deepEqual(references.candidates, [early, late])
  state.undo(point.mark)
  references.begin(point.candidates)
  assert.deepEqual(references.candidates, [early])
  references.collectUnreferenced()
  assert.equal(tables.findObject(early), undefined, 'what was let go of before that part is gone')
  assert.equal(tables.findObject(late)?.reachable, 1)
  state.undo(crank)
  references.begin()
  references.collectUnreferenced()
  assert.equal(tables.findObject(early)?.reachable, 1)
  assert.deepEqual(references.candidates, [])
})
