/**
 * A base image: the heap of an engine right after its supervisor was evaluated.
 *
 * Every vat of a worker version starts from it, so that none repeats the start of the engine and the
 * lockdown. An image is a bundle: its id is the hash of its bytes.
 *
 * Img1. The same engine and supervisor result in the same bytes, in any process.
 * Img2. A worker that starts from an image equals the instance that the image was taken from: memory, globals
 *       and roots are its whole state (Mtr5).
 *
 * The bytes are: the word `heirloom-image-1`, the length of the header (u32, little-endian), the header
 * as JSON, the pages of 4 KiB that are not all zero, and the SHA-256 of all that.
 */
import { assert } from '../base/errors.ts'
import { bundleId, type BundleId } from '../base/ids.ts'
import { sha256, sha256Bytes } from '../hashing/sha256.ts'
import { refuse } from '../protocol/codes.ts'
import { memoryPageSize, maxHeapPages } from '../protocol/limits.ts'
import { instantiate, type Engine } from './engine.ts'
import { workerWires, firstDeclaredWire, wireList } from '../protocol/kernel/workerWires.ts'
import { scratchPage, Guest, GuestFault, integerOf, undefinedValue, type Roots } from './guest.ts'
import { withMemory } from './hostMemory.ts'
import { describeStop, stopOf, type Stop } from './stop.ts'

/** A heap from which workers start, and from which their heaps are told by what differs. */
export interface HeapBase {
  /** The base image that it is or was made from. */
  readonly imageId: BundleId
  /** The bundle that was evaluated; null in a base image. */
  readonly bundle: BundleId | null
  readonly engine: Engine
  /** The whole memory. It is never modified. */
  readonly memory: Buffer
  readonly globals: readonly (number | bigint)[]
  readonly roots: Roots
  /** Where the memory differs from that of a fresh instance. */
  readonly runs: readonly Run[]
  /** Instances for the next workers of the base image, whatever their bundles (`instances.ts`). */
  readonly spares: Guest[]
}

export interface Image extends HeapBase {
  readonly id: BundleId
  readonly bundle: null
  /** What is known of evaluations of bundles, in order of its last use (`bundleImage.ts`). */
  readonly bundles: Map<BundleId, Evaluation>
}

/** What the evaluation of a bundle in a base image comes to. */
export type Evaluation =
  | { readonly kind: 'image'; readonly image: BundleImage }
  /** There is no image: after so many computrons it asked the host for something, or failed. */
  | { readonly kind: 'no-image'; readonly computrons: bigint }

/** The heap of an engine right after the bundle of a vat was evaluated in a base image (Bim1). */
export interface BundleImage extends HeapBase {
  readonly bundle: BundleId
  /** What the evaluation takes. */
  readonly computrons: bigint
}

/** A stretch of memory, in bytes. */
export interface Run {
  readonly start: number
  readonly end: number
}

export const heapPageSize = 4096

/** Limits of building an image: far more than any supervisor needs, to end those that never finish. */
const buildLimits = { computrons: 20_000_000_000n, heapPages: 4096 } as const
/**
 * Part of the guest's own stack of 1 MiB; deeper calls throw a RangeError in the guest. See
 * `docs/wires/worker.md`.
 */
const guestStackBytes = 256_000
const supervisorFile = 'supervisor'
const magic = 'heirloom-image-1'
const digestBytes = 32

/** Starts the engine, evaluates the supervisor and takes its image. */
export function buildImage(
  engine: Engine,
  supervisorSource: string,
  computrons: bigint = buildLimits.computrons,
): Image {
  const guest = withMemory(() => new Guest(engine))
  const { exports } = guest
  exports['meter.gas'].value = computrons
  exports['meter.heapLimit'].value = buildLimits.heapPages
  const stop = runBuild(guest, supervisorSource)
  if (stop !== undefined) refuse('engine/supervisor-broken', `no base image: ${describeStop(stop)}`)
  assertSpoken(guest.roots)
  const parts = { engine, memory: Buffer.from(guest.memory()), globals: guest.globals(), roots: guest.roots }
  return imageOf(imageId(encodeParts(parts)), parts)
}

