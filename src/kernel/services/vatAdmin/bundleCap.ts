/**
 * Bundle caps: objects that stand for installed bundles.
 *
 * Vats do not send to a bundle cap: they read it with `vatPowers.D` (the syscall `getBundle`), and pass it to
 * `createVat` and `upgrade`. The methods below are `vatAdmin`'s.
 *
 * | method                    | answer                                            |
 * |---------------------------|---------------------------------------------------|
 * | `getBundleCap(id)`        | the cap; refused when no such bundle is installed |
 * | `waitForBundleCap(id)`    | the cap, once it is installed                     |
 * | `getNamedBundleCap(name)` | the cap of the bundle with this name              |
 * | `getBundleIDByName(name)` | its id                                            |
 */
import { isBundleId, type BundleId } from '../../../base/ids.ts'
import { encode } from '../../objects/kernelValues.ts'
import type { Service } from '../../tables/records.ts'
import {
  answer,
  later,
  nameOf,
  refusal,
  type ServiceCall,
  type Methods,
  type Reply,
  type ServiceParts,
} from '../service.ts'

export const bundleCap: Methods<Extract<Service, { kind: 'bundleCap' }>> = {}

export function getBundleCap({ installed }: ServiceParts, { args: [id] }: ServiceCall): Reply {
  if (!isId(id)) return noId(id)
  return installed.format(id) === undefined
    ? refusal(`bundleID not yet installed: ${id}`)
    : answer(encode(installed.cap(id)))
}

export function waitForBundleCap({ installed }: ServiceParts, { args: [id], result }: ServiceCall): Reply {
  if (!isId(id)) return noId(id)
  if (installed.format(id) !== undefined) return answer(encode(installed.cap(id)))
  if (result !== null) installed.wait(id, result)
  return later
}

export const getNamedBundleCap = (parts: ServiceParts, { args: [name] }: ServiceCall): Reply =>
  byName(parts, name, (id) => answer(encode(parts.installed.cap(id))))

export const getBundleIDByName = (parts: ServiceParts, { args: [name] }: ServiceCall): Reply =>
  byName(parts, name, (id) => answer(encode(id)))

/** Acts on the bundle with this name. */
export function byName({ installed }: ServiceParts, name: unknown, act: (id: BundleId) => Reply): Reply {
  const id = typeof name === 'string' ? installed.named(name) : undefined
  return id === undefined
    ? refusal(`unknown bundle name ${nameOf(name)}: that is not the name of a bundle that is installed`)
    : act(id)
}

const isId = (id: unknown): id is BundleId => typeof id === 'string' && isBundleId(id)
const noId = (id: unknown): Reply => refusal(`${nameOf(id)} is not the id of a bundle`)
