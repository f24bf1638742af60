/**
 * The file of a trace: appends lines, rotates at a size, counts missing lines.
 *
 * Tf1. After opening, nothing that happens to the file is an error for its users: lines that cannot be
 *      written are counted, and a later line reports the number.
 * Tf2. The buffer in memory is bounded.
 */
import { assert } from '../../base/errors.ts'
import { closeSync, fstatSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { refuse } from '../../protocol/codes.ts'
import { traceVersion } from '../../protocol/reports/trace.ts'
import type { TraceFileOptions } from '../../protocol/machine/traceSettings.ts'

/** Lines are written at this many buffered characters, and at each commit. */
const bufferedCharacters = 65_536
/** Limit on the buffer while the file cannot be written. */
const waitingCharacters = 4 * 65_536

export class TraceFile {
  readonly options: TraceFileOptions
  #descriptor: number | undefined
  #size = 0
  #isRegular = false
  #lines: string[] = []
  #waiting = 0
  #lost = 0
  #lostInAll = 0
  #cause = ''

  /** @throws CodedError `trace/unwritable` */
  constructor(options: TraceFileOptions) {
    assert(options.keep >= 0, 'a number of files is kept')
    this.options = options
    try {
      this.#open()
    } catch (error) {
      refuse('trace/unwritable', `${options.file} cannot be opened: ${textOf(error)}`, { path: options.file })
    }
  }

  /** Number of lost events. */
  get lost(): number {
    return this.#lostInAll
  }

  write(line: string): void {
    if (this.#waiting > waitingCharacters) return this.#lose(1)
    this.#lines.push(line)
    this.#waiting += line.length
    if (this.#waiting > bufferedCharacters) this.flush()
  }

  /** Tf1. */
  flush(): void {
    if (this.#lines.length === 0) return
    const lines = this.#lines
    this.#lines = []
    this.#waiting = 0
    try {
      this.#openAgainIfGone()
      const notice =
        this.#lost === 0
          ? []
          : [JSON.stringify({ at: Date.now(), kind: 'lost', events: this.#lost, cause: this.#cause })]
      this.#append([...notice, ...lines])
      if (notice.length > 0) this.#lost = 0
    } catch (error) {
      this.#cause = textOf(error)
      this.#lose(lines.length)
      return
    }
    this.#rotateIfLarge()
  }

  close(): void {
    this.flush()
    this.#closeDescriptor()
  }

  #lose(events: number): void {
    this.#lost += events
    this.#lostInAll += events
    assert(this.#lost >= 1 && this.#lost <= this.#lostInAll, 'each lost event is counted (Tf1)')
  }

  #open(): void {
    // It contains messages of vats: a new file is readable only by its owner.
    this.#descriptor = openSync(this.options.file, 'a', 0o600)
    const found = fstatSync(this.#descriptor)
    this.#size = found.size
    this.#isRegular = found.isFile()
    this.#lines.unshift(
      JSON.stringify({ at: Date.now(), kind: 'trace', version: traceVersion, pid: process.pid }),
    )
  }

  /** Recreates a file that was deleted or moved away. */
  #openAgainIfGone(): void {
    if (this.#descriptor !== undefined && fstatSync(this.#descriptor).nlink > 0) return
    this.#closeDescriptor()
    this.#open()
    this.#append(this.#lines.splice(0))
  }

  #append(lines: readonly string[]): void {
    if (lines.length === 0 || this.#descriptor === undefined) return
    const bytes = Buffer.from(`${lines.join('\n')}\n`)
    assert(this.#size >= 0, 'the size of a file is counted')
    for (let written = 0; written < bytes.length; ) written += writeSync(this.#descriptor, bytes, written)
    this.#size += bytes.length
  }

  /** A file that cannot be renamed keeps growing, and a device, a pipe or a socket is never renamed. */
  #rotateIfLarge(): void {
    const { file, rotateBytes, keep } = this.options
    if (rotateBytes === null || this.#size < rotateBytes || !this.#isRegular) return
    try {
      rmSync(rotatedName(file, keep), { force: true })
      for (let number = keep - 1; number >= 1; number -= 1)
        renameIfThere(rotatedName(file, number), rotatedName(file, number + 1))
      renameSync(file, rotatedName(file, 1))
      this.#closeDescriptor()
      this.#open()
    } catch (error) {
      this.#cause = textOf(error)
      this.#size = 0
    }
  }

  #closeDescriptor(): void {
    const descriptor = this.#descriptor
    this.#descriptor = undefined
    try {
      if (descriptor !== undefined) closeSync(descriptor)
    } catch (error) {
      this.#cause = textOf(error)
    }
  }
}

/** `trace.jsonl.1` is the latest renamed file. */
export const rotatedName = (file: string, number: number): string => `${file}.${number}`

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'ENOENT') throw error
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
