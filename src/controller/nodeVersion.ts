/**
 * Throws at import on a Node that is too old. What a host imports imports this first: modules are evaluated
 * in the order of their imports, so that this is said before anything else fails for lack of it.
 *
 * The store needs SQLite 3.51: an older one takes `wal_checkpoint(NOOP)` for a checkpoint, and so changes the log
 * that the commit record describes. Node 24 has it from 24.15 on, some releases of 25 do not.
 */
import { version, versions } from 'node:process'

export const oldestNode = '24.15.0'
export const oldestSqlite = '3.51.0'

export const isSupported = (node: string, sqlite: string | undefined): boolean =>
  isAtLeast(node, oldestNode) && isAtLeast(sqlite ?? '0', oldestSqlite)

/** Versions of numbers with points between them. */
function isAtLeast(version: string, wanted: string): boolean {
  const [have, need] = [version, wanted].map((text) => text.split('.').map(Number)) as [number[], number[]]
  const at = need.findIndex((number, place) => (have[place] ?? 0) !== number)
  return at === -1 || (have[at] ?? 0) > (need[at] ?? 0)
}

if (!isSupported(versions.node, versions['sqlite'])) {
  throw new Error(
    `heirloom needs Node ${oldestNode} or newer with SQLite ${oldestSqlite}, and this is ${version} with SQLite ${versions['sqlite'] ?? 'missing'}. ` +
      '`npx heirloom node FILE` runs a program, and `npx heirloom test` its tests, on the Node that comes with the package.',
  )
}
