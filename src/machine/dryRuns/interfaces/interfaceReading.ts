/** The objects of a vat whose interfaces are compared, and reading them in a copy of its heap. */
import { assert } from '../../../base/errors.ts'
import { exportedObject, type ObjectVref, type VatId } from '../../../base/ids.ts'
import type { PlatformState } from '../../../protocol/kernel/platform.ts'
import type { UpgradeWarning } from '../../../protocol/reports/upgradeCheck.ts'
import { durableObjectsPrefix, namedExportKey } from '../../../protocol/worker/estate.ts'
import type { Store } from '../../../store/store.ts'
import type { HeapCopy } from '../../workers/heapCopy.ts'
import { readEstate, spaceOf, type Estate, type KindOfEstate } from '../estates.ts'
import type { CopyHeap } from '../sandbox.ts'
import { SpaceSyscalls } from '../sweep/spaceSyscalls.ts'
import { VatRows } from '../sweep/vatRows.ts'
import { differentInterfaces } from './interfaceComparison.ts'
import { interfaceScript, interfacesIn, type Depth, type Interface, type Sample } from './interfaceScript.ts'
import { callKey, groupOf, recordedCalls, type Calls } from './recordedCalls.ts'

/** What was read, with the objects. */
export interface Interfaces {
  readonly samples: readonly Sample[]
  readonly found: ReadonlyMap<string, Interface>
}

/** At most so many objects are read. */
const maxSamples = 2_000
/** Of one reading. */
const computrons = 200_000_000n

/**
 * The root, the named exports, and of each durable kind one object, facet by facet. Two kinds of one tag are
 * left out.
 */
function samplesOf(state: PlatformState, vat: VatId, { kinds, namedExports }: Estate): readonly Sample[] {
  const space = spaceOf(vat)
  const exported = namedExports.flatMap((label) => {
    const vref = state.get(space, namedExportKey(label)) as ObjectVref | undefined
    return vref === undefined ? [] : [{ name: `the export ${label}`, vref }]
  })
  const objects = kinds
    .filter(({ tag }) => kinds.filter((kind) => kind.tag === tag).length === 1)
    .flatMap((kind) => samplesOfKind(state, vat, kind))
  return [{ name: 'root', vref: null }, ...exported, ...objects].slice(0, maxSamples)
}

function samplesOfKind(
  state: PlatformState,
  vat: VatId,
  { tag, number, definition }: KindOfEstate,
): readonly Sample[] {
  const prefix = durableObjectsPrefix(number)
  const key = state.nextKey(spaceOf(vat), prefix, prefix)
  if (key === undefined || definition === null) return []
  const base = key.slice('object.'.length)
  assert(base.startsWith('o+d'), 'the row of a durable object has its name')
  if (definition.facets === null) return [{ name: tag, vref: base as ObjectVref }]
  return definition.facets.map((facet, at) => ({ name: `${tag}.${facet}`, vref: `${base}:${at}` as ObjectVref }))
}

/** The name under which a message finds its object: null is the root. */
const targetOf = ({ vref }: Sample): ObjectVref => vref ?? exportedObject(0)

/**
 * Undefined when they cannot be read, such as by a worker that is too old. The caller undoes what a script
 * writes.
 */
export function readInterfaces(
  state: PlatformState,
  vat: VatId,
  copyHeap: CopyHeap,
): Interfaces | undefined {
  const samples = samplesOf(state, vat, readEstate(state, vat))
  const copy = copyOf(copyHeap, vat)
  if (copy?.salvages !== true) return undefined
  const read = (depth: Depth): ReadonlyMap<string, Interface> | undefined => {
    const exports = samples.flatMap(({ vref }) => (vref === null ? [] : [vref]))
    const sink = new SpaceSyscalls(new VatRows(state, vat), { exports, swept: null })
    return interfacesIn(samples, copy.search(interfaceScript(samples, depth), { computrons }, sink))
  }
  const found = read('guards') ?? read('names')
  return found === undefined ? undefined : { samples, found }
}

/** A vat whose heap cannot be restored can still be upgraded, and its upgrade be checked. */
function copyOf(copyHeap: CopyHeap, vat: VatId): HeapCopy | undefined {
  try {
    return copyHeap(vat)
  } catch {
    return undefined
  }
}

/** What the upgrade changes. `vat`: it has recorded the calls. */
export function comparedInterfaces(
  store: Store,
  vat: VatId,
  before: Interfaces | undefined,
  after: Interfaces | undefined,
): readonly UpgradeWarning[] {
  if (before === undefined || after === undefined) return []
  let calls: ReadonlyMap<string, Calls> | undefined
  const groups = new Map(before.samples.map((sample) => [sample.name, groupOf(targetOf(sample))]))
  return differentInterfaces(before.found, after.found, (name, method) => {
    calls ??= recordedCalls(store, vat)
    return calls.get(callKey(groups.get(name) ?? '', method))
  })
}
