/** Output shared by `export` and `import`. */
import type { TransferReport } from '../../host/index.ts'
import { columns, indent } from './columns.ts'
import type { Io } from './io.ts'
import { thousands } from './readable.ts'
import { usage, type Words } from '../args/arguments.ts'

/** Both name their directories, so a store option would be ambiguous. */
export function refuseStoreOption(words: Words, verb: string): void {
  if (words.text('store') !== undefined)
    usage(`${verb} takes the directory of the store as an operand, not as --store`)
}

export const megabytes = (bytes: number): string => `${thousands(Math.ceil(bytes / 1_000_000))} MB`

/** One line at a terminal that is overwritten until the end. */
export class Progress {
  readonly #io: Io
  #shown = 0

  constructor(io: Io) {
    this.#io = io
  }

  show(text: string): void {
    if (this.#io.progress !== 'shown') return
    this.#io.err(`\r${text.padEnd(this.#shown)}`)
    this.#shown = text.length
  }

  end(): void {
    if (this.#shown > 0) this.#io.err('\n')
  }
}

export const transferJson = ({ mode, height, activityHash, rootHash, artifacts, bytes }: TransferReport) => ({
  mode,
  height,
  activityHash,
  rootHash,
  artifacts,
  bytes,
})

export const transferText = ({
  mode,
  height,
  activityHash,
  rootHash,
  artifacts,
  bytes,
}: TransferReport): string =>
  indent(
    columns([
      ['mode', mode],
      ['height', thousands(height)],
      ['activity hash', activityHash],
      ['root hash', rootHash],
      ['files', `${thousands(artifacts)}, ${thousands(bytes)} bytes`],
    ]),
  )