export function encodeImage(image: Image): Uint8Array {
  return encodeParts(image)
}

/** Decodes an image of this engine. Refuses anything else, and damaged or truncated images. */
export const decodeImage = (bytes: Uint8Array, engine: Engine): Image =>
  withMemory(() => decode(bytes, engine))

function decode(bytes: Uint8Array, engine: Engine): Image {
  const { header, body } = splitImage(bufferOf(bytes))
  assertSpoken(header.roots)
  if (header.engine !== engine.id)
    refuseImage(`it was built with the engine ${header.engine}, not ${engine.id}`)
  if (header.globals.length !== engine.globalNames.length) refuseImage('it has other globals than its engine')
  const memory = Buffer.alloc(header.memoryBytes)
  let offset = 0
  for (const { start, end } of header.runs) {
    offset += body.copy(memory, start, offset, offset + end - start)
  }
  assert(offset === body.length, 'Img2: an image was not read whole')
  const { globals, roots } = header
  return imageOf(imageId(bytes), { engine, memory, globals, roots })
}

type Parts = Pick<Image, 'engine' | 'memory' | 'globals' | 'roots'>

const imageOf = (id: BundleId, parts: Parts): Image => ({
  ...parts,
  id,
  imageId: id,
  bundle: null,
  runs: findRuns(parts.engine, parts.memory),
  spares: [],
  bundles: new Map(),
})

/** The wire of the supervisor in an image that the store has verified (Ww1). */
export function wireOfImage(bytes: Uint8Array): number {
  const { text } = headerText(bufferOf(bytes))
  return wireOf(readHeader(text).roots)
}

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)

/** Ww1. */
const wireOf = ({ wire, salvage }: Roots): number => wire ?? (salvage === undefinedValue ? 0 : 1)

function assertSpoken(roots: Roots): void {
  const wire = wireOf(roots)
  if (!workerWires.includes(wire))
    refuse(
      'worker/wire-unknown',
      `the supervisor speaks wire ${wire}; this release speaks the wires ${wireList(workerWires)}`,
      { wire, wires: workerWires },
    )
}

const imageId = (bytes: Uint8Array): BundleId => bundleId(sha256(bytes))

// --- Building

function runBuild(guest: Guest, supervisorSource: string): Stop | undefined {
  try {
    startRuntime(guest)
    offerSyscalls(guest)
    takeEntries(guest, supervisorSource)
    return undefined
  } catch (error) {
    return stopOf(error, guest)
  }
}

function startRuntime(guest: Guest): void {
  const { exports } = guest
  exports._initialize()
  if (exports.qjs_init() !== 0) throw new GuestFault('The engine did not start.')
  exports.qjs_set_max_stack_size(guestStackBytes)
  guest.setRoots({
    context: exports.qjs_get_context_ptr(),
    runtime: exports.qjs_get_runtime_ptr(),
    dispatch: undefinedValue,
    finish: undefinedValue,
    salvage: undefinedValue,
    evaluate: undefinedValue,
    beforeCollection: undefinedValue,
    wire: null,
    scratchPage: allocateScratchPage(guest),
  })
}

/** The host's page is one page of the heap, so that deliveries dirty no second one. It is never freed. */
function allocateScratchPage(guest: Guest): number {
  const block = guest.allocate(2 * scratchPage.size)
  const page = Math.ceil(block / scratchPage.size) * scratchPage.size
  guest.memory().fill(0, page, page + scratchPage.size)
  return page
}

function offerSyscalls(guest: Guest): void {
  const { exports, roots } = guest
  const name = 'hostSyscall'
  const size = Buffer.byteLength(name)
  const pointer = guest.allocate(size)
  guest.memory().write(name, pointer)
  const box = exports.qjs_new_host_function(pointer, size, 1)
  exports.wasm_free(pointer)
  const globalObject = exports.JS_GetGlobalObject(roots.context)
  guest.setProperty(globalObject, name, guest.valueAt(box))
  exports.wasm_free(box)
  guest.freeValue(globalObject)
}

