/**
 * The kernels of a simulated world: some that behave the same, some with a defect, some that cannot take
 * over.
 */
import { assert } from '../../base/errors.ts'
import type { BundleId } from '../../base/ids.ts'
import {
  kernelThatCannotAccept,
  kernelThatCannotDeliver,
  kernelThatCannotMigrate,
  kernelThatCannotRun,
  kernelThatMiscounts,
  kernelWith,
  sameKernel,
} from './kernelVariants.ts'

/** Kernels without a defect, which behave the same; the first is that of every new store. */
export const soundKernels = ['release', 'same', 'longer'] as const
/** Kernels that fail when a program that provokes them comes by (`provoke` in `program/program.ts`). */
export const failingKernels = ['cannot-accept', 'cannot-run', 'cannot-deliver'] as const
/** Kernels that are taken back when they are put in place. */
export const unfitKernels = ['cannot-migrate', 'miscounts'] as const
/** Kernels that are refused beforehand; no bundle has the id of the last one. */
export const refusedKernels = ['tables-differ', 'too-old', 'unknown'] as const

export type SoundKernel = (typeof soundKernels)[number]
export type FailingKernel = (typeof failingKernels)[number]
export type UnfitKernel = (typeof unfitKernels)[number]
export type RefusedKernel = (typeof refusedKernels)[number]
export type KernelName = SoundKernel | FailingKernel | UnfitKernel | RefusedKernel

/** A kernel of the world, in a file. */
export interface KernelCode {
  readonly name: BuiltKernel
  readonly id: BundleId
  readonly path: string
}

/** A kernel that is a bundle. */
export type BuiltKernel = Exclude<KernelName, 'unknown'>

const makers: { readonly [Name in BuiltKernel]: (provoking: string) => Promise<Uint8Array> } = {
  release: () => sameKernel(''),
  same: () => sameKernel('\n'),
  longer: () => sameKernel('\n\n'),
  'cannot-accept': kernelThatCannotAccept,
  'cannot-run': kernelThatCannotRun,
  'cannot-deliver': kernelThatCannotDeliver,
  'cannot-migrate': kernelThatCannotMigrate,
  miscounts: kernelThatMiscounts,
  'tables-differ': () => kernelWith('oldestTables: () => oldestTables', 'oldestTables: () => 7'),
  'too-old': () => kernelWith('interfaceLevel: () => interfaceLevel', 'interfaceLevel: () => 1'),
}

/** All of them, by name. `provoking`: the text at which the failing ones fail. */
export async function buildKernels(provoking: string): Promise<ReadonlyMap<BuiltKernel, Uint8Array>> {
  const names = Object.keys(makers) as BuiltKernel[]
  assert(provoking !== '', 'a text provokes the failing kernels')
  return new Map(await Promise.all(names.map(async (name) => [name, await makers[name](provoking)] as const)))
}

export const isSound = (name: KernelName): name is SoundKernel =>
  (soundKernels as readonly KernelName[]).includes(name)
export const isUnfit = (name: KernelName): name is UnfitKernel =>
  (unfitKernels as readonly KernelName[]).includes(name)
