/**
 * Audits a whole store: the kernel's tables, the store's file, and whether the two agree.
 *
 * Au1. An audit changes nothing, and no stored data makes it fail: data that cannot be read is a deviation,
 *      and the audit continues with the rest.
 * Au2. The store's own kernel does the audit; for a kernel that has no audit, the release's kernel does it
 *      and
 *      reads the same tables.
 */
import { assert, CodedError } from '../../base/errors.ts'
import type { VatId } from '../../base/ids.ts'
import { decodeManifest } from '../../engine/heap.ts'
import type { KernelAuditor } from '../../protocol/kernel/bundle.ts'
import type { KernelReader } from '../../protocol/kernel/kernel.ts'
import type { Space, PlatformState } from '../../protocol/kernel/platform.ts'
import {
  storeAuditCodes,
  type AuditDepth,
  type AuditReport,
  type Deviation,
  type StoreAuditCode,
} from '../../protocol/reports/audit.ts'
import type { Code } from '../../protocol/codes.ts'
import type { ImportedStore, Store } from '../../store/store.ts'
import type { AdaptedBundle } from './adapters/adapted.ts'
import { describeFault, evaluateKernel } from './kernelContext.ts'

/** The parts of a store that an audit needs. */
type AuditedStore = Pick<Store, 'state' | 'audit'> & {
  readonly [Part in 'transcripts' | 'heaps' | 'bundles' | 'outbox']: Store[Part] | ImportedStore[Part]
}

/** The exports of a kernel bundle that read any kernel's tables; null when the bundle has none. */
export type Auditors = Pick<AdaptedBundle, 'audit' | 'findCycles'>

/** The auditors of any kernel bundle, not only the store's own. */
export const auditorsOf = (bundle: Uint8Array): Auditors =>
  evaluateKernel('of the release', Buffer.from(bundle).toString('utf8'))

export function auditWhole(
  store: AuditedStore,
  read: KernelReader,
  audit: KernelAuditor,
  depth: AuditDepth,
): AuditReport {
  const file =
    depth === 'all'
      ? store.audit((manifest) => decodeManifest(manifest).pages.map(({ hash }) => hash))
      : undefined
  const reported = new Set((file?.deviations ?? []).map(({ where }) => where))
  const state = new SoundRows(store.state, reported)
  const kernel = attempt('kernel', () => audit({ state, bundles: store.bundles }))
  const between = compareAll(store, read, file?.spaces ?? [])
  const { deviations, found } =
    kernel.kind === 'done' ? kernel.value : { deviations: [kernel.deviation], found: 1 }
  const known = new Set([...reported, ...[...state.deviations, ...deviations].map(({ where }) => where)])
  const beside = [
    ...state.deviations,
    ...between.filter(({ code, where }) => !isRefusal(code) || !known.has(where)),
  ]
  return {
    depth,
    deviations: [...(file?.deviations ?? []), ...beside, ...deviations],
    found: (file?.found ?? 0) + beside.length + found,
    counted: kernel.kind === 'done' ? kernel.value.counted : null,
    store: file?.counted ?? null,
  }
}

export interface Cause {
  /** The kernel's deviation, if any, and the exception. */
  readonly why: string
  /** Detail of the fault: the code under `cause`, with its own detail. Empty for a bug of ours. */
  readonly cause: Readonly<Record<string, unknown>>
}

/**
 * Returns why a kernel failed: the refusal that was thrown, or else the inconsistent rows that an audit of
 * its tables finds; those are damage, like a refused row.
 */
export function causeOf(error: unknown, store: Store, audit: KernelAuditor | null): Cause {
  const thrown = describeFault(error)
  if (error instanceof CodedError) return { why: thrown, cause: { cause: error.code, ...error.detail } }
  const deviation = audit === null ? undefined : firstDeviation(store, audit)
  if (deviation === undefined) return { why: thrown, cause: {} }
  const { code, where, message } = deviation
  const cause = 'store/corrupt-state' satisfies Code
  return {
    why: `the tables of the kernel have deviations, such as ${where}: ${message}; ${thrown}`,
    cause: { cause, where, deviation: code },
  }
}

function firstDeviation({ state, bundles }: Store, audit: KernelAuditor): Deviation | undefined {
  const sound = new SoundRows(state, new Set())
  const audited = attempt('kernel', () => audit({ state: sound, bundles }))
  const deviations = audited.kind === 'done' ? audited.value.deviations : [audited.deviation]
  return sound.deviations[0] ?? deviations[0]
}

/** Compares store and kernel; what cannot be compared is reported once. */
function compareAll(store: AuditedStore, read: KernelReader, spaces: readonly string[]): Deviation[] {
  const found = new Map<string, Deviation>()
  for (const compare of [heaps, sentItems, strays]) {
    const compared = attempt('kernel', () => compare(store, read, spaces))
    const deviations = compared.kind === 'done' ? compared.value : [compared.deviation]
    for (const deviation of deviations) found.set(`${deviation.code} ${deviation.where}`, deviation)
  }
  return [...found.values()]
}

