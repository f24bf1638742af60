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
 *       of the host does not restore. And only while its memory has the size of the image, since memory does
 *       not shrink.
 */
import { assert } from '../base/errors.ts'
import { Guest } from './guest.ts'
import { withMemory } from './hostMemory.ts'
import { memoryPageSize } from '../protocol/limits.ts'
import { heapPageSize, type Image } from './image.ts'
import { trapCause } from './surface.ts'

/** More than are discarded before another starts. */
const maxSpares = 4

/** An instance with the memory and globals of the image, extended by as many zero bytes as needed. */
export function takeInstance(image: Image, memoryBytes: number): Guest {
  return withMemory(() => instanceOf(image, memoryBytes))
}

function instanceOf(image: Image, memoryBytes: number): Guest {
  assert(memoryBytes >= image.memory.length, 'a heap smaller than its base image')
  const guest = image.spares.pop()
  const taken = guest === undefined ? freshInstance(image) : overwritten(guest, image)
  const { exports } = taken
  exports.memory.grow((memoryBytes - image.memory.length) / memoryPageSize)
  assert(taken.memory().length === memoryBytes, 'an instance has as much memory as its worker needs')
  taken.setGlobals(image.globals)
  exports['meter.cause'].value = trapCause.none
  return taken
}

/** Memory of the spare instances of the image. */
export const spareBytesOf = ({ spares, memory }: Image): number => spares.length * memory.length

/** Drops all spare instances. */
export function dropSparesOf(image: Image): void {
  image.spares.length = 0
}

/** Ins2: the caller must drop its reference. */
export function returnInstance(image: Image, guest: Guest): void {
  assert(!image.spares.includes(guest), 'Ins2: an instance is kept once')
  if (image.spares.length < maxSpares && guest.memory().length === image.memory.length)
    image.spares.push(guest)
}

function freshInstance(image: Image): Guest {
  const guest = new Guest(image.engine)
  const { memory } = guest.exports
  memory.grow((image.memory.length - memory.buffer.byteLength) / memoryPageSize)
  guest.setRoots(image.roots)
  writeRuns(guest.memory(), image)
  return guest
}

/** Unchanged memory is only read: memory that was never written takes no room. */
function overwritten(guest: Guest, image: Image): Guest {
  const memory = guest.memory()
  assert(memory.length === image.memory.length, 'Ins2: a spare instance has the size of its image')
  writeRuns(memory, image)
  let from = 0
  for (const { start, end } of [...image.runs, { start: memory.length, end: memory.length }]) {
    for (let page = from; page < start; page += heapPageSize) {
      const next = page + heapPageSize
      if (memory.compare(image.memory, page, next, page, next) !== 0)
        image.memory.copy(memory, page, page, next)
    }
    from = end
  }
  return guest
}

function writeRuns(memory: Buffer, { memory: source, runs }: Image): void {
  for (const { start, end } of runs) source.copy(memory, start, start, end)
}
