/** Rot is really tried: a store that has no commit record goes back, and that is found. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { DatabaseSync } from 'node:sqlite'
import { Dice } from '../../src/sim/program/dice.ts'
import { tryRotten } from '../../src/sim/run/rot.ts'
import { lay } from '../store/crash/disk.ts'
import { filesOf } from '../store/crash/recording.ts'
import { copiesOf, directoryInMemory } from '../store/damaging.ts'
import { asFormat2 } from '../store/support.ts'

const rounds = 40

test('no damage to the log takes a store back', (t) => {
  const parent = directoryInMemory(t)
  const directory = join(parent, 'dead')
  const dice = new Dice(1)
  for (const { files } of copiesOf(join(parent, 'made'), 5)) {
    lay(directory, files)
    for (let round = 0; round < rounds / 5; round += 1)
      assert.equal(tryRotten(directory, join(parent, 'rotten'), dice), undefined)
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
  const dice = new Dice(2)
  const found = Array.from({ length: rounds }, () =>
    tryRotten(directory, join(parent, 'rotten'), dice),
  ).filter((finding) => finding !== undefined)
  t.diagnostic(`${found.length} of ${rounds}`)
  assert.ok(found.length > 0)
  assert.match(found[0] ?? '', /opens at 5 .* and was at 6/)
})
