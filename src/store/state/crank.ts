/**
 * The hashed text of a crank.
 *
 * The crank's text lists its changes, in the order in which it first made each: a key once, with its final
 * value; transcript entries by their link in the vat's chain, which covers their text; items of the outbox in
 * full. Undone changes are not included. A write of the value that the key already had is: detecting it would
 * cost a disk read.
 *
 * | record      | text                                                              |
 * |-------------|-------------------------------------------------------------------|
 * | key set     | `s` space length `,` key length `,` value length `:` space key value |
 * | key deleted | `d` space length `,` key length `:` space key                     |
 * | entry       | `t` vat length `,` position `:` vat link                          |
 * | outbox item | `o` port length `,` item length `,` sequence `:` port item        |
 *
 * Crk1. No two lists have the same text: each field is preceded by its length (in UTF-16 code units), and
 *       links have 64 digits.
 * Crk2. Memory, disk and blocks do not affect it: neither do caches, commits and heaps.
 */
import type { Hash, VatId } from '../../base/ids.ts'
import { sha256 } from '../../hashing/sha256.ts'

export class CrankText {
  readonly crank: number
  #text = ''

  constructor(crank: number) {
    this.crank = crank
  }

  set(space: string, key: string, value: string): void {
    this.#text += `s${space.length},${key.length},${value.length}:${space}${key}${value}`
  }

  delete(space: string, key: string): void {
    this.#text += `d${space.length},${key.length}:${space}${key}`
  }

  entry(vat: VatId, position: number, link: Hash): void {
    this.#text += `t${vat.length},${position}:${vat}${link}`
  }

  send(port: string, sequence: number, item: string): void {
    this.#text += `o${port.length},${item.length},${sequence}:${port}${item}`
  }

  hash(): Hash {
    return sha256(this.#text)
  }
}

/** What a crank has changed, as its text lists it, for those who compare cranks. */
export class CrankChanges extends CrankText {
  /** The keys that were set or deleted, once each. */
  readonly keys: (readonly [space: string, key: string])[] = []
  readonly entries: { readonly vat: VatId; readonly position: number; readonly link: Hash }[] = []
  readonly sent: { readonly port: string; readonly sequence: number; readonly item: string }[] = []

  override set(space: string, key: string, value: string): void {
    super.set(space, key, value)
    this.keys.push([space, key])
  }

  override delete(space: string, key: string): void {
    super.delete(space, key)
    this.keys.push([space, key])
  }

  override entry(vat: VatId, position: number, link: Hash): void {
    super.entry(vat, position, link)
    this.entries.push({ vat, position, link })
  }

  override send(port: string, sequence: number, item: string): void {
    super.send(port, sequence, item)
    this.sent.push({ port, sequence, item })
  }
}
