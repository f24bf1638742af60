/**
 * Describes which part of an artifact with wrong bytes is wrong, as far as the part's own hash, checksum or
 * form shows. Empty when only the artifact's hash detects it.
 */
import { CodedError } from '../../base/errors.ts'
import type { Space } from '../../protocol/kernel/platform.ts'
import type { ArtifactKind } from '../../protocol/store/export.ts'
import { jsonLines, unpacked } from './exportRows.ts'
import { verifyRow } from '../state/digest.ts'
import type { Hash } from '../../base/ids.ts'
import { sha256 } from '../../hashing/sha256.ts'
import { nextLink } from '../state/hashChain.ts'

export function describeDamage(kind: ArtifactKind, bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (kind === 'bundle') return 'the bytes of the bundle'
  return kind === 'pages' ? wrongPage(buffer) : wrongLine(buffer, kind)
}

function wrongPage(pack: Buffer): string {
  let number = 0
  for (const page of unpacked(pack)) {
    number += 1
    if (page === undefined) return `page ${number} is cut off`
    if (sha256(page[1]) !== page[0]) return `page ${number}, ${page[0]}`
  }
  return ''
}

function wrongLine(bytes: Buffer, kind: ArtifactKind): string {
  const span = new SpanCheck()
  let number = 0
  for (const line of jsonLines(bytes)) {
    number += 1
    if (line === undefined) return `line ${number} is not a list in JSON`
    const wrong = kind === 'state' ? wrongRow(line) : kind === 'transcripts' ? span.next(line) : ''
    if (wrong !== '') return `line ${number}, ${wrong}`
  }
  return ''
}

function wrongRow([space, key, value, checksum]: readonly unknown[]): string {
  try {
    verifyRow(String(space) as Space, String(key), String(value), Number(checksum))
    return ''
  } catch (error) {
    if (error instanceof CodedError) return `${String(key)} in ${String(space)}`
    throw error
  }
}

/** Checks the chain of the spans that the artifact contains whole. */
class SpanCheck {
  #link: Hash | undefined
  #end = 0
  #hash: unknown
  #name = ''

  next(line: readonly unknown[]): string {
    if (line.length !== 2) return this.#begin(line)
    if (this.#link === undefined) return ''
    const [position, text] = line
    this.#link = nextLink(this.#link, String(text))
    return Number(position) + 1 === this.#end && this.#link !== this.#hash ? this.#name : ''
  }

  #begin([vat, number, , end, , previous, hash]: readonly unknown[]): string {
    this.#link = String(previous) as Hash
    this.#end = Number(end)
    this.#hash = hash
    this.#name = `span ${String(number)} of ${String(vat)}`
    return ''
  }
}
