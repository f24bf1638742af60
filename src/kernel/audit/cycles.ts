/**
 * Reference cycles between vats, as far as the kernel can see them.
 *
 * The kernel knows which vat can reach an object, but not through which of its own objects. The search
 * therefore assumes that any export of a vat may hold any of its imports. An object is *inside* a group when
 * its owner and all vats that can reach it are in the group and nothing else refers to it: no queue, promise
 * or pin. Roots are never inside. A group is reported when its vats form a cycle, each holding the next by
 * objects that are inside.
 *
 * Cy1. A vat outside every group is in no cycle between vats. A vat in a group may still be in use, since a
 *      root may hold it. The report is for people to review.
 */
import { assert } from '../../base/errors.ts'
import { compareVatIds, isObjectKref, isVatId, type VatId } from '../../base/ids.ts'
import { cycleObjectLimit, type CycleGroup, type CycleObject } from '../../protocol/reports/cycles.ts'
import { groupsOf } from './components.ts'
import type { AuditPlatform } from '../../protocol/kernel/bundle.ts'

/** Objects by their numbers. */
type Held = Map<number, CycleObject>

export function findCycles(ports: AuditPlatform): CycleGroup[] {
  let held = candidates(ports)
  for (;;) {
    const group = groupsOf(edgesOf(held))
    const inside: Held = new Map([...held].filter(([, { owner, holders }]) => {
      const own = group.get(owner)
      return own !== undefined && holders.every((holder) => group.get(holder) === own)
    }))
    if (inside.size === held.size) return groups(inside, group)
    held = inside
  }
}

/** Objects of vats that only other vats can reach. */
function candidates({ state }: AuditPlatform): Held {
  const get = (key: string): string | undefined => state.get('kernel', key)
  const held: Held = new Map()
  for (const rest of keysAfter(state, 'c.')) {
    const [holder = '', kref = ''] = rest.split('.')
    if (!isObjectKref(kref) || !isVatId(holder) || get(`c.${rest}`)?.startsWith('R o-') !== true) continue
    const number = Number(kref.slice(2))
    const known = held.get(number)
    if (known !== undefined) held.set(number, { ...known, holders: [...known.holders, holder] })
    else {
      const owner = get(`object.${kref}`)?.split(' ')[0] ?? ''
      if (isVatId(owner)) held.set(number, { object: kref, owner, holders: [holder] })
    }
  }
  for (const [number, { object, owner, holders }] of held) {
    const isRoot = get(`c.${owner}.${object}`)?.slice(2) === 'o+0'
    const reachable = Number(get(`object.${object}`)?.split(' ')[1])
    if (isRoot || reachable !== holders.length) held.delete(number)
  }
  return held
}

function* keysAfter(state: AuditPlatform['state'], prefix: string): Generator<string> {
  for (
    let key = state.nextKey('kernel', prefix, prefix);
    key !== undefined;
    key = state.nextKey('kernel', prefix, key)
  )
    yield key.slice(prefix.length)
}

/** Edges from each vat to the owners of the objects that it holds. */
function edgesOf(held: Held): Map<VatId, Set<VatId>> {
  const edges = new Map<VatId, Set<VatId>>()
  for (const { owner, holders } of held.values()) {
    if (!edges.has(owner)) edges.set(owner, new Set())
    for (const holder of holders) edges.set(holder, (edges.get(holder) ?? new Set()).add(owner))
  }
  return edges
}

function groups(inside: Held, group: ReadonlyMap<VatId, number>): CycleGroup[] {
  const members = new Map<number, { vats: Set<VatId>; objects: CycleObject[]; found: number }>()
  for (const number of [...inside.keys()].sort((one, other) => one - other)) {
    const object = inside.get(number)
    assert(object !== undefined, 'an object is found by its number')
    const id = group.get(object.owner)
    assert(id !== undefined, 'an object inside a group has its owner there')
    const found = members.get(id) ?? { vats: new Set(), objects: [], found: 0 }
    members.set(id, found)
    found.found += 1
    if (found.objects.length < cycleObjectLimit)
      found.objects.push({ ...object, holders: sorted(object.holders) })
    for (const vat of [object.owner, ...object.holders]) found.vats.add(vat)
  }
  const all = [...members.values()]
  assert(all.every(({ vats }) => vats.size >= 2), 'a cycle is between vats (Cy1)')
  return all.map(({ vats, objects, found }) => ({
    vats: sorted([...vats]),
    objects,
    found,
  }))
}

const sorted = (vats: readonly VatId[]): VatId[] =>
  [...vats].sort(compareVatIds)

