/** Rot is really tried: a store that has no commit record goes back, and that is found. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { DatabaseSync } from 'node:sqlite'
import { Random } from '../../src/sim/program/random.ts'
import { tryDamaged } from '../../src/sim/run/logDamage.ts'
import { lay } from '../store/crash/disk.ts'
import { filesOf } from '../store/crash/recording.ts'
import { copiesOf, directoryInMemory } from '../store/damaging.ts'
import { asFormat2 } from '../store/support.ts'

const rounds = 40

// Ro1, Ro2, Fj3.
test('no damage to the log takes a store back', (t) => {
  const parent = directoryInMemory(t)
  const directory = join(parent, 'dead')
  const random = new Random(1)
  for (const { files } of copiesOf(join(parent, 'made'), 5)) {
    lay(directory, files)
    for (let round = 0; round < rounds / 5; round += 1)
      assert.equal(tryDamaged(directory, join(parent, 'rotten'), random), undefined)
  }
})

test('a store of an older release, which has no record, goes back, and that is found', (t) => {
  const parent = directoryInMemory(t)
  const directory = join(parent, 'dead')
  copiesOf(join(parent, 'made'), 5)
  lay(directory, filesOf(join(parent, 'made')))
  asFormat2(directory)
  const file = new DatabaseSync(join(directory, 'heirloom.sqlite'))
  file.exec(
    'INSERT INTO block SELECT height + 1, cranks, activity_hash, inbox_last, inbox_taken, outbox_last, outbox_acknowledged FROM block ORDER BY height DESC LIMIT 1',
  )
  const files = new Map(filesOf(directory))
  file.close()
  lay(directory, files)
  const random = new Random(2)
  const found = Array.from({ length: rounds }, () =>
    tryDamaged(directory, join(parent, 'rotten'), random),
  ).filter((finding) => finding !== undefined)
  t.diagnostic(`${found.length} of ${rounds}`)
  assert.ok(found.length > 0)
  assert.match(found[0] ?? '', /opens at 5 .* and was at 6/)
})
