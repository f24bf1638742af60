/**
 * SQLite's write-ahead log (`heirloom.sqlite-wal`), read past SQLite.
 *
 * SQLite uses as much of a log as it can: it silently ignores everything after the first wrong bit or a wrong
 * header. So the log's required content is checked here, before SQLite opens it.
 *
 * | bytes   | header of the log (32)                       | header of a frame (24), before its page      |
 * |---------|----------------------------------------------|----------------------------------------------|
 * | 0–3     | magic; its lowest bit is the order of bytes  | number of the page                           |
 * | 4–7     | version, 3007000                             | pages of the file after a commit, or 0       |
 * | 8–15    | size of a page; number of the checkpoint     | salt, as in the header of the log            |
 * | 16–23   | salt                                         | checksum of everything up to here            |
 * | 24–31   | checksum of bytes 0–23                       | –                                            |
 *
 * Wal1. The checksum of a frame continues that of the frame before it, and the first that of the header. So
 *       the checksum of one frame covers all frames up to it.
 * Wal2. Only the log is read, never the file: no process holds a lock on the log that closing it could
 *       release (Fil3).
 */
import { assert } from '../../base/errors.ts'
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { endianness } from 'node:os'
import { assertStoreFile, onDisk } from './fileSystem.ts'

export const logPath = (path: string): string => `${path}-wal`

/** A frame up to which everything is valid. */
export interface LogPosition {
  /** 16 hexadecimal digits. A restarted log has another. */
  readonly salt: string
  /** Frames count from 1. */
  readonly frame: number
  /** 16 hexadecimal digits (Wal1). */
  readonly checksum: string
}

export type Log =
  /** Missing, or without bytes. */
  | { readonly kind: 'empty' }
  /** Its header is truncated or wrong: SQLite treats it as empty. */
  | { readonly kind: 'headless'; readonly bytes: number; readonly frames: number }
  | {
      readonly kind: 'frames'
      readonly salt: string
      /** The number of frames before the first invalid one. */
      readonly valid: number
      /** The last frame of each transaction among them, in order. */
      readonly commits: readonly LogPosition[]
      /** The numbers of the pages that these transactions wrote. */
      readonly pages: ReadonlySet<number>
      /**
       * The number of frames after the first invalid one that have the salt of this log and end a
       * transaction.
       */
      readonly commitsBehind: number
    }

const headerBytes = 32
const frameHeaderBytes = 24
const framesAtOnce = 64
const magic = 0x377f0682
const version = 3_007_000

/** Reads the whole log. */
export function readLog(path: string): Log {
  const file = openLog(path)
  if (file === undefined) return { kind: 'empty' }
  try {
    const { size } = fstatSync(file)
    if (size === 0) return { kind: 'empty' }
    const header = readAt(file, 0, headerBytes)
    const head = parseHeader(header)
    if (head === undefined) return { kind: 'headless', bytes: size, frames: estimateFrames(size, header) }
    return readFrames(file, size, head)
  } finally {
    closeSync(file)
  }
}

/** The raw header, which changes whenever the log is restarted. */
export function readLogHeader(path: string): string {
  const file = openLog(path)
  if (file === undefined) return ''
  try {
    return readAt(file, 0, headerBytes).toString('hex')
  } finally {
    closeSync(file)
  }
}

/** The position of a frame that was just written, from its header. */
export function positionOf(file: number, frame: number, pageBytes: number): LogPosition {
  assert(frame >= 1, 'frames count from 1')
  const header = readAt(file, headerBytes + (frame - 1) * (frameHeaderBytes + pageBytes), frameHeaderBytes)
  return { salt: header.toString('hex', 8, 16), frame, checksum: header.toString('hex', 16, 24) }
}

interface LogHeader {
  readonly pageBytes: number
  readonly salt: Buffer
  readonly sum: LogChecksum
}

function parseHeader(header: Buffer): LogHeader | undefined {
  if (header.length < headerBytes) return undefined
  const pageBytes = header.readUInt32BE(8)
  const isPageSize = pageBytes >= 512 && pageBytes <= 65_536 && Number.isInteger(Math.log2(pageBytes))
  if ((header.readUInt32BE(0) & ~1) !== magic || header.readUInt32BE(4) !== version || !isPageSize)
    return undefined
  const sum = new LogChecksum((header.readUInt32BE(0) & 1) === 1 ? 'BE' : 'LE')
  sum.add(header, 0, 24)
  return sum.text === header.toString('hex', 24, 32)
    ? { pageBytes, salt: header.subarray(16, 24), sum }
    : undefined
}

