/**
 * A process for the tests to kill: opens the store of the directory and makes one block after the other,
 * telling each height once its commit has returned. What block `n` holds follows from `n`.
 */
import { writeSync } from 'node:fs'
import { argv } from 'node:process'
import { vatId } from '../../src/base/ids.ts'
import { openStore } from '../../src/store/store.ts'
import { entry, heap } from './support.ts'

const v1 = vatId(1)
const store = openStore(argv[2] ?? '', { verify: 'lazy' })
if (store.transcripts.span(v1) === undefined) store.transcripts.beginSpan(v1, 'incarnation')
writeSync(1, `${store.blocks.height}\n`)

for (;;) {
  const height = store.blocks.height + 1
  for (const sequence of [2 * height - 1, 2 * height]) store.inbox.append(`in ${sequence}`)
  if (height % 5 === 0) store.transcripts.beginSpan(v1, 'snapshot')
  if (height % 5 === 0)
    store.heaps.save(v1, store.transcripts.count(v1), heap([height % 256, (height + 1) % 256]))
  store.state.set('kernel', 'height', String(height))
  for (let key = 0; key < 50; key += 1)
    store.state.set('vat/v1', `k${(height * 7 + key) % 400}`, `${height}.${'x'.repeat(key * 20)}`)
  store.transcripts.append(v1, entry(`in ${height}`))
  store.inbox.take(store.inbox.next()?.sequence ?? 0)
  store.outbox.append('bank', `out ${height}`)
  store.sealCrank()
  store.commit()
  writeSync(1, `${height}\n`)
  store.state.set('kernel', 'height', 'never committed')
  store.sealCrank()
  store.abandonBlock()
}
