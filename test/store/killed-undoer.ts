/**
 * A process for the tests to kill: begins an undo log where there is none, makes some blocks, returns, and
 * begins anew. Prints a line before each of them.
 */
import { writeSync } from 'node:fs'
import { argv } from 'node:process'
import { vatId } from '../../src/base/ids.ts'
import { openStore } from '../../src/store/store.ts'
import { entry, heap } from './support.ts'
import { note } from './undoing.ts'

const store = openStore(argv[2] ?? '')
const later = Number(argv[3])
const { state, transcripts, heaps, inbox, outbox, undoLog } = store

for (let step = 1; ; step += 1) {
  writeSync(1, `${step}\n`)
  if (undoLog.isOn && step % 5 === 0) store.rollBack(note(store, String(step)))
  else {
    if (!undoLog.isOn) undoLog.begin()
    // Something to be killed in.
    for (let key = 0; key < 200; key += 1) state.set('kernel', `k${key}`, `${step} ${'x'.repeat(later * 20)}`)
    state.set('kernel', 'a', String(step))
    const vat = vatId(store.blocks.height + 1)
    transcripts.beginSpan(vat, 'incarnation')
    transcripts.append(vat, entry(String(step)))
    heaps.save(vat, 1, heap([step % 256, 255 - (step % 256)]))
    outbox.append('port', String(step))
    inbox.append(`item ${inbox.last + 1}`)
    inbox.take(inbox.taken + 1)
    store.sealCrank()
    store.commit()
  }
}
