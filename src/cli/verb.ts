/** The common shape of all verbs. */
import type { Declared } from './declared.ts'
import type { Io } from './io.ts'
import type { Report } from './report.ts'
import type { Words } from './words.ts'

export interface Verb extends Declared {
  /** One line. */
  readonly summary: string
  /** Further lines, for the verb's own help. */
  readonly explains: string
  /** Shell lines. */
  readonly examples: readonly string[]
  run(words: Words, io: Io): Promise<Report>
}
