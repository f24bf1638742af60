/**
 * Bundles a kernel: an entry and all its imports become one script, ready to be installed.
 *
 * Bk1. The same sources result in the same bytes, wherever they are (Bs1). From the sources of a release
 *      comes the kernel of that release.
 * Bk2. What cannot be a kernel is refused here, with the file and the line where there is one: nothing is
 *      returned that `installKernel` would refuse.
 */
import { CodedError } from '../base/errors.ts'
import { isRecord } from '../base/guards.ts'
import type { BundleId } from '../base/ids.ts'
import { checkOptions } from '../api/optionNames.ts'
import { bundleScript, type BundledScript } from '../bundler/bundleScript.ts'
import { Lines } from '../bundler/lines.ts'
import { entryOf, rootOf } from '../bundler/modules/entry.ts'
import { ModuleGraph } from '../bundler/modules/moduleGraph.ts'
import { refuseAt } from '../bundler/problems.ts'
import { evaluateKernel } from '../machine/kernel/kernelContext.ts'
import { asynchronousSyntax } from '../machine/kernel/synchronous.ts'
import { refuse } from '../protocol/codes.ts'
import { codeId, kernelBytes, kernelEntry } from '../release/release.ts'

/** A kernel bundle, ready for `controller.installBundle` or `controller.installKernel`. */
export interface BundledKernel {
  readonly kind: 'kernel'
  readonly id: BundleId
  /** A script whose completion value is the exports of a kernel bundle (`docs/wires/kernel.md`). */
  readonly bytes: Uint8Array
  /** `package`: the kernel that the installed package contains, whose sources it does not. */
  readonly from: 'sources' | 'package'
  /** The files it was made of, relative to the entry's folder, sorted. Empty for `package`. */
  readonly inputs: readonly string[]
}

/** Options of a kernel bundle. */
export interface KernelBundleOptions {
  /** Folder whose files the sources may import by path; by default that of the nearest package.json. */
  readonly root?: string
}

/**
 * Bundles a kernel from its sources: by default the kernel of this release, which an installed package
 * contains as a bundle and not as sources.
 *
 * @throws CodedError `bundle/…`, with the file and the line where there is one
 */
export async function bundleKernel(
  entry?: string,
  options: KernelBundleOptions = {},
): Promise<BundledKernel> {
  const { root } = checkOptions(options, { root: true })
  if (entry === undefined && kernelEntry === null) return bundled(await kernelBytes(), 'package', [])
  const named = entry ?? kernelEntry
  if (typeof named !== 'string' || named === '')
    return refuse('api/bad-argument', 'the entry of a kernel must be a path that is not empty', {
      argument: 'entry',
    })
  const path = await entryOf(named)
  const graph = new ModuleGraph(path, { root: await rootOf(path, named, root), loaders: {} })
  const script = await bundleScript(graph, 'value')
  assertExports(script.exports, graph.entry.display)
  assertSynchronous(script)
  return bundled(script.bytes, 'sources', script.inputs)
}

function bundled(
  bytes: Uint8Array,
  from: BundledKernel['from'],
  inputs: readonly string[],
): BundledKernel {
  const id = codeId(bytes)
  assertEvaluates(id, bytes)
  return { kind: 'kernel', id, bytes, from, inputs }
}

/** Bk2. */
function assertEvaluates(id: BundleId, bytes: Uint8Array): void {
  try {
    evaluateKernel(id, Buffer.from(bytes).toString('utf8'))
  } catch (error) {
    if (error instanceof CodedError && error.code === 'kernel/broken-bundle')
      refuse('bundle/not-a-kernel', error.message, { kernel: id })
    throw error
  }
}

/** Whether a bundle to be installed is a kernel. */
export const isBundledKernel = (bundle: unknown): bundle is BundledKernel =>
  isRecord(bundle) && bundle['kind'] === 'kernel'

function assertExports(exports: readonly string[], file: string): void {
  if (exports.includes('makeKernel')) return
  const exported = exports.length > 0 ? `it exports ${exports.join(', ')}` : 'it exports nothing'
  refuse('bundle/not-a-kernel', `${file} has no export makeKernel; ${exported}.`, { file, exports })
}

/** Bk2: `evaluateKernel` would refuse it without a place. */
function assertSynchronous({ bytes, places }: BundledScript): void {
  const source = Buffer.from(bytes).toString('utf8')
  const found = asynchronousSyntax(source)
  if (found === undefined) return
  const place = found.offset === null ? undefined : places.originOf(new Lines(source).placeOf(found.offset))
  refuseAt('bundle/asynchronous', `A kernel is synchronous, and this is ${found.what}.`, place)
}
