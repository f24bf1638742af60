/** Supervisors that are no release's, for tests of worker versions: some run vats, some are refused. */
import assert from 'node:assert/strict'
import type { DeliveryKind } from '../../src/protocol/worker/delivery.ts'
import { supervisorBytes } from '../../src/release/release.ts'

const bytesOf = (source: string): Uint8Array => new TextEncoder().encode(source)
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8')

// --- supervisors that run vats

/**
 * The release's supervisor with one byte more, the end of a line: it has another id and does exactly the
 * same, with the same syscalls, results and computrons.
 */
export const sameSupervisor = async (): Promise<Uint8Array> =>
  bytesOf(`${textOf(await supervisorBytes())}\n`)

/** The key in the vat's space that a noting supervisor writes. */
export const notedKey = 'noted'

/**
 * The release's supervisor with a change of behaviour: at each delivery of the kind it also writes an empty
 * row under `notedKey`, at the end of the delivery. Everything else is the same, so vats run on it as on any
 * other, but what a vat has done on the release's supervisor is repeated only up to the first delivery of the
 * kind, where it sends one row more. (A vat on it cannot be replayed on the release's supervisor from there.)
 */
export async function notingSupervisor(kind: DeliveryKind): Promise<Uint8Array> {
  const source = textOf(await supervisorBytes())
  assert.equal(partsOf(source, 'function write(key, value) {\n    spend(1);'), 2, 'rows are written by write')
  const place = 'beginRoom("room" in delivery ? delivery.room : void 0);'
  assert.equal(partsOf(source, place), 2, 'each delivery begins at one place')
  return bytesOf(
    source.replace(place, `${place}\n    if (delivery.kind === "${kind}") write("${notedKey}", "");`),
  )
}

const partsOf = (source: string, separator: string): number => source.split(separator).length

/**
 * Starts, so that it has a base image and can be installed, and then never ends a delivery: each runs until
 * it has used its computrons.
 */
export const silentSupervisor: Uint8Array = bytesOf(
  'globalThis.hostEntries = { dispatch: () => { for (;;); }, finish: () => "" }',
)

// --- supervisors that are refused

/** Without a base image: `buildWorker` refuses them with `engine/supervisor-broken` and this message. */
export interface RefusedSupervisor {
  readonly bytes: Uint8Array
  readonly message: RegExp
}

/** By what they do when they are evaluated. */
export const refusedSupervisors: Readonly<Record<'throws' | 'has no entries', RefusedSupervisor>> = {
  'throws': { bytes: bytesOf('throw new TypeError("not today")'), message: /TypeError: not today/ },
  'has no entries': { bytes: bytesOf('"use strict"'), message: /did not leave globalThis\.hostEntries/ },
}

/**
 * Its evaluation never ends. It is refused like the others, but only after the computrons for building an
 * image, 20 thousand million, are used: half a minute of a processor. (It fills memory, which spends them
 * faster than an empty loop.) `installWorker` with `timeoutMs` ends it earlier, with `worker/build-ended`.
 */
export const endlessSupervisor: RefusedSupervisor = {
  bytes: bytesOf('const page = new Uint8Array(65_536); for (;;) page.fill(1)'),
  message: /ran out of computrons/,
}
