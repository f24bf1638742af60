/** Kernels for tests: that of the release, with one planted change each. */
import assert from 'node:assert/strict'
import { kernelBytes } from '../../src/release/release.ts'

/** The release's kernel with a piece of its script replaced. Fails if the piece is not there exactly once. */
export async function kernelWith(piece: string, replacement: string): Promise<Uint8Array> {
  const script = Buffer.from(await kernelBytes()).toString('utf8')
  assert.equal(script.split(piece).length, 2, `the script of the kernel has once: ${piece}`)
  return Buffer.from(script.replace(piece, () => replacement))
}

const acceptance = 'accept(sequence, item) {'
const processing = 'process(item) {'

/** The same kernel with a byte added. */
export const sameKernel = async (): Promise<Uint8Array> =>
  Buffer.concat([await kernelBytes(), Buffer.from('\n')])

/** Throws when it accepts a message of this method. */
export const kernelThatCannotAccept = (method: string): Promise<Uint8Array> =>
  kernelWith(
    acceptance,
    `${acceptance} if (item.kind === 'send' && item.methargs.body.includes(${JSON.stringify(method)})) throw new Error('planted: accept');`,
  )

/** Throws when it runs a message of this method. */
export const kernelThatCannotRun = (method: string): Promise<Uint8Array> =>
  kernelWith(
    processing,
    `${processing} if (item.kind === 'send' && item.message.methargs.body.includes(${JSON.stringify(method)})) throw new Error('planted: run');`,
  )

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

const delivering = '#sendToVat(vat2, target, { methargs, result }) {'

/** Throws when it delivers a message of this method to a vat, which it does not when the vat is suspended. */
export const kernelThatCannotDeliver = (method: string): Promise<Uint8Array> =>
  kernelWith(
    delivering,
    `${delivering} if (methargs.body.includes(${JSON.stringify(method)})) throw new Error('planted: deliver');`,
  )

/** Throws when it brings its tables up to date. */
export const kernelThatCannotMigrate = (): Promise<Uint8Array> =>
  kernelWith('case "migrate":', `case "migrate": throw new Error('planted: migrate');`)

/** Writes a wrong count when it brings its tables up to date, which the audit finds. */
export const kernelThatMiscounts = (): Promise<Uint8Array> =>
  kernelWith('case "migrate":', `case "migrate": this.#state.set('kernel', 'vats', '99');`)

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
