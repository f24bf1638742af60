/**
 * Decides which code of a store may run.
 *
 * Opening a store runs its kernel, engines and supervisors. To keep foreign stores and exports from running
 * code of their own:
 *
 * Tu1. A kernel, supervisor, engine or base image is run only if a release shipped it, this host installed it
 *      in this store, or the caller that opens or imports the store names its hash.
 * Tu2. All of them in the store are checked, even currently unused ones.
 * Tu3. A base image need not be named if rebuilding it from a trusted engine and a trusted supervisor results
 *      in the same image.
 * Tu4. Named hashes are remembered in the store, and in no export of it.
 */
import { assert } from '../../base/errors.ts'
import { bundleId, isBundleId, type BundleId, type Hash } from '../../base/ids.ts'
import { compileEngine } from '../../engine/engine.ts'
import { buildImage } from '../../engine/image.ts'
import type { BundleKind } from '../../protocol/bundle/bundle.ts'
import { refuse } from '../../protocol/codes.ts'
import type { ImportedStore } from '../../store/store.ts'
import { isShipped } from '../../release/shipped.ts'

interface JudgedStore {
  readonly trust: Pick<ImportedStore['trust'], 'has' | 'add'>
  readonly bundles: Pick<ImportedStore['bundles'], 'hostCode' | 'get'>
}

interface Code {
  readonly id: BundleId
  readonly kind: BundleKind
}

/** @throws CodedError `store/untrusted-code` with all untrusted code */
export function assertTrusted(store: JudgedStore, given: readonly BundleId[]): void {
  const { trust } = store
  const unknown = store.bundles.hostCode().filter(({ id }) => !isShipped(id) && !trust.has(id))
  trust.add(unknown.map(({ id }) => id).filter((id) => given.includes(id)), 'given')
  const untrusted = unknown.filter(({ id }) => !trust.has(id))
  const code = untrusted.filter(({ kind }) => kind !== 'image')
  if (code.length > 0) refuseUntrusted(code)
  const rebuilt = rebuiltAmong(store, new Set(untrusted.map(({ id }) => id)))
  const images = untrusted.filter(({ id }) => !rebuilt.has(id))
  if (images.length > 0) refuseUntrusted(images)
  trust.add(untrusted.map(({ id }) => id), 'rebuilt')
  assert(unknown.every(({ id }) => trust.has(id)), 'all code of the store is trusted (Tu1, Tu2)')
}

/** Tu3: those of the images that are rebuilt. All engines and supervisors are trusted by now. */
function rebuiltAmong({ bundles }: JudgedStore, images: ReadonlySet<BundleId>): ReadonlySet<BundleId> {
  const rebuilt = new Set<BundleId>()
  const code = bundles.hostCode()
  const supervisors = code
    .filter(({ kind }) => kind === 'supervisor')
    .map(({ id }) => Buffer.from(bundles.get(id, 'supervisor')).toString('utf8'))
  for (const { id } of code.filter(({ kind }) => kind === 'engine')) {
    if (rebuilt.size === images.size) break
    const engine = compileEngine(bundles.get(id, 'engine'), id)
    for (const supervisor of supervisors) {
      if (rebuilt.size === images.size) break
      const image = buildImage(engine, supervisor).id
      if (images.has(image)) rebuilt.add(image)
    }
  }
  return rebuilt
}

function refuseUntrusted(code: readonly Code[]): never {
  const named = code.map(({ id, kind }) => `the ${kind} ${id}`).join(', ')
  const options = code.map(({ id }) => `--trust ${id}`).join(' ')
  const untrusted = code.map(({ id, kind }) => ({ kind, bundle: id, hash: id.slice(idPrefix.length) }))
  refuse(
    'store/untrusted-code',
    `no release contains ${named}, and this host did not install it; if you trust its origin, add ${options}`,
    { untrusted },
  )
}

const idPrefix = 'b1-'

/** A trusted hash, as an id or as its digits alone. */
export function checkTrust(trust: readonly string[]): BundleId[] {
  const wrong = (): never =>
    refuse('api/bad-argument', 'trust must be a list of ids of bundles, or of their hashes', {
      argument: 'trust',
    })
  if (!Array.isArray(trust)) wrong()
  return trust.map((text) => {
    if (typeof text !== 'string') return wrong()
    if (isBundleId(text)) return text
    return /^[0-9a-f]{64}$/.test(text) ? bundleId(text as Hash) : wrong()
  })
}

/** Whether a refusal names one of these. */
export const isAbout = (detail: Readonly<Record<string, unknown>>, ids: readonly BundleId[]): boolean =>
  Array.isArray(detail['untrusted']) &&
  detail['untrusted'].some(
    (code: Partial<{ bundle: BundleId }>) => code.bundle !== undefined && ids.includes(code.bundle),
  )