function takeEntries(guest: Guest, supervisorSource: string): void {
  guest.freeValue(guest.evaluate(supervisorSource, supervisorFile))
  guest.runJobs()
  const globalObject = guest.exports.JS_GetGlobalObject(guest.roots.context)
  const entries = guest.property(globalObject, 'hostEntries')
  if (!guest.isObject(entries)) throw new GuestFault('The supervisor did not leave globalThis.hostEntries.')
  const [dispatch, finish] = [takeEntry(guest, entries, 'dispatch'), takeEntry(guest, entries, 'finish')]
  const [salvage, evaluate, beforeCollection] = [
    findEntry(guest, entries, 'salvage'),
    findEntry(guest, entries, 'evaluate'),
    findEntry(guest, entries, 'beforeCollection'),
  ]
  const wire = findWire(guest, entries)
  guest.freeValue(entries)
  guest.freeValue(globalObject)
  guest.collectGarbage()
  guest.setRoots({ ...guest.roots, dispatch, finish, salvage, evaluate, beforeCollection, wire })
}

/** An entry that supervisors of older releases lack. */
function findEntry(guest: Guest, entries: bigint, name: string): bigint {
  const entry = guest.property(entries, name)
  return entry === undefinedValue ? entry : checkEntry(guest, entry, name)
}

/** Ww1. */
function findWire(guest: Guest, entries: bigint): number | null {
  const value = guest.property(entries, 'wire')
  if (value === undefinedValue) return null
  const wire = integerOf(value)
  if (wire === undefined || wire < firstDeclaredWire)
    throw new GuestFault(`The supervisor's hostEntries.wire is not a whole number from ${firstDeclaredWire}.`)
  return wire
}

const takeEntry = (guest: Guest, entries: bigint, name: string): bigint =>
  checkEntry(guest, guest.property(entries, name), name)

function checkEntry(guest: Guest, entry: bigint, name: string): bigint {
  if (!guest.isFunction(entry))
    throw new GuestFault(`The supervisor's hostEntries.${name} is not a function.`)
  return entry
}

/**
 * Stretches of pages that differ from the memory of a fresh instance. Starting a worker copies only these.
 */
export function findRuns(engine: Engine, memory: Buffer): Run[] {
  const fresh = Buffer.alloc(memory.length)
  const uninhabited = { memory: () => fresh, free: () => {}, hostCall: () => 0 }
  Buffer.from(instantiate(engine, uninhabited).memory.buffer).copy(fresh)
  return runsThatDiffer(memory, fresh)
}

function runsThatDiffer(memory: Buffer, other: Buffer): Run[] {
  assert(
    memory.length === other.length && memory.length % heapPageSize === 0,
    'memories of whole pages, and of one size',
  )
  const runs: { start: number; end: number }[] = []
  for (let start = 0; start < memory.length; start += heapPageSize) {
    const end = start + heapPageSize
    if (memory.compare(other, start, end, start, end) === 0) continue
    const last = runs.at(-1)
    if (last?.end === start) last.end = end
    else runs.push({ start, end })
  }
  return runs
}

// --- Bytes

interface Header {
  readonly engine: string
  readonly memoryBytes: number
  readonly globals: readonly (number | bigint)[]
  readonly roots: Roots
  readonly runs: readonly Run[]
}

function encodeParts({ engine, memory, globals, roots }: Parts): Uint8Array {
  const runs = runsThatDiffer(memory, Buffer.alloc(memory.length))
  const header = Buffer.from(
    JSON.stringify({
      engine: engine.id,
      memoryBytes: memory.length,
      globals: globals.map(writeNumber),
      roots: writeRoots(roots),
      runs: runs.map(({ start, end }) => [start, end]),
    }),
  )
  const length = Buffer.alloc(4)
  length.writeUInt32LE(header.length)
  const parts = [
    Buffer.from(magic),
    length,
    header,
    ...runs.map(({ start, end }) => memory.subarray(start, end)),
  ]
  const content = Buffer.concat(parts)
  return Buffer.concat([content, sha256Bytes(content)])
}

