/**
 * An audit of a whole store: the kernel's of its tables, the store's of its file, and what the two say of each other.
 *
 * Au1. Nothing is changed, and nothing that is stored makes an audit fail: what cannot be read is a deviation, and
 *      the audit goes on with the rest.
 * Au2. It is the store's own kernel that audits. A kernel of release 0.1.0 cannot; the release's does it in
 *      its place, which reads the same tables.
 */
import { CodedError } from '../base/errors.ts'
import type { VatId } from '../base/ids.ts'
import { decodeManifest } from '../engine/heap.ts'
import type { AuditPorts } from '../kernel/audit/audit.ts'
import type { KernelReader } from '../kernel/events.ts'
import type { Space, StatePort } from '../kernel/ports.ts'
import { storeAuditCodes } from '../protocol/audit.ts'
import type { Code } from '../protocol/codes.ts'
import type { AuditDepth, AuditReport, Deviation, KernelAudit, StoreAuditCode } from '../protocol/audit.ts'
import type { CycleGroup } from '../protocol/cycles.ts'
import type { ImportedStore, Store } from '../store/store.ts'
import { describeFault, evaluateKernel } from './kernelContext.ts'

/** A store as an audit needs it. */
type AuditedStore = Pick<Store, 'state' | 'audit'> & { readonly [Part in 'transcripts' | 'heaps' | 'bundles' | 'outbox']: Store[Part] | ImportedStore[Part] }

/** The audit that a kernel bundle exports. */
export type AuditOfKernel = (ports: AuditPorts) => KernelAudit

/** The audit of a kernel bundle that need not be the store's own; undefined when it has none. */
export const auditOf = (bundle: Uint8Array): AuditOfKernel | undefined => evaluateKernel('of the release', Buffer.from(bundle).toString('utf8')).audit

/** The same for circles between vats. */
export const cyclesBy = (bundle: Uint8Array, { state, bundles }: Store): readonly CycleGroup[] | undefined =>
  evaluateKernel('of the release', Buffer.from(bundle).toString('utf8')).findCycles?.({ state, bundles })

export function auditWhole(store: AuditedStore, read: KernelReader, audit: AuditOfKernel, depth: AuditDepth): AuditReport {
  const file = depth === 'all' ? store.audit((manifest) => decodeManifest(manifest).pages.map(({ hash }) => hash)) : undefined
  const reported = new Set((file?.deviations ?? []).map(({ where }) => where))
  const state = new SoundRows(store.state, reported)
  const kernel = attempt('kernel', () => audit({ state, bundles: store.bundles }))
  const between = compareAll(store, read, file?.spaces ?? [])
  const { deviations, found } = kernel.kind === 'done' ? kernel.value : { deviations: [kernel.deviation], found: 1 }
  const known = new Set([...reported, ...[...state.deviations, ...deviations].map(({ where }) => where)])
  const beside = [...state.deviations, ...between.filter(({ code, where }) => !isRefusal(code) || !known.has(where))]
  return {
    depth,
    deviations: [...(file?.deviations ?? []), ...beside, ...deviations],
    found: (file?.found ?? 0) + beside.length + found,
    counted: kernel.kind === 'done' ? kernel.value.counted : null,
    store: file?.counted ?? null,
  }
}

interface Cause {
  /** What was thrown, behind what brought it about. */
  readonly why: string
  /** As the detail of the fault: the code under `cause`, with its own detail. Empty for a bug of ours. */
  readonly cause: Readonly<Record<string, unknown>>
}

/**
 * Why a kernel failed: the refusal that was thrown, or else rows of its tables that do not fit one another, which
 * an audit of them finds and which are damage like a row that is refused.
 */
export function causeOf(error: unknown, store: Store, audit: AuditOfKernel | undefined): Cause {
  const thrown = describeFault(error)
  if (error instanceof CodedError) return { why: thrown, cause: { cause: error.code, ...error.detail } }
  const deviation = audit === undefined ? undefined : firstDeviation(store, audit)
  if (deviation === undefined) return { why: thrown, cause: {} }
  const { code, where, message } = deviation
  const cause = 'store/corrupt-state' satisfies Code
  return { why: `the tables of the kernel have deviations, such as ${where}: ${message}; ${thrown}`, cause: { cause, where, deviation: code } }
}

function firstDeviation({ state, bundles }: Store, audit: AuditOfKernel): Deviation | undefined {
  const sound = new SoundRows(state, new Set())
  const audited = attempt('kernel', () => audit({ state: sound, bundles }))
  const deviations = audited.kind === 'done' ? audited.value.deviations : [audited.deviation]
  return sound.deviations[0] ?? deviations[0]
}

/** What store and kernel say of each other; what cannot be compared is reported once. */
function compareAll(store: AuditedStore, read: KernelReader, spaces: readonly string[]): Deviation[] {
  const found = new Map<string, Deviation>()
  for (const compare of [heaps, sentItems, strays]) {
    const compared = attempt('kernel', () => compare(store, read, spaces))
    const deviations = compared.kind === 'done' ? compared.value : [compared.deviation]
    for (const deviation of deviations) found.set(`${deviation.code} ${deviation.where}`, deviation)
  }
  return [...found.values()]
}

