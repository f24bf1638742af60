/** A command's view of its process. */
export interface Io {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  /** Progress is shown only to a person at a terminal. */
  readonly progress: 'shown' | 'hidden'
  /** The output is a terminal, which can be overwritten. */
  readonly screen?: 'terminal'
  readonly env: Readonly<Record<string, string | undefined>>
  /**
   * From now on the command ends by itself when the process is asked to end: the signal is then aborted, with
   * the name of the process's signal as its reason. Other commands are ended at once. Absent when a program
   * calls the commands.
   */
  readonly endsItself?: () => AbortSignal
}
