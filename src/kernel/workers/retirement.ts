/**
 * Retiring a worker version.
 *
 * Rt1. A version is retired only when nothing needs it: it is not the default, no vat runs on it, no request
 *      to move a vat to it waits, and no rollout that is not over leads to it.
 */
import type { WorkerId } from '../../base/ids.ts'
import type { Tables } from '../tables/tables.ts'

/** At most this many vats are named. */
const maxNamed = 20

/** What needs the version, for people; empty if nothing does (Rt1). */
export function needsOf(tables: Tables, worker: WorkerId): readonly string[] {
  const needs = tables.config().worker === worker ? ['it is the default'] : []
  const names = usersOf(tables, worker)
  if (names.length > 0) needs.push(`${named(names)} ${names.length === 1 ? 'runs' : 'run'} on it`)
  const asked = requestsFor(tables, worker)
  if (asked.length > 0) needs.push(`${named(asked)} shall be moved to it`)
  const rollout = tables.workers.rollout()
  if (rollout?.worker === worker && rollout.state !== 'done' && rollout.state !== 'aborted')
    needs.push(`rollout ${rollout.number} leads to it`)
  return needs
}

/** The names of the vats that run on the version. */
export const usersOf = (tables: Tables, worker: WorkerId): readonly string[] =>
  [...tables.vats()]
    .map((vat) => tables.vat(vat))
    .filter(({ status, worker: { id } }) => status.kind !== 'terminated' && id === worker)
    .map(({ name }) => name)

function requestsFor(tables: Tables, worker: WorkerId): readonly string[] {
  const asked: string[] = []
  for (const item of tables.queued())
    if (item.kind === 'upgradeWorker' && item.worker === worker) asked.push(item.vat)
  return asked
}

const named = (names: readonly string[]): string =>
  names.length <= maxNamed
    ? names.join(', ')
    : `${names.slice(0, maxNamed).join(', ')} and ${names.length - maxNamed} more`
