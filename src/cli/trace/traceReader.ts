/**
 * Reads a trace: its renamed files, oldest first, then the file itself. An unreadable line (the last one of a
 * process that died) is counted and skipped.
 */
import { assert } from '../../base/errors.ts'
import { closeSync, existsSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { refuseUsage } from '../args/arguments.ts'
import type { Json } from '../../api/jsonForm.ts'

/** An event as in the file, possibly of a newer release. */
export type ReadLine = { readonly [name: string]: Json }

/** Selects events; null selects all. */
export interface TraceFilter {
  readonly kinds: ReadonlySet<string> | null
  readonly vat: string | null
  readonly cranks: { readonly from: number; readonly to: number } | null
}

/** The selected events, and how many lines were unreadable. */
export interface ReadTrace {
  readonly lines: readonly ReadLine[]
  readonly damaged: number
}

/** Reads the whole trace. */
export function readTrace(file: string, filter: TraceFilter): ReadTrace {
  const lines: ReadLine[] = []
  let damaged = 0
  for (const path of filesOf(file)) {
    const opened = new OpenFile(path)
    for (const text of [...opened.lines(), ...opened.rest()]) {
      const line = parsed(text)
      if (line === undefined) damaged += 1
      else if (passes(line, filter)) lines.push(line)
    }
    opened.close()
  }
  return { lines, damaged }
}

/** Prints existing and new lines until the process ends. A rotated file is read to its end first. */
export async function followTrace(
  file: string,
  filter: TraceFilter,
  print: (line: ReadLine) => void,
): Promise<never> {
  const printMatching = (texts: Iterable<string>): void => {
    for (const text of texts) {
      const line = parsed(text)
      if (line !== undefined && passes(line, filter)) print(line)
    }
  }
  for (const path of filesOf(file).slice(0, -1)) printMatching(new OpenFile(path).lines())
  let opened = new OpenFile(file)
  for (;;) {
    const replaced = opened.isReplaced()
    printMatching(opened.lines())
    if (replaced) {
      opened.close()
      opened = new OpenFile(file)
    } else await setTimeout(pollMilliseconds)
  }
}

const pollMilliseconds = 200
const chunkBytes = 1 << 20

/** A file that is read to its present end; the next read continues there. */
class OpenFile {
  readonly #path: string
  readonly #descriptor: number
  readonly #decoder = new TextDecoder()
  #at = 0
  #rest = ''

  constructor(path: string) {
    this.#path = path
    this.#descriptor = openSync(path, 'r')
  }

  /** The complete lines. */
  *lines(): Generator<string> {
    const buffer = Buffer.alloc(chunkBytes)
    for (;;) {
      const length = readSync(this.#descriptor, buffer, 0, buffer.length, this.#at)
      if (length === 0) return
      assert(length > 0 && length <= buffer.length, 'a read fills a part of the buffer')
      this.#at += length
      const texts = (this.#rest + this.#decoder.decode(buffer.subarray(0, length), { stream: true })).split(
        '\n',
      )
      this.#rest = texts.pop() ?? ''
      yield* texts
    }
  }

  /** The incomplete line. */
  rest(): string[] {
    return this.#rest === '' ? [] : [this.#rest]
  }

  /** Whether the path now names another file. */
  isReplaced(): boolean {
    const there = statSync(this.#path, { throwIfNoEntry: false })
    return there !== undefined && there.ino !== fstatSync(this.#descriptor).ino
  }

  close(): void {
    closeSync(this.#descriptor)
  }
}

/** `file.2`, `file.1`, `file`. */
function filesOf(file: string): string[] {
  const files = [file]
  for (let number = 1; existsSync(`${file}.${number}`); number += 1) files.unshift(`${file}.${number}`)
  const found = files.filter((path) => existsSync(path))
  return found.length === 0 ? refuseUsage(`there is no file ${file}`) : found
}

function parsed(text: string): ReadLine | undefined {
  try {
    const value = JSON.parse(text) as Json
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as ReadLine)
      : undefined
  } catch {
    return undefined
  }
}

/** Lines about the trace itself pass an empty filter. */
function passes({ kind, vat, crank }: ReadLine, filter: TraceFilter): boolean {
  if (filter.kinds !== null && !(typeof kind === 'string' && filter.kinds.has(kind))) return false
  if (filter.vat !== null && vat !== filter.vat) return false
  return (
    filter.cranks === null ||
    (typeof crank === 'number' && crank >= filter.cranks.from && crank <= filter.cranks.to)
  )
}
