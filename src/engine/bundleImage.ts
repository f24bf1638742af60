/**
 * A bundle image: the heap of an engine right after the bundle of a vat was evaluated, from which every start
 * on this bundle continues.
 *
 * Bim1. A bundle has an image if its evaluation alone makes no syscall, writes to no console and takes no
 *       more than 256 MiB. So whether it has one, and all of its bytes, are a function of the base image and
 *       the bundle. The start of any other bundle evaluates it.
 * Bim2. A start is the same whether the evaluation was kept or made for it: the heap, the result, and the
 *       computrons, which are those of the evaluation and the start together. A start that has fewer
 *       computrons than the evaluation takes, or takes until it is known that there is no image, is
 *       exhausted; so an evaluation never takes more than its start is charged.
 */
import { assert } from '../base/errors.ts'
import type { BundleId } from '../base/ids.ts'
import { frameName } from '../protocol/worker/frames.ts'
import { undefinedValue, type Guest } from './guest.ts'
import type { Manifest } from '../protocol/worker/heap.ts'
import { findRuns, type BundleImage, type Evaluation, type HeapBase, type Image } from './image.ts'
import { returnInstance, takeInstance } from './instances.ts'
import { stopOf } from './stop.ts'

/** The code of a vat. */
export interface VatCode {
  readonly id: BundleId
  /** Read only if the bundle has no image that is kept. */
  readonly source: string
}

/** The memory that an evaluation may take, in pages of 64 KiB; one that takes more has no image. */
const maxEvaluationPages = 4096
/** The gas global has 63 bits. */
const unlimited = 2n ** 62n

/** What the supervisor returns if nothing is left to be sent. */
const nothingSent = '{"batch":[],"result":{"kind":"ok"}}'

/** The most memory of the images that are kept for one base image. */
const maxKeptBytes = 256 * 1024 * 1024
/** The most bundles that are known for one base image. */
const maxKept = 1_000

/**
 * The evaluation of the bundle, from memory or made for the caller; `exhausted` if it takes more computrons
 * than this. Null if the supervisor evaluates bundles in their starts only.
 */
export function evaluationOf(base: Image, code: VatCode, computrons: bigint): Evaluation | 'exhausted' | null {
  if (base.roots.evaluate === undefinedValue) return null
  const { bundles } = base
  const evaluation = bundles.get(code.id) ?? evaluateIn(base, code, computrons)
  if (evaluation === 'exhausted') return evaluation
  bundles.delete(code.id)
  bundles.set(code.id, evaluation)
  makeRoom(base)
  return spentBy(evaluation) > computrons ? 'exhausted' : evaluation
}

const spentBy = (evaluation: Evaluation): bigint =>
  evaluation.kind === 'image' ? evaluation.image.computrons : evaluation.computrons

/** The base of a heap. `sourceOf` reads the source of a bundle. */
export function baseOf(
  image: Image,
  { bundle }: Pick<Manifest, 'bundle'>,
  sourceOf: (bundle: BundleId) => string,
): HeapBase {
  if (bundle === null) return image
  const code = {
    id: bundle,
    get source() {
      return sourceOf(bundle)
    },
  }
  const evaluation = evaluationOf(image, code, unlimited)
  assert(evaluation !== null && evaluation !== 'exhausted', 'the evaluation of a heap that is kept has an end')
  assert(evaluation.kind === 'image', `Bim1: a heap is told from the image of ${bundle}, which has none`)
  return evaluation.image
}

/** The memory of the images that are kept. */
export function bundleImageBytes({ bundles }: Image): number {
  let bytes = 0
  for (const evaluation of bundles.values()) bytes += bytesOf(evaluation)
  return bytes
}

const bytesOf = (evaluation: Evaluation): number =>
  evaluation.kind === 'image' ? evaluation.image.memory.length : 0

/** Forgets the images that are kept; nothing else changes (Bim2). */
export const dropBundleImages = ({ bundles }: Image): void => bundles.clear()

/** The image used last stays, however large. */
function makeRoom(base: Image): void {
  let bytes = bundleImageBytes(base)
  for (const [id, evaluation] of base.bundles) {
    const isWithin = bytes <= maxKeptBytes && base.bundles.size <= maxKept
    if (isWithin || base.bundles.size === 1) return
    base.bundles.delete(id)
    bytes -= bytesOf(evaluation)
  }
}

function evaluateIn(base: Image, { id, source }: VatCode, limit: bigint): Evaluation | 'exhausted' {
  const guest = takeInstance(base, base.memory.length)
  const gas = guest.exports['meter.gas']
  gas.value = limit
  guest.exports['meter.heapLimit'].value = maxEvaluationPages
  try {
    const isAlone = evaluate(guest, frameName(id), source)
    const computrons = limit - gas.value
    const evaluation: Evaluation = isAlone
      ? { kind: 'image', image: imageAfter(base, id, guest, computrons) }
      : { kind: 'no-image', computrons }
    returnInstance(base, guest)
    return evaluation
  } catch (error) {
    const stop = stopOf(error, guest)
    if (stop.kind === 'exhausted' && stop.resource === 'computrons') return 'exhausted'
    return { kind: 'no-image', computrons: limit - gas.value }
  }
}

/** Returns whether the evaluation has left nothing for the host. */
function evaluate(guest: Guest, name: string, source: string): boolean {
  const [first, second] = [guest.newText(name), guest.newText(source)]
  guest.freeValue(guest.callWith(guest.roots.evaluate, first, second))
  guest.freeValue(first)
  guest.freeValue(second)
  guest.runJobs()
  if (!isNothingSent(guest)) return false
  guest.collectGarbage()
  return isNothingSent(guest)
}

function isNothingSent(guest: Guest): boolean {
  const finish = guest.call(guest.roots.finish)
  const text = guest.readText(finish)
  guest.freeValue(finish)
  return text === nothingSent
}

function imageAfter(base: Image, bundle: BundleId, guest: Guest, computrons: bigint): BundleImage {
  const { imageId, engine, roots, spares } = base
  const memory = Buffer.from(guest.memory())
  const runs = findRuns(engine, memory)
  return { imageId, bundle, engine, memory, globals: guest.globals(), roots, runs, spares, computrons }
}