type Attempt<Value> = { readonly kind: 'done'; readonly value: Value } | { readonly kind: 'unreadable'; readonly deviation: Deviation }

/** What cannot be read any further is a deviation (Au1): a row that is refused, or whatever a kernel makes of one. */
function attempt<Value>(place: string, read: () => Value): Attempt<Value> {
  try {
    return { kind: 'done', value: read() }
  } catch (error) {
    return { kind: 'unreadable', deviation: deviationOf(error, place) }
  }
}

function deviationOf(error: unknown, place: string): Deviation {
  if (!(error instanceof CodedError) || !isStoreCode(error.code)) {
    return { code: 'row/unreadable', where: place, message: `the kernel could not read its tables: ${firstLineOf(error)}` }
  }
  return { code: error.code, where: placeOf(error.detail), message: error.message }
}

/** Of a row that could not be read: reported once, whoever came upon it. */
const isRefusal = (code: string): boolean => code === 'row/unreadable' || code.startsWith('store/')
const firstLineOf = (error: unknown): string => describeFault(error).split('\n')[0] ?? ''
const placeOf = ({ space, key }: Readonly<Record<string, unknown>>): string => (typeof space === 'string' ? `${space}${typeof key === 'string' ? ` ${key}` : ''}` : 'file')
const isStoreCode = (code: string): code is StoreAuditCode => Object.hasOwn(storeAuditCodes, code)

/** The rows of the state that the store does not refuse. Each one that it does is a deviation, and is passed over (Au1). */
class SoundRows implements Pick<StatePort, 'get' | 'nextKey'> {
  readonly deviations: Deviation[] = []
  readonly #state: Pick<StatePort, 'get' | 'nextKey'>
  /** The places that are reported already. */
  readonly #reported: Set<string>

  constructor(state: Pick<StatePort, 'get' | 'nextKey'>, reported: ReadonlySet<string>) {
    this.#state = state
    this.#reported = new Set(reported)
  }

  get(space: Space, key: string): string | undefined {
    try {
      return this.#state.get(space, key)
    } catch (error) {
      this.#report(error)
      return undefined
    }
  }

  nextKey(space: Space, prefix: string, after: string): string | undefined {
    let from = after
    for (;;) {
      try {
        return this.#state.nextKey(space, prefix, from)
      } catch (error) {
        const key = this.#report(error)
        // Keys that are no text come after all that are.
        if (key === undefined || key <= from) return undefined
        from = key
      }
    }
  }

  /** Returns the key of the row. */
  #report(error: unknown): string | undefined {
    if (!(error instanceof CodedError) || error.code !== 'store/corrupt-state') throw error
    const { key } = error.detail
    const deviation = deviationOf(error, 'kernel')
    if (!this.#reported.has(deviation.where)) this.deviations.push(deviation)
    this.#reported.add(deviation.where)
    return typeof key === 'string' ? key : undefined
  }
}

/** The heap from which a vat would come back is the one that the kernel knows of. */
function heaps(store: AuditedStore, read: KernelReader): Deviation[] {
  return read.vats().flatMap(({ vat, snapshotHash, status }): Deviation[] => {
    // What is left of a vat that has ended goes bit by bit, and nothing comes back from it.
    if (status.kind === 'terminated') return []
    const span = store.transcripts.span(vat)
    if (span?.reason !== 'snapshot') return []
    const snapshot = store.heaps.snapshot(vat)
    if (snapshot?.position === span.start && snapshot.heapHash === snapshotHash) return []
    const there = snapshot === undefined ? 'there is none' : `there is ${snapshot.heapHash} of ${snapshot.position}`
    return [{ code: 'heap/other', where: `snapshot ${vat} ${span.start}`, message: `${vat} goes on from the heap ${snapshotHash ?? 'that it started with'} of position ${span.start}; ${there}` }]
  })
}

/** What the outbox keeps is what the ports have sent and the host has not acknowledged. */
function sentItems({ outbox }: AuditedStore, read: KernelReader): Deviation[] {
  const kept = outbox.kept().map(([sequence, port]) => `${sequence} of ${port}`)
  const known = (read.ports?.() ?? []).flatMap(({ name }) => read.sent(name, 0, Infinity).map(({ sequence }) => `${sequence} of ${name}`))
  const [inStore, inKernel] = [new Set(kept), new Set(known)]
  const other = (item: string, message: string): Deviation => ({ code: 'outbox/other', where: `outbox ${item.slice(0, item.indexOf(' '))}`, message })
  return [
    ...kept.filter((item) => !inKernel.has(item)).map((item) => other(item, `the outbox keeps item ${item}, and the port does not know it`)),
    ...known.filter((item) => !inStore.has(item)).map((item) => other(item, `item ${item} was sent, and the outbox does not have it`)),
  ]
}

function strays(_store: AuditedStore, read: KernelReader, spaces: readonly string[]): Deviation[] {
  return spaces.flatMap((space): Deviation[] => {
    const vat = space.startsWith('vat/') ? (space.slice('vat/'.length) as VatId) : undefined
    if (vat === undefined || read.vat(vat) !== undefined) return []
    return [{ code: 'space/stray', where: space, message: `there are rows of ${vat}, and there is no such vat` }]
  })
}
