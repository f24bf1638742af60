/** `heirloom sweep` of a vat that can read all its records, and of one that cannot; the store is in use. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { library, libraryOf } from '../rehearsal/library.ts'
import { answerOf } from '../kit/world.ts'
import { heirloom } from './support.ts'

test('a sweep ends with 0 when all can be read, else with 1 and what cannot', async (t) => {
  const world = await libraryOf(t, 3)
  await world.controller.commit()
  const store = world.directory
  const { code: sound, out: said } = await heirloom(['sweep'], { store })
  assert.equal(sound, 0)
  assert.match(said, /^library: 13 records, 0 migrated; all can be read\n  KIND +RECORDS +MIGRATED +UNREADABLE\n  Book +3 +0 +0\n/)
  assert.match(said, /\nvisitor: 0 records, 0 migrated; all can be read\n/)
  const migrate = `(state) => { if (state.title === 'title 1') throw Error('no'); return state }`
  answerOf(await world.upgrade('library', { source: library(2, migrate) }))
  await world.controller.commit()
  const { code, out } = await heirloom(['sweep', 'library'], { store })
  assert.equal(code, 1)
  assert.match(out, /^library: 13 records, 2 migrated; 1 cannot be read\n/)
  assert.match(out, /\n  Book o\+d10\/2: migration-failed: .*: no\n$/)
  const { out: json } = await heirloom(['sweep', 'library', '--json', '--computrons', '5_000_000'], { store })
  const [report] = JSON.parse(json) as readonly { readonly failed: number; readonly migrated: number }[]
  assert.deepEqual(report, { ...report, failed: 1, migrated: 2 })
  assert.equal((await heirloom(['sweep', 'nobody'], { store })).code, 3)
})
