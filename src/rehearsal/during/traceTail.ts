/** Reads what was added to a trace file, and empties it: a rehearsal keeps only what it notes. */
import { closeSync, openSync, readSync, truncateSync } from 'node:fs'
import { assert } from '../../base/errors.ts'
import { isRecord } from '../../base/guards.ts'
import type { TraceLine } from '../../protocol/reports/trace.ts'

const chunkBytes = 1_048_576

export class TraceTail {
  readonly #file: string

  constructor(file: string) {
    this.#file = file
  }

  /** The events since the last call. The trace must be written out: it is at each block. */
  *take(): Generator<TraceLine> {
    const descriptor = openSync(this.#file, 'r')
    try {
      let rest = Buffer.alloc(0)
      const chunk = Buffer.alloc(chunkBytes)
      for (let read = readSync(descriptor, chunk); read > 0; read = readSync(descriptor, chunk)) {
        const bytes = Buffer.concat([rest, chunk.subarray(0, read)])
        const end = bytes.lastIndexOf(10) + 1
        rest = bytes.subarray(end)
        for (const text of bytes.toString('utf8', 0, end).split('\n')) if (text !== '') yield lineOf(text)
      }
    } finally {
      closeSync(descriptor)
    }
    truncateSync(this.#file)
  }
}

const isTraceLine = (line: unknown): line is TraceLine => isRecord(line) && typeof line['kind'] === 'string'

/** Lines are whole at a block. */
function lineOf(text: string): TraceLine {
  const line: unknown = JSON.parse(text)
  assert(isTraceLine(line), 'a line of a trace has its kind')
  return line
}
