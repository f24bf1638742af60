/** What a command sees of the process it runs in. */
export interface Io {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  /** Progress is shown to a person at a terminal only. */
  readonly progress: 'shown' | 'hidden'
  /** What is printed goes to a terminal, on which it can be written over. */
  readonly screen?: 'terminal'
  readonly env: Readonly<Record<string, string | undefined>>
  /**
   * From now on the command ends by itself when the process is asked to end: the signal is aborted then, with the name
   * of the process's signal as its reason. A command that does not call this is ended at once. Absent where commands are
   * called by a program.
   */
  readonly endsItself?: () => AbortSignal
}
