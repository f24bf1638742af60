/** The store of an export, in a temporary directory for as long as it is needed. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { importStore } from '../host/threads/transfer.ts'

export async function withImported<Value>(
  from: string,
  trust: readonly string[],
  use: (directory: string) => Promise<Value>,
): Promise<Value> {
  const place = mkdtempSync(join(tmpdir(), 'heirloom-replay-'))
  try {
    const directory = join(place, 'store')
    await importStore(from, directory, { trust })
    return await use(directory)
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}