/** The approximate number of frames after a wrong header. */
const estimateFrames = (size: number, header: Buffer): number => {
  const pageBytes = header.length === headerBytes ? header.readUInt32BE(8) : 0
  return Math.floor(
    Math.max(0, size - headerBytes) /
      (frameHeaderBytes + (pageBytes >= 512 && pageBytes <= 65_536 ? pageBytes : 4_096)),
  )
}

function readFrames(
  file: number,
  size: number,
  { pageBytes, salt, sum }: LogHeader,
): Extract<Log, { kind: 'frames' }> {
  const frameBytes = frameHeaderBytes + pageBytes
  const found = {
    salt: salt.toString('hex'),
    valid: 0,
    commits: [] as LogPosition[],
    pages: new Set<number>(),
    commitsBehind: 0,
  }
  const frames = Math.floor((size - headerBytes) / frameBytes)
  let isRight = true
  let pending: number[] = []
  for (let first = 0; first < frames; first += framesAtOnce) {
    const chunk = readAt(
      file,
      headerBytes + first * frameBytes,
      Math.min(framesAtOnce, frames - first) * frameBytes,
    )
    for (let at = 0; at + frameBytes <= chunk.length; at += frameBytes) {
      const hasSalt = chunk.compare(salt, 0, 8, at + 8, at + 16) === 0
      const isCommit = chunk.readUInt32BE(at + 4) !== 0
      isRight &&= hasSalt && chunk.readUInt32BE(at) !== 0 && sum.addFrame(chunk, at, frameBytes)
      if (!isRight) {
        if (hasSalt && isCommit) found.commitsBehind += 1
        continue
      }
      found.valid += 1
      pending.push(chunk.readUInt32BE(at))
      if (!isCommit) continue
      for (const page of pending) found.pages.add(page)
      pending = []
      found.commits.push({ salt: found.salt, frame: found.valid, checksum: sum.text })
    }
  }
  return { kind: 'frames', ...found }
}

/** SQLite's checksum of logs: two interleaved sums over 32-bit words. */
class LogChecksum {
  #first = 0
  #second = 0
  readonly #isNative: boolean

  constructor(order: 'LE' | 'BE') {
    this.#isNative = order === endianness()
  }

  get text(): string {
    const text = Buffer.alloc(8)
    text.writeUInt32BE(this.#first, 0)
    text.writeUInt32BE(this.#second, 4)
    return text.toString('hex')
  }

  /** Adds bytes `from` to `to`, a multiple of 8. */
  add(bytes: Buffer, from: number, to: number): void {
    assert((to - from) % 8 === 0, 'a checksum adds pairs of words')
    const copy = new Uint8Array(bytes.subarray(from, to))
    if (!this.#isNative) Buffer.from(copy.buffer).swap32()
    const words = new Uint32Array(copy.buffer)
    let [first, second] = [this.#first | 0, this.#second | 0]
    for (let at = 0; at < words.length; at += 2) {
      first = (first + (words[at] ?? 0) + second) | 0
      second = (second + (words[at + 1] ?? 0) + first) | 0
    }
    this.#first = first >>> 0
    this.#second = second >>> 0
  }

  /** Adds a frame: 8 bytes of its header and its page. Returns whether the frame has this sum. */
  addFrame(chunk: Buffer, at: number, frameBytes: number): boolean {
    this.add(chunk, at, at + 8)
    this.add(chunk, at + frameHeaderBytes, at + frameBytes)
    return chunk.readUInt32BE(at + 16) === this.#first && chunk.readUInt32BE(at + 20) === this.#second
  }
}

/** Undefined when there is no log. Another reader that closes last may remove it at any moment. */
function openLog(path: string): number | undefined {
  if (assertStoreFile(logPath(path)) === undefined) return undefined
  return onDisk(logPath(path), 'read', () => {
    try {
      return openSync(logPath(path), 'r')
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
      throw error
    }
  })
}

function readAt(file: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  return bytes.subarray(0, readSync(file, bytes, 0, length, position))
}
