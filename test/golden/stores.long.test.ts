/** Stores of earlier releases go on the same with evicted workers, and after an export and an import. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { exportStore, importStore } from '../../src/host/index.ts'
import { continueStore, goldenVersions, heapHashes, readGolden } from '../../tools/golden/store.ts'
import { goldenCopy, openCopy } from '../kit/golden.ts'
import { temporaryDirectory } from '../kit/world.ts'

for (const version of goldenVersions) {
  const golden = readGolden(version)

  test(`the store of release ${version} goes on the same without any worker in memory`, async (t) => {
    const controller = await openCopy(t, goldenCopy(t, version), { eviction: 'after-each-crank' })
    assert.deepEqual(await continueStore(controller, golden.content), golden.continued)
  })

  test(`an export of the store of release ${version} is imported with the same heaps`, async (t) => {
    const [exported, imported] = [join(temporaryDirectory(t), 'export'), join(temporaryDirectory(t), 'store')]
    await exportStore(goldenCopy(t, version), exported, { mode: 'replay' })
    await importStore(exported, imported)
    const controller = await openCopy(t, imported, { verify: 'all' })
    assert.deepEqual(await heapHashes(controller), golden.heapHashes)
    assert.deepEqual(await continueStore(controller, golden.content), golden.continued)
  })
}
