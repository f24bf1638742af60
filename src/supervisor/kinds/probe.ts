/**
 * Which fields the records of a kind would have: what its `init` returns for stand-ins. Only in a start that is
 * made to see what a bundle defines and undone afterwards, since it runs the author's code without reason.
 *
 * Pr1. Only names are looked at, and only where they cannot depend on the stand-ins: code that lists what an
 *      argument has gives none.
 * Pr2. Code that cannot do with stand-ins is called once more without arguments; when it throws again, its fields
 *      are not known.
 */
import type { Init } from './options.ts'
import { recordFlaw } from './plainRecord.ts'

/** The names, in the order of the record, or null when they could not be seen. */
export function fieldsFrom(init: Init | undefined): readonly string[] | null {
  if (init === undefined) return []
  const standIns = new StandIns()
  return namesFrom(init, Array.from({ length: mostArguments }, () => standIns.make()), () => standIns.listed) ?? namesFrom(init, [], () => false)
}

const mostArguments = 10

function namesFrom(init: Init, args: readonly unknown[], isListed: () => boolean): readonly string[] | null {
  try {
    const record: unknown = Reflect.apply(init, undefined, args)
    return isListed() || recordFlaw(record) !== undefined ? null : Object.keys(record as object)
  } catch {
    return null
  }
}

/** Each has any property, which is another one, and can be called. */
class StandIns {
  /** Whether code has asked what properties one has. */
  listed = false

  make(): object {
    const traps: ProxyHandler<() => void> = {
      get: (_target, name) => (typeof name === 'string' ? this.make() : undefined),
      apply: () => this.make(),
      construct: () => this.make(),
      ownKeys: (target) => {
        this.listed = true
        return Reflect.ownKeys(target)
      },
    }
    // An arrow function has no property that a trap would have to be true to.
    return new Proxy(() => {}, traps)
  }
}
