/** Which methods of a vat's objects were called, by the transcript of its incarnation. */
import { isStoredVref, parseStored, type ObjectVref, type VatId } from '../../../base/ids.ts'
import { isText } from '../../../base/guards.ts'
import type { MessageDelivery } from '../../../protocol/worker/delivery.ts'
import { StoredEntry } from '../../../protocol/worker/transcriptText.ts'
import type { Store } from '../../../store/store.ts'

/** Messages to one method. */
export interface Calls {
  readonly count: number
  /** The position of the last one in the transcript. */
  readonly last: number
}

/** At most so many of the latest entries are read. */
const maxEntries = 100_000

/** Keys are of `callKey`. */
export function recordedCalls({ transcripts }: Store, vat: VatId): ReadonlyMap<string, Calls> {
  const calls = new Map<string, Calls>()
  const end = transcripts.count(vat)
  const { start = end } = transcripts.incarnation(vat) ?? {}
  const from = Math.max(start, transcripts.keptFrom(vat), end - maxEntries)
  for (const { position, text } of transcripts.entries(vat, from, end)) {
    const entry = new StoredEntry(text, position)
    if (!entry.is('message')) continue
    const { delivery } = entry.entry
    const method = delivery.kind === 'message' ? methodOf(delivery) : undefined
    if (method === undefined || delivery.kind !== 'message') continue
    const key = callKey(groupOf(delivery.target as ObjectVref), method)
    calls.set(key, { count: (calls.get(key)?.count ?? 0) + 1, last: position })
  }
  return calls
}

export const callKey = (group: string, method: string): string => `${group} ${method}`

/** All objects of a durable kind have the same methods, facet by facet (`d7`, `d7:0`). */
export function groupOf(vref: ObjectVref): string {
  if (!isStoredVref(vref)) return vref
  const { durability, kind, facet } = parseStored(vref)
  if (durability === 'virtual' || kind < firstKind) return vref
  return `d${kind}${facet === undefined ? '' : `:${facet}`}`
}

/** Kinds below are those of supervisors: collections, handles, named exports. */
const firstKind = 10

function methodOf({ methargs: { body } }: MessageDelivery): string | undefined {
  const methargs: unknown = JSON.parse(body.replace(/^#/, ''))
  const [method] = Array.isArray(methargs) ? (methargs as readonly unknown[]) : []
  return isText(method) ? method.replace(/^!/, '') : undefined
}
