/**
 * Zip archives as `@endo/zip` writes them: stored files, not compressed.
 *
 * Only files in the directory at the end count; the rest of the archive is ignored. Throws a `RangeError` or
 * `SyntaxError` that describes the flaw.
 */
import { assert } from '../../base/errors.ts'
import { crc32 } from 'node:zlib'

const signatures = { file: 0x04034b50, entry: 0x02014b50, end: 0x06054b50 } as const
const stored = 0

interface Directory {
  readonly count: number
  readonly start: number
}

/** Files by path, in directory order. */
export function readZip(archive: Buffer): ReadonlyMap<string, Buffer> {
  const files = new Map<string, Buffer>()
  const { count, start } = findDirectory(archive)
  let at = start
  for (let index = 0; index < count; index += 1) {
    if (archive.readUInt32LE(at) !== signatures.entry) throw new SyntaxError('its directory is broken')
    const nameLength = archive.readUInt16LE(at + 28)
    const path = archive.toString('utf8', at + 46, at + 46 + nameLength)
    if (files.has(path)) throw new SyntaxError(`it has ${JSON.stringify(path)} twice`)
    files.set(path, readFile(archive, at, path))
    at += 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32)
  }
  assert(files.size === count, 'every entry of the directory was read')
  return files
}

/** The directory is followed by its end record and at most a comment. */
function findDirectory(archive: Buffer): Directory {
  for (let at = archive.length - 22; at >= Math.max(0, archive.length - 22 - 0xffff); at -= 1) {
    if (archive.readUInt32LE(at) === signatures.end)
      return { count: archive.readUInt16LE(at + 10), start: archive.readUInt32LE(at + 16) }
  }
  throw new SyntaxError('it has no directory')
}

function readFile(archive: Buffer, entry: number, path: string): Buffer {
  if (archive.readUInt16LE(entry + 10) !== stored)
    throw new SyntaxError(`${JSON.stringify(path)} is compressed`)
  const size = archive.readUInt32LE(entry + 20)
  const header = archive.readUInt32LE(entry + 42)
  if (archive.readUInt32LE(header) !== signatures.file)
    throw new SyntaxError(`${JSON.stringify(path)} is not where the directory says`)
  const start = header + 30 + archive.readUInt16LE(header + 26) + archive.readUInt16LE(header + 28)
  const bytes = archive.subarray(start, start + size)
  if (bytes.length !== size) throw new SyntaxError(`${JSON.stringify(path)} is cut off`)
  if (crc32(bytes) !== archive.readUInt32LE(entry + 16))
    throw new SyntaxError(`${JSON.stringify(path)} has another checksum than the directory says`)
  return bytes
}
