/** The common shape of all verbs. */
import type { CommandSpec } from '../args/commandSpec.ts'
import type { Io } from '../output/io.ts'
import type { Report } from '../output/report.ts'
import type { ParsedArgs } from '../args/arguments.ts'

/** A verb: its specification, its help, and what it does. */
export interface Verb extends CommandSpec {
  /** One line. */
  readonly summary: string
  /** Further lines, for the verb's own help. */
  readonly details: string
  /** Shell lines. */
  readonly examples: readonly string[]
  run(args: ParsedArgs, io: Io): Promise<Report>
}
