/** What can be chosen for a vat, and changed while it lives: as vats ask for it, and as it takes effect. */
import type { VatId } from '../base/ids.ts'
import type { ChangeableOptions } from '../protocol/inbox.ts'
import { minimumHeapBytes } from '../protocol/limits.ts'
import { faultPolicies, importances } from '../protocol/results.ts'
import type { KernelPorts } from './ports.ts'
import { isOptions } from './services/service.ts'
import type { VatRecord } from './tables/records.ts'
import type { Tables } from './tables/tables.ts'

const bytesPerPage = 65_536
const mostComputrons = 2n ** 62n

export const heapPages = (bytes: number): number => Math.floor(bytes / bytesPerPage)

export type Read = { readonly kind: 'read'; readonly options: ChangeableOptions } | { readonly kind: 'refused'; readonly message: string }

type Readers = { readonly [Name in keyof Required<ChangeableOptions>]: { readonly wanted: string; read(given: unknown): ChangeableOptions | undefined } }

const readers: Readers = {
  computronsPerDelivery: {
    wanted: 'a bigint from 1n to 2n ** 62n',
    read: (given) => (typeof given === 'bigint' && given >= 1n && given <= mostComputrons ? { computronsPerDelivery: String(given) } : undefined),
  },
  heapLimitBytes: {
    wanted: `a whole number from ${minimumHeapBytes} on`,
    read: (given) => (typeof given === 'number' && Number.isSafeInteger(given) && given >= minimumHeapBytes ? { heapLimitBytes: given } : undefined),
  },
  onFault: {
    wanted: `one of ${faultPolicies.join(', ')}`,
    read: (given) => {
      const onFault = faultPolicies.find((policy) => policy === given)
      return onFault === undefined ? undefined : { onFault }
    },
  },
  importance: {
    wanted: `one of ${importances.join(', ')}`,
    read: (given) => {
      const importance = importances.find((choice) => choice === given)
      return importance === undefined ? undefined : { importance }
    },
  },
}

/** Options that came in a message. One that is given as undefined is not given; one that there is not is refused by name. */
export function readOptions(given: unknown): Read {
  if (!isOptions(given)) return { kind: 'refused', message: 'the options are a record' }
  let options: ChangeableOptions = {}
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(readers, name)) return { kind: 'refused', message: `there is no option ${JSON.stringify(name.slice(0, 100))}; there are ${Object.keys(readers).join(', ')}` }
    if (value === undefined) continue
    const { wanted, read } = readers[name as keyof Readers]
    const chosen = read(value)
    if (chosen === undefined) return { kind: 'refused', message: `the option ${name} is ${wanted}` }
    options = { ...options, ...chosen }
  }
  return { kind: 'read', options }
}

/**
 * More heap is there at once. Less is from the next incarnation on: the vat may have more already, and
 * its transcript was written with more.
 */
export function changeOptions({ tables, ports }: { readonly tables: Tables; readonly ports: KernelPorts }, vat: VatId, options: ChangeableOptions): void {
  const record = tables.vat(vat)
  const { heapLimitBytes, ...others } = options
  const pages = heapLimitBytes === undefined ? undefined : heapPages(heapLimitBytes)
  tables.setVat(vat, { ...record, ...others, ...limitOf(record, pages) })
  // The worker has the limit that it was brought back with.
  if (pages !== undefined && pages > record.heapLimitPages) ports.workers.discard(vat)
}

function limitOf({ heapLimitPages }: VatRecord, pages: number | undefined): Partial<VatRecord> {
  if (pages === undefined) return {}
  return pages < heapLimitPages ? { nextHeapLimitPages: pages } : { heapLimitPages: pages, nextHeapLimitPages: null }
}
