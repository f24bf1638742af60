/** The shape that all verbs have. */
import type { Declared } from './declared.ts'
import type { Io } from './io.ts'
import type { Report } from './report.ts'
import type { Words } from './words.ts'

export interface Verb extends Declared {
  /** One line: what it does. */
  readonly summary: string
  /** More lines, for the verb's own help. */
  readonly explains: string
  /** Shell lines. */
  readonly examples: readonly string[]
  run(words: Words, io: Io): Promise<Report>
}
