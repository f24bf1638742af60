/**
 * Throws at import when Node is too old. The host's entry imports this first: modules are evaluated in import
 * order, so this error precedes any that a missing feature causes.
 *
 * The store needs SQLite 3.51: older versions treat `wal_checkpoint(NOOP)` as a checkpoint, and so change the
 * log that the commit record describes. Node 24 has it since 24.15; some releases of 25 do not.
 */
import { version, versions } from 'node:process'

export const oldestNode = '24.15.0'
export const oldestSqlite = '3.51.0'

export const isSupported = (node: string, sqlite: string | undefined): boolean =>
  isAtLeast(node, oldestNode) && isAtLeast(sqlite ?? '0', oldestSqlite)

/** Compares dotted version numbers. */
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
