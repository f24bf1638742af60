/**
 * `vatPowers.D`: reading installed bundles by their caps.
 *
 * In SwingSet `D` calls devices; here it supports bundle caps only. Reading has no effect, and the content
 * never changes while the cap exists.
 */
import { allocatorOf, isObjectVref, type ObjectVref } from '../../base/ids.ts'
import { ask } from '../wire/channel.ts'
import type { Slots } from '../wire/slots.ts'

export interface BundleReader {
  /** A record for `@endo/import-bundle`. */
  getBundle(): unknown
  getBundleID(): string
}

export function makeBundleReader(slots: Slots): (cap: unknown) => BundleReader {
  return (cap) => {
    const vref = importOf(slots, cap)
    const read = (part: 'id' | 'text'): string => ask({ kind: 'getBundle', cap: vref, part }) ?? wrongTarget()
    return guarded({
      getBundle: () => harden(JSON.parse(read('text')) as unknown),
      getBundleID: () => read('id'),
    })
  }
}

function importOf(slots: Slots, cap: unknown): ObjectVref {
  const vref = typeof cap === 'object' && cap !== null ? slots.vrefOf(cap) : undefined
  return vref !== undefined && isObjectVref(vref) && allocatorOf(vref) === 'kernel' ? vref : wrongTarget()
}

function wrongTarget(): never {
  throw new TypeError(
    'D takes a bundle cap, as getBundleCap of vatAdmin gives it, and nothing else; to other objects send with E',
  )
}

/** Throws an error that lists the available methods when any other is requested. */
function guarded(reader: BundleReader): BundleReader {
  return new Proxy(harden(reader), {
    get(target, name) {
      if (name === 'getBundle' || name === 'getBundleID') return target[name]
      // Properties that promises and inspection read on any object.
      if (typeof name === 'symbol' || name === 'then') return undefined
      throw new TypeError(`a bundle cap has no method ${name}: it has getBundle and getBundleID`)
    },
  })
}
