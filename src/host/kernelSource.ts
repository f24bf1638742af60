/**
 * For the development of kernels: a store whose kernel follows its sources.
 *
 * Ks1. The sources are built before the store is opened. What cannot be built leaves the store alone.
 * Ks2. Another kernel than that of the store is put in place as in production (`upgradeKernel`), or the store
 *      is not opened: a program never runs on an older kernel than its sources unnoticed.
 */
import { assert } from '../base/errors.ts'
import type { BundledKernel } from './bundleKernel.ts'
import type { Controller } from './controller.ts'

/** Ks2. Does nothing if the store has this kernel. */
export async function followSource(controller: Controller, { id, bytes }: BundledKernel): Promise<void> {
  try {
    if ((await controller.storeStatus()).kernel === id) return
    await controller.installKernel(bytes)
    await controller.upgradeKernel(id)
    assert((await controller.storeStatus()).kernel === id, 'Ks2: the store runs on its sources')
  } catch (error) {
    await controller.shutdown()
    throw error
  }
}
