/** What a rule is: a function from the project to what it finds. */
import type { Source } from './source.ts'

export interface Project {
  readonly sources: readonly Source[]
  /** Other texts that rules look at, by path: tsconfig.json files and pages of the documentation. */
  readonly texts: ReadonlyMap<string, string>
}

export interface Finding {
  readonly file: string
  readonly line: number
  readonly message: string
}

export interface Rule {
  readonly name: string
  readonly check: (project: Project) => Finding[]
}
