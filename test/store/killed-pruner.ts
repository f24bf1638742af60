/**
 * A process for the tests to kill: opens the store of the directory, which has a retention setting, and makes
 * one block after the other, pruning beside them; tells each height once its commit has returned.
 */
import { writeSync } from 'node:fs'
import { argv } from 'node:process'
import { vatId } from '../../src/base/ids.ts'
import { openStore } from '../../src/store/store.ts'
import { entry, heap } from './support.ts'

const v1 = vatId(1)
const store = openStore(argv[2] ?? '', { verify: 'lazy', logPages: 100 })
writeSync(1, `${store.blocks.height}\n`)

for (;;) {
  const height = store.blocks.height + 1
  if (height % 10 === 1) store.transcripts.beginSpan(v1, height === 1 ? 'incarnation' : 'snapshot')
  if (height % 10 === 1) store.heaps.save(v1, store.transcripts.count(v1), heap([height % 256]))
  for (let n = 0; n < 20; n += 1) store.transcripts.append(v1, entry(`${n} in ${height}`))
  store.sealCrank()
  store.commit()
  writeSync(1, `${height}\n`)
  if (height % 3 === 0) store.prune({ transcripts: 'restart', blocks: 5, inputs: 'all' }, 'none')
  if (height % 7 === 0)
    store.setRetention({ transcripts: height % 2 === 0 ? { blocks: 30 } : 'restart', blocks: 20, inputs: 'all' })
}
