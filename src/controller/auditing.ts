/**
 * An audit of a whole store: the kernel's of its tables, the store's of its file, and what the two say of each other.
 *
 * Au1. Nothing is changed. A store that is damaged so that the kernel's tables cannot be read is told of, too.
 * Au2. It is the store's own kernel that audits. A kernel of release 0.1.0 cannot; the release's does it in
 *      its place, which reads the same tables.
 */
import { CodedError } from '../base/errors.ts'
import type { VatId } from '../base/ids.ts'
import { decodeManifest } from '../engine/heap.ts'
import type { KernelReader } from '../kernel/events.ts'
import { storeAuditCodes } from '../protocol/audit.ts'
import type { AuditDepth, AuditReport, Deviation, KernelAudit, StoreAuditCode } from '../protocol/audit.ts'
import type { CycleGroup } from '../protocol/cycles.ts'
import type { ImportedStore, Store } from '../store/store.ts'
import { evaluateKernel } from './kernelContext.ts'

/** A store as an audit needs it. */
type AuditedStore = Pick<Store, 'state' | 'audit'> & { readonly [Part in 'transcripts' | 'heaps' | 'bundles' | 'outbox']: Store[Part] | ImportedStore[Part] }

/** Whoever audits the kernel's tables. */
export type KernelAuditor = () => KernelAudit

/** The audit of a kernel bundle that need not be the store's own; undefined when it has none. */
export function auditorOf(bundle: Uint8Array, { state, bundles }: Pick<AuditedStore, 'state' | 'bundles'>): KernelAuditor | undefined {
  const { audit } = evaluateKernel('of the release', Buffer.from(bundle).toString('utf8'))
  return audit === undefined ? undefined : () => audit({ state, bundles })
}

/** The same for circles between vats. */
export const cyclesBy = (bundle: Uint8Array, { state, bundles }: Store): readonly CycleGroup[] | undefined =>
  evaluateKernel('of the release', Buffer.from(bundle).toString('utf8')).findCycles?.({ state, bundles })

export function auditWhole(store: AuditedStore, read: KernelReader, auditKernel: KernelAuditor, depth: AuditDepth): AuditReport {
  const file = depth === 'all' ? store.audit((manifest) => decodeManifest(manifest).pages.map(({ hash }) => hash)) : undefined
  const kernel = attempt(auditKernel)
  const between = kernel.kind === 'unreadable' ? [kernel.deviation] : isReadable(kernel.audit) ? compare(store, read, file?.spaces ?? []) : []
  const { deviations, found } = kernel.kind === 'audited' ? kernel.audit : { deviations: [], found: 0 }
  return {
    depth,
    deviations: [...(file?.deviations ?? []), ...between, ...deviations],
    found: (file?.found ?? 0) + between.length + found,
    counted: kernel.kind === 'audited' ? kernel.audit.counted : null,
    store: file?.counted ?? null,
  }
}

type Attempt = { readonly kind: 'audited'; readonly audit: KernelAudit } | { readonly kind: 'unreadable'; readonly deviation: Deviation }

/** A row that the store refuses ends the kernel's audit; it is the deviation then (Au1). */
function attempt(auditKernel: KernelAuditor): Attempt {
  try {
    return { kind: 'audited', audit: auditKernel() }
  } catch (error) {
    if (!(error instanceof CodedError) || !isStoreCode(error.code)) throw error
    const { space, key } = error.detail
    const where = typeof space === 'string' ? `${space} ${String(key)}` : 'file'
    return { kind: 'unreadable', deviation: { code: error.code, where, message: `${error.message}; the kernel's tables were not audited to their end` } }
  }
}

const isStoreCode = (code: string): code is StoreAuditCode => Object.hasOwn(storeAuditCodes, code)

/** Whether the kernel's reader can be asked: every row is as its table writes it. */
const isReadable = ({ deviations, found }: KernelAudit): boolean =>
  found === deviations.length && !deviations.some(({ code }) => code === 'row/unreadable' || code === 'config/missing')

const compare = (store: AuditedStore, read: KernelReader, spaces: readonly string[]): Deviation[] => [...heaps(store, read), ...letters(store, read), ...strays(read, spaces)]

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
function letters({ outbox }: AuditedStore, read: KernelReader): Deviation[] {
  const kept = outbox.kept().map(([sequence, port]) => `${sequence} of ${port}`)
  const known = (read.ports?.() ?? []).flatMap(({ name }) => read.sent(name, 0, Infinity).map(({ sequence }) => `${sequence} of ${name}`))
  const [inStore, inKernel] = [new Set(kept), new Set(known)]
  const other = (item: string, message: string): Deviation => ({ code: 'outbox/other', where: `outbox ${item.slice(0, item.indexOf(' '))}`, message })
  return [
    ...kept.filter((item) => !inKernel.has(item)).map((item) => other(item, `the outbox keeps item ${item}, and the port does not know it`)),
    ...known.filter((item) => !inStore.has(item)).map((item) => other(item, `item ${item} was sent, and the outbox does not have it`)),
  ]
}

function strays(read: KernelReader, spaces: readonly string[]): Deviation[] {
  return spaces.flatMap((space): Deviation[] => {
    const vat = space.startsWith('vat/') ? (space.slice('vat/'.length) as VatId) : undefined
    if (vat === undefined || read.vat(vat) !== undefined) return []
    return [{ code: 'space/stray', where: space, message: `there are rows of ${vat}, and there is no such vat` }]
  })
}
