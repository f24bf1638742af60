/**
 * The trace: what happens, one JSON line an event, for people and tools.
 *
 * Nobody in the system reads it, so it may be switched off, cut or lost without any effect.
 */
import { closeSync, openSync, writeSync } from 'node:fs'
import { refuse } from '../protocol/codes.ts'
import type { TraceEvent } from '../kernel/ports.ts'

export interface Trace {
  write(event: TraceEvent): void
  flush(): void
  close(): void
}

export const noTrace: Trace = { write: () => {}, flush: () => {}, close: () => {} }

/** Lines wait in memory up to this many characters. */
const bufferedCharacters = 65_536

class FileTrace implements Trace {
  readonly #file: number
  #waiting = ''

  constructor(path: string) {
    try {
      this.#file = openSync(path, 'a')
    } catch (error) {
      refuse('trace/unwritable', `${path} cannot be opened: ${error instanceof Error ? error.message : String(error)}`, { path })
    }
  }

  write(event: TraceEvent): void {
    this.#waiting += `${JSON.stringify(event)}\n`
    if (this.#waiting.length > bufferedCharacters) this.flush()
  }

  flush(): void {
    if (this.#waiting === '') return
    writeSync(this.#file, this.#waiting)
    this.#waiting = ''
  }

  close(): void {
    this.flush()
    closeSync(this.#file)
  }
}

export const openTrace = (path: string | undefined): Trace => (path === undefined ? noTrace : new FileTrace(path))
