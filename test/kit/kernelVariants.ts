/** Kernels for tests: those that the simulation has too, and some that count what comes by. */
import { kernelBytes } from '../../src/release/release.ts'
import { acceptance, kernelWith, processing } from '../../src/sim/kernels/kernelVariants.ts'

export {
  kernelThatCannotAccept,
  kernelThatCannotDeliver,
  kernelThatCannotMigrate,
  kernelThatCannotRun,
  kernelThatMiscounts,
  kernelWith,
  kernelWithAll,
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

const whenItRuns = (method: string, act: string): Promise<Uint8Array> =>
  kernelWith(
    processing,
    `${processing} if (item.kind === 'send' && item.message.methargs.body.includes(${JSON.stringify(method)})) { ${act} }`,
  )

/** Computes without end, and calls nothing, when it runs a message of this method. */
export const kernelThatLoops = (method: string): Promise<Uint8Array> => whenItRuns(method, 'for (;;);')

/** Fills the memory of its thread when it runs a message of this method. */
export const kernelThatFillsMemory = (method: string): Promise<Uint8Array> =>
  whenItRuns(method, 'let held = null; for (;;) held = { held, list: [1, 2, 3] };')

/** Recurses without end when it runs a message of this method. */
export const kernelThatRecurses = (method: string): Promise<Uint8Array> =>
  whenItRuns(method, 'const down = (n) => 1 + down(n + 1); down(0);')

/** Never comes to the end of its evaluation. */
export const kernelThatNeverLoads = async (): Promise<Uint8Array> =>
  Buffer.concat([await kernelBytes(), Buffer.from('\nfor (;;);\n')])

/** Goes on as if nothing had happened when a delivery to a vat fails by the machine. */
export const kernelThatSwallows = (): Promise<Uint8Array> =>
  kernelWith(
    'const outcome = this.#ports.workers.deliver(',
    `const calm = { deliver: (...given) => { try { return this.#ports.workers.deliver(...given) } catch { return { kind: 'trapped', message: 'swallowed', computrons: 0n } } } };
    const outcome = calm.deliver(`,
  )
