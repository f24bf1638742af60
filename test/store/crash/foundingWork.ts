/**
 * The making of a store by a whole kernel, with all that a configuration can name, whose every write is
 * recorded.
 */
import { join } from 'node:path'
import { openController, type StoreConfig } from '../../../src/host/index.ts'
import { puppetFile } from '../../kit/bundles.ts'
import type { Work } from './works.ts'

/** `fixtures/founder.ts` tells its port of its beginning. */
const founder = join(import.meta.dirname, '..', '..', 'kit', 'fixtures', 'founder.ts')

export const foundation: StoreConfig = {
  snapshotInterval: 5,
  bootstrap: 'founder',
  bundles: { puppet: { sourceSpec: puppetFile } },
  vats: {
    founder: { sourceSpec: founder },
    alice: { bundleName: 'puppet', parameters: {}, creationOptions: { onFault: 'suspend' } },
    bob: { bundleName: 'puppet', parameters: {}, creationOptions: { worker: 'quickjs-wasi-3.5.0' } },
  },
  ports: ['bank', 'desk'],
}

export const foundingWork: Work = {
  name: 'a kernel that is founded',
  height: 1,
  prepare: () => {},
  async write(directory, mark) {
    const controller = await openController({ directory, config: foundation })
    mark((await controller.storeStatus()).height)
    await controller.shutdown()
    mark('done')
  },
}
