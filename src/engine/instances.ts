/**
 * Instances: supplies workers with guests, and reuses them.
 *
 * Writing to untouched memory costs ten times as much as writing to used memory. So the instance of a
 * discarded worker is kept for the next of its image, which overwrites all of it.
 *
 * Ins1. A worker in a reused instance equals one in a fresh instance: memory and mutable globals are the
 *       whole state (Mtr5), and both are overwritten entirely.
 * Ins2. An instance is kept once, when no longer in use, and only if every call into it has returned: the
 *       meter counts the remaining stack in its own global, which a call that ended by a trap or an exception
 *       of the host does not restore. It serves heaps of its size and larger ones, since memory does not
 *       shrink; one that has grown far is not kept.
 */
import { assert } from '../base/errors.ts'
import { Guest } from './guest.ts'
import { withMemory } from './hostMemory.ts'
import { memoryPageSize } from '../protocol/limits.ts'
import { heapPageSize, type HeapBase, type Image } from './image.ts'
import { trapCause } from './surface.ts'

/** More than are discarded before another starts. */
const maxSpares = 4
/** How much larger than its base a spare instance may be. */
const maxSpareGrowth = 16 * 1024 * 1024
const zeroPage = Buffer.alloc(heapPageSize)

/** An instance with the memory and globals of the base, extended by as many zero bytes as needed. */
export function takeInstance(base: HeapBase, memoryBytes: number): Guest {
  return withMemory(() => instanceOf(base, memoryBytes))
}

function instanceOf(base: HeapBase, memoryBytes: number): Guest {
  assert(memoryBytes >= base.memory.length, 'a heap smaller than its base')
  const guest = takeSpare(base, memoryBytes)
  const taken = guest === undefined ? freshInstance(base) : overwritten(guest, base)
  const { exports } = taken
  exports.memory.grow((memoryBytes - taken.memory().length) / memoryPageSize)
  assert(taken.memory().length === memoryBytes, 'an instance has as much memory as its worker needs')
  taken.setGlobals(base.globals)
  exports['meter.cause'].value = trapCause.none
  return taken
}

/** Memory of the spare instances of the image. */
export const spareBytesOf = ({ spares }: Image): number =>
  spares.reduce((bytes, guest) => bytes + guest.memory().length, 0)

/** Drops all spare instances. */
export function dropSparesOf(image: Image): void {
  image.spares.length = 0
}

/** Ins2: the caller must drop its reference. */
export function returnInstance({ spares, memory }: HeapBase, guest: Guest): void {
  assert(!spares.includes(guest), 'Ins2: an instance is kept once')
  if (spares.length < maxSpares && guest.memory().length <= memory.length + maxSpareGrowth) spares.push(guest)
}

/** The largest that is not too large. */
function takeSpare({ spares }: HeapBase, memoryBytes: number): Guest | undefined {
  let best: Guest | undefined
  for (const guest of spares) {
    const { length } = guest.memory()
    if (length <= memoryBytes && length > (best?.memory().length ?? 0)) best = guest
  }
  if (best !== undefined) spares.splice(spares.indexOf(best), 1)
  return best
}

function freshInstance(base: HeapBase): Guest {
  const guest = new Guest(base.engine)
  const { memory } = guest.exports
  memory.grow((base.memory.length - memory.buffer.byteLength) / memoryPageSize)
  guest.setRoots(base.roots)
  writeRuns(guest.memory(), base)
  return guest
}

/** Unchanged memory is only read: memory that was never written takes no room. */
function overwritten(guest: Guest, base: HeapBase): Guest {
  const { length } = base.memory
  const missing = length - guest.memory().length
  if (missing > 0) guest.exports.memory.grow(missing / memoryPageSize)
  const memory = guest.memory()
  writeRuns(memory, base)
  let from = 0
  for (const { start, end } of [...base.runs, { start: length, end: length }]) {
    for (let page = from; page < start; page += heapPageSize) {
      const next = page + heapPageSize
      if (memory.compare(base.memory, page, next, page, next) !== 0)
        base.memory.copy(memory, page, page, next)
    }
    from = end
  }
  for (let page = length; page < memory.length; page += heapPageSize)
    if (memory.compare(zeroPage, 0, heapPageSize, page, page + heapPageSize) !== 0)
      memory.fill(0, page, page + heapPageSize)
  return guest
}

function writeRuns(memory: Buffer, { memory: source, runs }: HeapBase): void {
  for (const { start, end } of runs) source.copy(memory, start, start, end)
}
