/** The common shape of all verbs. */
import type { Declared } from '../args/commandSpec.ts'
import type { Io } from '../output/io.ts'
import type { Report } from '../output/report.ts'
import type { Words } from '../args/arguments.ts'

export interface Verb extends Declared {
  /** One line. */
  readonly summary: string
  /** Further lines, for the verb's own help. */
  readonly explains: string
  /** Shell lines. */
  readonly examples: readonly string[]
  run(words: Words, io: Io): Promise<Report>
}
