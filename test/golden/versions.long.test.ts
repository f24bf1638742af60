/** The histories in the stores of released versions are replayed on every engine of this release. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { engineNames } from '../../src/protocol/worker/engineNames.ts'
import { replayVats } from '../../src/replay/index.ts'
import { unpackStore } from '../../tools/golden/store.ts'
import { temporaryDirectory } from '../kit/world.ts'

/** Release 0.1.0 is missing: its kernel does not report the limits of a replay. */
const releases = ['0.2.0'] as const

for (const release of releases) {
  for (const engine of engineNames) {
    test(`every vat of the store of ${release} does the same on ${engine} with the supervisor of this release`, async (t) => {
      const directory = `${temporaryDirectory(t)}/store`
      unpackStore(release, directory)
      const { vats, passed } = await replayVats({ directory, worker: engine })
      const failed = vats.filter((vat) => vat.class !== 'identical' && vat.class !== 'metering-only')
      assert.deepEqual(failed, [])
      assert.ok(passed && vats.length >= 5)
    })
  }
}

test('the store of 0.1.0 cannot say the limits of a replay, and is refused with a code', async (t) => {
  const directory = `${temporaryDirectory(t)}/store`
  unpackStore('0.1.0', directory)
  await assert.rejects(replayVats({ directory, worker: engineNames[0] }), { code: 'kernel/too-old' })
})
