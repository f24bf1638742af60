/**
 * Stores that are created once per run of the tests and only ever copied.
 *
 * The test runner names a directory in `HEIRLOOM_TEST_STORES` that all files of the run share; without it
 * each process makes its own. Whichever process comes first makes a store, under a name of its own; when two
 * make the same one at once, either's will do.
 */
import { hash } from 'node:crypto'
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openController, type StoreConfig } from '../../src/host/index.ts'

const known = new Map<string, Promise<string>>()
let own: string | undefined

/** The directory that `make` fills, made once for each key. Nobody writes to it afterwards. */
export function sharedDirectory(key: string, make: (directory: string) => Promise<void>): Promise<string> {
  const found = known.get(key)
  if (found !== undefined) return found
  const directory = findOrMake(join(place(), hash('sha256', key).slice(0, 24)), make)
  known.set(key, directory)
  return directory
}

async function findOrMake(directory: string, make: (directory: string) => Promise<void>): Promise<string> {
  if (existsSync(directory)) return directory
  const made = `${directory}.${process.pid}`
  await make(made)
  try {
    renameSync(made, directory)
  } catch (error) {
    if (!existsSync(directory)) throw error
    rmSync(made, { recursive: true })
  }
  return directory
}

function place(): string {
  const shared = process.env['HEIRLOOM_TEST_STORES']
  if (shared !== undefined) return shared
  if (own === undefined) {
    const directory = mkdtempSync(join(tmpdir(), 'heirloom-test-'))
    process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
    own = directory
  }
  return own
}

/** What ends a loop without end sooner than the default of new stores does. */
const computronsPerDelivery = 500_000_000n

/** An empty store with this configuration. */
export function preparedStore(given: StoreConfig = {}): Promise<string> {
  const config = { computronsPerDelivery, ...given }
  const key = JSON.stringify(config, (_key, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  )
  return sharedDirectory(`empty ${key}`, async (directory) => {
    const controller = await openController({ directory, config, make: 'always' })
    await controller.shutdown()
  })
}