type Attempt<Value> =
  | { readonly kind: 'done'; readonly value: Value }
  | { readonly kind: 'unreadable'; readonly deviation: Deviation }

/** Turns a read failure into a deviation (Au1): a refused row, or any error of a kernel that reads one. */
function attempt<Value>(place: string, read: () => Value): Attempt<Value> {
  try {
    return { kind: 'done', value: read() }
  } catch (error) {
    return { kind: 'unreadable', deviation: deviationOf(error, place) }
  }
}

function deviationOf(error: unknown, place: string): Deviation {
  if (!(error instanceof CodedError) || !isStoreCode(error.code)) {
    return {
      code: 'row/unreadable',
      where: place,
      message: `the kernel could not read its tables: ${firstLineOf(error)}`,
    }
  }
  return { code: error.code, where: placeOf(error.detail), message: error.message }
}

/** Deviation of an unreadable row: reported once, however many readers find it. */
const isRefusal = (code: string): boolean => code === 'row/unreadable' || code.startsWith('store/')
const firstLineOf = (error: unknown): string => describeFault(error).split('\n')[0] ?? ''
const placeOf = ({ space, key }: Readonly<Record<string, unknown>>): string =>
  typeof space === 'string' ? `${space}${typeof key === 'string' ? ` ${key}` : ''}` : 'file'
const isStoreCode = (code: string): code is StoreAuditCode => Object.hasOwn(storeAuditCodes, code)

/** The rows of the state that the store can read. Each unreadable row is a deviation and is skipped (Au1). */
class SoundRows implements Pick<PlatformState, 'get' | 'nextKey'> {
  readonly deviations: Deviation[] = []
  readonly #state: Pick<PlatformState, 'get' | 'nextKey'>
  /** The places that were already reported. */
  readonly #reported: Set<string>

  constructor(state: Pick<PlatformState, 'get' | 'nextKey'>, reported: ReadonlySet<string>) {
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
        const next = this.#state.nextKey(space, prefix, from)
        assert(next === undefined || next > from, 'the store returns keys in order')
        return next
      } catch (error) {
        const key = this.#report(error)
        // Keys that are not text sort after all text keys.
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

/** The heap from which a vat would be restored is the one that the kernel has recorded. */
function heaps(store: AuditedStore, read: KernelReader): Deviation[] {
  return read.vats().flatMap(({ vat, snapshotHash, status }): Deviation[] => {
    // The remains of a terminated vat are deleted in steps, and it is never restored.
    if (status.kind === 'terminated') return []
    const span = store.transcripts.span(vat)
    if (span?.reason !== 'snapshot') return []
    const snapshot = store.heaps.snapshot(vat)
    if (snapshot?.position === span.start && snapshot.heapHash === snapshotHash) return []
    const there =
      snapshot === undefined ? 'there is none' : `there is ${snapshot.heapHash} of ${snapshot.position}`
    return [
      {
        code: 'heap/other',
        where: `snapshot ${vat} ${span.start}`,
        message: `${vat} continues from the heap ${snapshotHash ?? 'that it started with'} of position ${span.start}; ${there}`,
      },
    ]
  })
}

/** The outbox holds exactly the items that ports have sent and the host has not acknowledged. */
function sentItems({ outbox }: AuditedStore, read: KernelReader): Deviation[] {
  const kept = outbox.kept().map(([sequence, port]) => `${sequence} of ${port}`)
  const known = read
    .ports()
    .flatMap(({ name }) =>
    read.sent(name, 0, Infinity).map(({ sequence }) => `${sequence} of ${name}`),
  )
  const [inStore, inKernel] = [new Set(kept), new Set(known)]
  const other = (item: string, message: string): Deviation => ({
    code: 'outbox/other',
    where: `outbox ${item.slice(0, item.indexOf(' '))}`,
    message,
  })
  return [
    ...kept
      .filter((item) => !inKernel.has(item))
      .map((item) => other(item, `the outbox keeps item ${item}, and the port does not know it`)),
    ...known
      .filter((item) => !inStore.has(item))
      .map((item) => other(item, `item ${item} was sent, and the outbox does not have it`)),
  ]
}

function strays(_store: AuditedStore, read: KernelReader, spaces: readonly string[]): Deviation[] {
  return spaces.flatMap((space): Deviation[] => {
    const vat = space.startsWith('vat/') ? (space.slice('vat/'.length) as VatId) : undefined
    if (vat === undefined || read.vat(vat) !== undefined) return []
    return [
      { code: 'space/stray', where: space, message: `there are rows of ${vat}, and there is no such vat` },
    ]
  })
}
