/** Finds kernels by the words of the command line. */
import { readFileSync } from 'node:fs'
import { CodedError } from '../../base/errors.ts'
import { isBundleId } from '../../base/ids.ts'
import { bundleKernel, type Controller } from '../../host/index.ts'
import type { InstalledBundle } from '../../protocol/machine/reports.ts'
import { refuse } from '../../protocol/codes.ts'
import { kernelBytes, releasedIds } from '../../release/release.ts'
import { refuseUsage } from '../args/arguments.ts'

/** Stands for the kernel of this release. */
export const releaseWord = 'release'

/**
 * The id of an installed kernel, by its id, the beginning of it, or `release`.
 * @throws CodedError `kernel/unknown`
 */
export async function kernelNamed(controller: Controller, word: string): Promise<string> {
  const ids = (await controller.kernels()).map(({ id }) => id)
  const wanted = word === releaseWord ? (await releasedIds()).kernel : word
  const [found, more] = ids.filter((id) => id === wanted || id.startsWith(prefixOf(wanted)))
  if (more !== undefined && !isBundleId(wanted))
    refuse('kernel/unknown', `several kernels have ids that begin with ${wanted}`, { kernel: wanted })
  return found ?? refuse('kernel/unknown', `no kernel ${wanted} is installed`, { kernel: wanted })
}

/** An id is abbreviated to at least one digit of its hash. */
const prefixOf = (wanted: string): string => (/^b1-[0-9a-f]+$/.test(wanted) ? wanted : '\0')

/** The bytes of a file, or of the kernel of this release. */
export async function readKernel(source: string): Promise<Uint8Array> {
  if (source === releaseWord) return kernelBytes()
  try {
    return readFileSync(source)
  } catch (error) {
    return refuseUsage(`${source} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** For a replay: an id, or its beginning, as it is; else the bytes, of sources too. */
export async function kernelSource(word: string): Promise<Uint8Array | string> {
  if (/^b1-[0-9a-f]+$/.test(word)) return word
  return /\.m?ts$/.test(word) ? (await bundleKernel(word)).bytes : readKernel(word)
}

export type InstalledKernel = InstalledBundle & { readonly change: 'new' | 'same' }

/**
 * Installs a kernel; nothing is committed.
 * @throws CodedError `kernel/broken-bundle` for anything that is not a kernel
 */
export async function installKernel(controller: Controller, bytes: Uint8Array): Promise<InstalledKernel> {
  const before = await controller.kernels()
  const installed = await controller.installKernel(bytes)
  return { ...installed, change: before.some(({ id }) => id === installed.id) ? 'same' : 'new' }
}

/** Whether the bytes that were to be installed are not a kernel. */
export const isBroken = (error: unknown): error is CodedError =>
  error instanceof CodedError && error.code === 'kernel/broken-bundle'
