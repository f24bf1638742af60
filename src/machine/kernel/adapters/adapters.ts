/** Selects the adapter of a kernel bundle by the level that the bundle exports. */
import { assert } from '../../../base/errors.ts'
import { interfaceLevel } from '../../../protocol/kernel/bundle.ts'
import { refuse } from '../../../protocol/codes.ts'
import { isVersion, refuseBundle, type AdaptedBundle, type Adapter, type ForeignBundle } from './adapted.ts'
import { adaptLevel0 } from './level0.ts'
import { adaptLevel1 } from './level1.ts'
import { adaptLevel2 } from './level2.ts'

/** By level. */
const adapters: readonly Adapter[] = [adaptLevel0, adaptLevel1, adaptLevel2]

assert(adapters.length === interfaceLevel + 1, 'there is an adapter for each level (Ad1)')

/**
 * @throws CodedError `kernel/too-new` for a level of a later release; `kernel/broken-bundle` for what is none
 */
export function adapted(bundle: ForeignBundle): AdaptedBundle {
  const level = bundle.exports.data('interfaceLevel') ?? 0
  const adapt = typeof level === 'number' ? adapters[level] : undefined
  if (typeof level === 'number' && Number.isSafeInteger(level) && level > interfaceLevel)
    return refuseTooNew(bundle, level)
  if (adapt === undefined)
    return refuseBundle(
      bundle.id,
      `has the interface level ${String(level)}; this release supports levels up to ${interfaceLevel}`,
    )
  return adapt(bundle)
}

function refuseTooNew({ id, exports }: ForeignBundle, level: number): never {
  const declared = exports.data('version')
  const version = typeof declared === 'string' && isVersion(declared) ? declared : null
  refuse(
    'kernel/too-new',
    `the kernel bundle ${id}${version === null ? '' : ` of release ${version}`} has the interface level ${level}; ` +
      `this release supports levels up to ${interfaceLevel}`,
    { bundle: id, version, level, known: interfaceLevel },
  )
}
