/** Kernels for tests: those that the simulation has too, and some that count what comes by. */
import { acceptance, kernelWith, processing } from '../../src/sim/kernels/kernelVariants.ts'

export {
  kernelThatCannotAccept,
  kernelThatCannotDeliver,
  kernelThatCannotMigrate,
  kernelThatCannotRun,
  kernelThatMiscounts,
  kernelWith,
  sameKernel,
} from '../../src/sim/kernels/kernelVariants.ts'

/**
 * Throws when it runs anything after so many items that it has processed. It counts from when it is
 * evaluated, and its count survives what a fault takes back, but no opening of the store.
 */
export const kernelThatFailsAfter = (items: number): Promise<Uint8Array> =>
  kernelWith(processing, `${processing} ${counting('processed')} if (processed > ${items}) throw new Error('planted: after');`)

/** Throws when it accepts the item of this number, counted from when it is evaluated; not at later ones. */
export const kernelThatFailsAtItem = (number: number): Promise<Uint8Array> =>
  kernelWith(acceptance, `${acceptance} ${counting('accepted')} if (accepted === ${number}) throw new Error('planted: at');`)

/** Counts, in the context of the kernel, how often it comes by. */
const counting = (name: string): string =>
  `const ${name} = (globalThis.${name} ?? 0) + 1; globalThis.${name} = ${name};`
