/** What a command sees of the process it runs in. */
export interface Io {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  /** Progress is shown to a person at a terminal only. */
  readonly progress: 'shown' | 'hidden'
  readonly env: Readonly<Record<string, string | undefined>>
}
