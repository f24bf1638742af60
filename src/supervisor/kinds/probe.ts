/**
 * The fields that the records of a kind would have: those of the result of its `init` for stand-ins. Only in
 * a start that is run to see a bundle's definitions and undone afterwards, since it runs the author's code
 * without need.
 *
 * Prb1. Only names are read, and only where they cannot depend on the stand-ins: code that lists the
 *       properties of an argument yields none.
 *
 * Code that throws with stand-ins is called once more without arguments; when it throws again, its fields are
 * unknown.
 */
import type { Init } from './stored/options.ts'
import { recordFlaw } from './stored/plainRecord.ts'

/** The names, in record order, or null if unknown. */
export function fieldsFrom(init: Init | undefined): readonly string[] | null {
  if (init === undefined) return []
  const standIns = new StandIns()
  return (
    namesFrom(
      init,
      Array.from({ length: maxArguments }, () => standIns.make()),
      () => standIns.listed,
    ) ?? namesFrom(init, [], () => false)
  )
}

const maxArguments = 10

function namesFrom(init: Init, args: readonly unknown[], isListed: () => boolean): readonly string[] | null {
  try {
    const record: unknown = Reflect.apply(init, undefined, args)
    return isListed() || recordFlaw(record) !== undefined ? null : Object.keys(record as object)
  } catch {
    return null
  }
}

/** Each has every property, which is another stand-in, and can be called. */
class StandIns {
  /** Whether code has listed the properties of a stand-in. */
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
    // An arrow function has no property that constrains a trap.
    return new Proxy(() => {}, traps)
  }
}
