/** Declaration of a verb's operands and options. */
export interface Operand {
  readonly name: string
  readonly explains: string
}

export type Option =
  | { readonly kind: 'flag'; readonly explains: string }
  /** `takes` is the placeholder of its value in the help, such as `DIR`. */
  | { readonly kind: 'text'; readonly takes: string; readonly explains: string }
  /** Like `text`, and repeatable. */
  | { readonly kind: 'texts'; readonly takes: string; readonly explains: string }

export type Options = Readonly<Record<string, Option>>

export interface Declared {
  readonly name: string
  /** All are required, in this order. */
  readonly operands: readonly Operand[]
  /** Further operands of any number. */
  readonly rest: Operand | 'none'
  readonly options: Options
}

/** Options that every verb has. */
export const commonOptions = {
  store: {
    kind: 'text',
    takes: 'DIR',
    explains: 'the directory of the store (else HEIRLOOM_STORE, else ./heirloom-store)',
  },
  json: { kind: 'flag', explains: 'print exactly one JSON document, even for errors' },
  'resident-bytes': {
    kind: 'text',
    takes: 'BYTES',
    explains: 'memory limit of all workers; affects only time (default: 1 GiB)',
  },
  trace: { kind: 'text', takes: 'FILE', explains: 'append a trace to this file, as JSON lines' },
  console: {
    kind: 'text',
    takes: 'FILE',
    explains: 'append the console output of vats to this file (default: stderr, at a terminal)',
  },
  quiet: { kind: 'flag', explains: 'do not show the console output of vats' },
  'accept-rollback': {
    kind: 'flag',
    explains: 'open a store that is behind its last commit, and give up the missing blocks',
  },
  trust: {
    kind: 'texts',
    takes: 'HASH',
    explains: 'run this kernel, supervisor, engine or image although no release shipped it; repeatable',
  },
  help: { kind: 'flag', explains: 'print this' },
} as const satisfies Options
