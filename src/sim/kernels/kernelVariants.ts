/** Kernels with one planted change each, made from that of the release. Nothing but tests runs them. */
import { assert } from '../../base/errors.ts'
import { kernelBytes } from '../../release/release.ts'

/** The release's kernel with a piece of its script replaced. Fails if the piece is not there exactly once. */
export const kernelWith = (piece: string, replacement: string): Promise<Uint8Array> =>
  kernelWithAll([[piece, replacement]])

/** The same with several pieces replaced. */
export async function kernelWithAll(changes: readonly (readonly [string, string])[]): Promise<Uint8Array> {
  let script = Buffer.from(await kernelBytes()).toString('utf8')
  for (const [piece, replacement] of changes) {
    assert(script.split(piece).length === 2, `the script of the kernel has once: ${piece}`)
    script = script.replace(piece, () => replacement)
  }
  return Buffer.from(script)
}

/** Where a kernel accepts an item of the inbox. */
export const acceptance = 'accept(sequence, item) {'
/** Where it processes an item of the run-queue. */
export const processing = 'process(item) {'
/** Where it delivers a message to a vat, which it does not when the vat is suspended. */
const delivering = '#sendToVat(vat2, target, { methargs, result }) {'

/** The same kernel with bytes added that mean nothing. */
export const sameKernel = async (added = '\n'): Promise<Uint8Array> =>
  Buffer.concat([await kernelBytes(), Buffer.from(added)])

/** Throws when it accepts a message that contains the text, such as its method. */
export const kernelThatCannotAccept = (text: string): Promise<Uint8Array> =>
  kernelWith(
    acceptance,
    `${acceptance} if (item.kind === 'send' && item.methargs.body.includes(${JSON.stringify(text)})) throw new Error('planted: accept');`,
  )

/** Throws when it runs a message that contains the text. */
export const kernelThatCannotRun = (text: string): Promise<Uint8Array> =>
  kernelWith(
    processing,
    `${processing} if (item.kind === 'send' && item.message.methargs.body.includes(${JSON.stringify(text)})) throw new Error('planted: run');`,
  )

/** Throws when it delivers a message that contains the text to a vat. */
export const kernelThatCannotDeliver = (text: string): Promise<Uint8Array> =>
  kernelWith(
    delivering,
    `${delivering} if (methargs.body.includes(${JSON.stringify(text)})) throw new Error('planted: deliver');`,
  )

/** Throws when it brings its tables up to date. */
export const kernelThatCannotMigrate = (): Promise<Uint8Array> =>
  kernelWith('case "migrate":', `case "migrate": throw new Error('planted: migrate');`)

/** Writes a wrong count when it brings its tables up to date, which the audit finds. */
export const kernelThatMiscounts = (): Promise<Uint8Array> =>
  kernelWith('case "migrate":', `case "migrate": this.#state.set('kernel', 'vats', '99');`)
