/**
 * `vatPowers.D`: reading bundles that are installed, by their caps.
 *
 * In SwingSet `D` calls devices; here bundle caps are all that there is for it. Reading has no effect,
 * and what is read is the same as long as there is the cap.
 */
import { allocatorOf, isObjectVref } from '../base/ids.ts'
import type { ObjectVref } from '../base/ids.ts'
import { ask } from './channel.ts'
import type { Slots } from './slots.ts'

export interface BundleReader {
  /** A record that `@endo/import-bundle` takes. */
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
  throw new TypeError('D takes a bundle cap, as getBundleCap of vatAdmin gives it, and nothing else; to other objects send with E')
}

/** Says what there is, to whoever asks for something else. */
function guarded(reader: BundleReader): BundleReader {
  return new Proxy(harden(reader), {
    get(target, name) {
      if (name === 'getBundle' || name === 'getBundleID') return target[name]
      // What promises and inspection ask any object for.
      if (typeof name === 'symbol' || name === 'then') return undefined
      throw new TypeError(`a bundle cap has no method ${name}: it has getBundle and getBundleID`)
    },
  })
}
