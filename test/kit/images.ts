/** Base images as later releases might build them. */
import { sha256Bytes } from '../../src/hashing/sha256.ts'

const magicBytes = 16
const digestBytes = 32

/** The image, as of a supervisor that declares this wire. */
export function imageWithWire(image: Uint8Array, wire: number): Uint8Array {
  const bytes = Buffer.from(image)
  const start = magicBytes + 4
  const end = start + bytes.readUInt32LE(magicBytes)
  const header = JSON.parse(bytes.toString('utf8', start, end)) as { readonly roots: object }
  const text = Buffer.from(JSON.stringify({ ...header, roots: { ...header.roots, wire } }))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(text.length)
  const [magic, body] = [bytes.subarray(0, magicBytes), bytes.subarray(end, -digestBytes)]
  const content = Buffer.concat([magic, length, text, body])
  return Buffer.concat([content, sha256Bytes(content)])
}
