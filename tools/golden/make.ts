/**
 * Makes the golden store of this release: `node tools/golden/make.ts <version>`.
 *
 * To be run in a checkout of what the release is, with its ids in `src/release/shipped.ts`. A store that was
 * released is never made again. `docs/releasing.md` has the steps around it.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'
import { assert } from '../../src/base/errors.ts'
import { openController } from '../../src/host/index.ts'
import { ownCode } from '../../src/release/release.ts'
import { isShipped } from '../../src/release/shipped.ts'
import { householdConfig, makeHousehold } from './household.ts'
import { blocksOf, continueStore, heapHashes, packedFiles, storesFolder, type GoldenStore } from './store.ts'

const root = join(import.meta.dirname, '..', '..')

function packStore(directory: string, version: string): void {
  const log = join(directory, 'heirloom.sqlite-wal')
  assert(!existsSync(log) || readFileSync(log).length === 0, 'a closed store is whole in its file')
  mkdirSync(storesFolder, { recursive: true })
  for (const [name, ending] of Object.entries(packedFiles)) {
    const bytes = readFileSync(join(directory, name))
    const packed = brotliCompressSync(bytes, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_LGWIN]: 24 },
    })
    writeFileSync(join(storesFolder, `${version}${ending}`), packed)
    console.log(`golden/stores/${version}${ending}: ${bytes.length} bytes, ${packed.length} packed`)
  }
}

async function makeStore(directory: string, workplace: string): Promise<void> {
  const controller = await openController({ directory, make: 'always', config: householdConfig })
  await makeHousehold(controller, workplace)
  await controller.shutdown()
}

async function describe(directory: string): Promise<GoldenStore> {
  const blocks = blocksOf(directory)
  const content = 'household'
  const controller = await openController({ directory, make: 'never', verify: 'all' })
  const before = await heapHashes(controller)
  const continued = await continueStore(controller, content)
  await controller.shutdown()
  return { content, blocks, heapHashes: before, continued }
}

async function release(version: string): Promise<void> {
  if (existsSync(join(storesFolder, `${version}.json`)))
    throw new Error(`the golden store of ${version} was made already, and is never made again`)
  const unknown = (await ownCode()).filter((id) => !isShipped(id))
  if (unknown.length > 0) throw new Error(`first add ${unknown.join(', ')} to src/release/shipped.ts`)
  mkdirSync(join(root, 'build'), { recursive: true })
  const workplace = mkdtempSync(join(root, 'build', 'golden-'))
  try {
    const directory = join(workplace, 'store')
    await makeStore(directory, workplace)
    packStore(directory, version)
    const golden = await describe(directory)
    writeFileSync(join(storesFolder, `${version}.json`), `${JSON.stringify(golden, null, 2)}\n`)
  } finally {
    rmSync(workplace, { recursive: true, force: true })
  }
}

if (import.meta.main) {
  const [version] = process.argv.slice(2)
  if (version === undefined) throw new Error('say which version: node tools/golden/make.ts <version>')
  await release(version)
}
