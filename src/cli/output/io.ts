/** What a command uses of its process: streams, environment and signals. */
export interface Io {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  /** Progress is shown only to a person at a terminal. */
  readonly progress: 'shown' | 'hidden'
  /** The output is a terminal, which can be overwritten. */
  readonly screen?: 'terminal'
  readonly env: Readonly<Record<string, string | undefined>>
  /**
   * From now on a signal of the process does not end it: the returned signal is aborted instead, with
   * the name of the process's signal as its reason. `ending` says what is done then. Absent when a program
   * calls the commands.
   */
  readonly interceptSignals?: (ending?: string) => AbortSignal
  /** Asks for a secret at the terminal, without showing it. Absent when there is none. */
  readonly askSecret?: (prompt: string) => Promise<string>
}
