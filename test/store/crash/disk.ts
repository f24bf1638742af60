/**
 * A disk that is played from a recording: what a directory holds when the process dies, or the power goes,
 * after any call.
 *
 * D1. A process that dies leaves every call it has made, and of one that was being made any first part.
 * D2. When the power goes, of the writes and truncations of a file since its last sync any may be there and
 *     any not;
 *     what was made, removed or renamed in a directory since the directory's last sync may not have been.
 */
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Call {
  readonly kind: 'create' | 'write' | 'truncate' | 'sync' | 'unlink' | 'rename'
  readonly path: string
  /** The offset of a write, the length of a truncation. */
  readonly number: number
  readonly bytes: Buffer
  /** What a file is renamed to. */
  readonly other: string
}

/** The calls that `record.c` has written down. */
export function readCalls(log: string): Call[] {
  const recorded = readFileSync(log)
  const calls: Call[] = []
  for (let at = 0; at < recorded.length; ) {
    const end = recorded.indexOf(0x0a, at)
    const [kind = '', number, length, path = '', other = ''] = recorded.toString('utf8', at, end).split(' ')
    at = end + 1 + Number(length)
    calls.push({
      kind: kind as Call['kind'],
      path,
      number: Number(number),
      bytes: recorded.subarray(end + 1, at),
      other,
    })
  }
  return calls
}

/** A file's bytes, which grow with what is written beyond their end. */
class Bytes {
  #buffer: Buffer
  #length: number

  constructor(bytes: Uint8Array = new Uint8Array()) {
    this.#buffer = Buffer.from(bytes)
    this.#length = bytes.length
  }

  get view(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }

  apply({ kind, number, bytes }: Call): void {
    if (kind === 'truncate') return this.#resize(number)
    if (number + bytes.length > this.#length) this.#resize(number + bytes.length)
    bytes.copy(this.#buffer, number)
  }

  #resize(length: number): void {
    if (length > this.#buffer.length)
      this.#buffer = Buffer.concat([this.view], Math.max(length, 2 * this.#buffer.length))
    if (length > this.#length) this.#buffer.fill(0, this.#length, length)
    this.#length = length
  }
}

class File {
  readonly issued: Bytes
  readonly synced: Bytes
  /** The calls since the last sync. */
  pending: Call[] = []

  constructor(bytes?: Uint8Array) {
    this.issued = new Bytes(bytes)
    this.synced = new Bytes(bytes)
  }

  change(call: Call): void {
    this.issued.apply(call)
    this.pending.push(call)
  }

  sync(): void {
    for (const call of this.pending) this.synced.apply(call)
    this.pending = []
  }

  /** What was synced and some of the calls since. */
  with(calls: readonly Call[]): Buffer {
    const bytes = new Bytes(this.synced.view)
    for (const call of calls) bytes.apply(call)
    return bytes.view
  }
}

/** What a directory may hold after the end. */
export interface Remains {
  readonly after:
    | 'death'
    | 'death in the middle of a write'
    | 'power loss, nothing since the syncs'
    | 'power loss, only the last call'
    | 'power loss, all but the first call'
    | 'power loss, every second call'
  readonly files: ReadonlyMap<string, Buffer>
}

export class Disk {
  #files = new Map<string, File>()
  #syncedNames = new Map<string, File>()

  /** A disk with these files on it, whole. */
  constructor(files: ReadonlyMap<string, Buffer>) {
    for (const [name, bytes] of files) this.#files.set(name, new File(bytes))
    this.#syncedNames = new Map(this.#files)
  }

  play(call: Call): void {
    const { kind, path, other } = call
    if (kind === 'create') this.#files.set(path, new File())
    else if (kind === 'sync' && path === '.') this.#syncedNames = new Map(this.#files)
    else if (kind === 'sync') this.#file(path).sync()
    else if (kind === 'unlink') this.#files.delete(path)
    else if (kind === 'rename') {
      this.#files.set(other, this.#file(path))
      this.#files.delete(path)
    } else this.#file(path).change(call)
  }

  /**
   * What may be there when the process or the power ends before the next call, or in it. `whole calls`: with
   * no part of a call, and all or nothing of what was not synced.
   */
  *remains(last: Call | undefined, next: Call | undefined, which: 'all' | 'whole calls'): Generator<Remains> {
    yield { after: 'death', files: this.issued() }
    if (which === 'all' && next?.kind === 'write' && next.bytes.length > 1) {
      const half = { ...next, bytes: next.bytes.subarray(0, next.bytes.length >> 1) }
      const bytes = new Bytes(this.#file(next.path).issued.view)
      bytes.apply(half)
      yield {
        after: 'death in the middle of a write',
        files: new Map([...this.issued(), [next.path, bytes.view]]),
      }
    }
    // What was synced changes with a sync only; what must be there, with a mark.
    if (last === undefined || last.kind === 'sync' || last.path === 'marks') {
      yield {
        after: 'power loss, nothing since the syncs',
        files: new Map([...this.#syncedNames].map(([name, file]) => [name, file.synced.view])),
      }
    }
    if (which === 'whole calls' || ![...this.#files.values()].some(({ pending }) => pending.length > 1))
      return
    yield { after: 'power loss, only the last call', files: this.#with((pending) => pending.slice(-1)) }
    yield { after: 'power loss, all but the first call', files: this.#with((pending) => pending.slice(1)) }
    yield {
      after: 'power loss, every second call',
      files: this.#with((pending) => pending.filter((_, index) => index % 2 === 1)),
    }
  }

  issued(): Map<string, Buffer> {
    return new Map([...this.#files].map(([name, file]) => [name, file.issued.view]))
  }

  #with(some: (pending: readonly Call[]) => readonly Call[]): Map<string, Buffer> {
    return new Map([...this.#files].map(([name, file]) => [name, file.with(some(file.pending))]))
  }

  #file(path: string): File {
    return this.#files.get(path) ?? assert.fail(`there is no ${path}`)
  }
}

/** Makes the directory hold these files and nothing else. */
export function lay(directory: string, files: ReadonlyMap<string, Buffer>): void {
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory)
  for (const [name, bytes] of files) writeFileSync(join(directory, name), bytes)
}