function splitImage(bytes: Buffer): { header: Header; body: Buffer } {
  const { text, end } = headerText(bytes)
  const content = bytes.subarray(0, -digestBytes)
  if (!sha256Bytes(content).equals(bytes.subarray(-digestBytes)))
    refuseImage('its bytes do not have the hash at their end')
  const header = readHeader(text)
  const body = content.subarray(end)
  checkRuns(header, body.length)
  return { header, body }
}

/** The text of the header, and where it ends. */
function headerText(bytes: Buffer): { readonly text: string; readonly end: number } {
  const start = magic.length + 4
  if (bytes.length < start + digestBytes) refuseImage('it is too short')
  if (bytes.toString('latin1', 0, magic.length) !== magic) refuseImage('it does not begin as one')
  const end = start + bytes.readUInt32LE(magic.length)
  if (end > bytes.length - digestBytes) refuseImage('its header is cut off')
  return { text: bytes.toString('utf8', start, end), end }
}

/** Missing entries are not written: the image of an older supervisor is unchanged by newer entries. */
function writeRoots(roots: Roots): object {
  const { context, runtime, dispatch, finish, salvage, evaluate, beforeCollection, wire, scratchPage } = roots
  return {
    context,
    runtime,
    dispatch: writeNumber(dispatch),
    finish: writeNumber(finish),
    desk: scratchPage,
    ...(salvage === undefinedValue ? {} : { salvage: writeNumber(salvage) }),
    ...(evaluate === undefinedValue ? {} : { evaluate: writeNumber(evaluate) }),
    ...(beforeCollection === undefinedValue ? {} : { beforeCollection: writeNumber(beforeCollection) }),
    ...(wire === null ? {} : { wire }),
  }
}

/** JSON has no bigint: it is written as its digits and an `n`. */
const writeNumber = (value: number | bigint): number | string =>
  typeof value === 'bigint' ? `${value}n` : value

function readNumber(value: unknown): number | bigint {
  if (typeof value === 'number') return value
  if (typeof value === 'string' && /^-?[0-9]{1,20}n$/.test(value)) return BigInt(value.slice(0, -1))
  return refuseImage('a number in its header is not one')
}

function readHeader(text: string): Header {
  const fields = readRecord(parseHeader(text))
  const roots = readRecord(fields['roots'])
  return {
    engine: String(fields['engine']),
    memoryBytes: readCount(fields['memoryBytes']),
    globals: readList(fields['globals']).map(readNumber),
    roots: {
      context: readCount(roots['context']),
      runtime: readCount(roots['runtime']),
      dispatch: BigInt(readNumber(roots['dispatch'])),
      finish: BigInt(readNumber(roots['finish'])),
      salvage: readEntry(roots['salvage']),
      evaluate: readEntry(roots['evaluate']),
      beforeCollection: readEntry(roots['beforeCollection']),
      wire: roots['wire'] === undefined ? null : readCount(roots['wire']),
      scratchPage: readCount(roots['desk']),
    },
    runs: readList(fields['runs']).map((run) => {
      const [start, end] = readList(run)
      return { start: readCount(start), end: readCount(end) }
    }),
  }
}

const readEntry = (value: unknown): bigint =>
  value === undefined ? undefinedValue : BigInt(readNumber(value))

function parseHeader(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return refuseImage('its header is not JSON')
  }
}

function readRecord(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) refuseImage('a part of its header is missing')
  return value as Readonly<Record<string, unknown>>
}

function readList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : refuseImage('a list in its header is missing')
}

function readCount(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    refuseImage('a number in its header is not one')
  return value
}

function checkRuns({ memoryBytes, runs }: Header, bodyBytes: number): void {
  if (memoryBytes % memoryPageSize !== 0 || memoryBytes > maxHeapPages * memoryPageSize)
    refuseImage('its memory has no possible size')
  let last = 0
  let total = 0
  for (const { start, end } of runs) {
    if (start < last || end <= start || end > memoryBytes) refuseImage('its pages are out of order')
    last = end
    total += end - start
  }
  if (total !== bodyBytes) refuseImage('its pages are not those of its header')
}

function refuseImage(why: string): never {
  refuse('engine/image-broken', `not a base image: ${why}`)
}
