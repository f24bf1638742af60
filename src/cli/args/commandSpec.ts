/** The specification of a verb's operands and options. */

/** A positional argument. */
export interface Operand {
  readonly name: string
  readonly description: string
  /** The words that it takes, where these are a closed list. */
  readonly values?: readonly string[]
}

/** How an option is written, and its line in the help. */
export type Option =
  | { readonly kind: 'flag'; readonly description: string }
  /** `placeholder` stands for the value in the help, such as `DIR`. */
  | {
      readonly kind: 'text'
      readonly placeholder: string
      readonly description: string
      /** The words that it takes, where these are a closed list. */
      readonly values?: readonly string[]
    }
  /** Like `text`, and repeatable. */
  | { readonly kind: 'texts'; readonly placeholder: string; readonly description: string }

/** By name, without the dashes. */
export type Options = Readonly<Record<string, Option>>

/** What the parser and the help need to know of a verb. */
export interface CommandSpec {
  readonly name: string
  /** All are required, in this order. */
  readonly operands: readonly Operand[]
  /** Further operands of any number. */
  readonly rest: Operand | 'none'
  readonly options: Options
  /**
   * Which of the common options it has; default: all. `node`: it opens the store of a node, which has a place
   * of its own; `client`: it opens no store.
   */
  readonly common?: 'node' | 'client'
}

/** Options that verbs have in common. */
export const commonOptions = {
  store: {
    kind: 'text',
    placeholder: 'DIR',
    description: 'the directory of the store (else HEIRLOOM_STORE, else ./heirloom-store)',
  },
  json: { kind: 'flag', description: 'print exactly one JSON document, even for errors' },
  'resident-bytes': {
    kind: 'text',
    placeholder: 'BYTES',
    description: 'memory limit of all workers; affects only time (default: 1 GiB)',
  },
  trace: { kind: 'text', placeholder: 'FILE', description: 'append a trace to this file, as JSON lines' },
  console: {
    kind: 'text',
    placeholder: 'FILE',
    description: 'append the console output of vats to this file (default: stderr, at a terminal)',
  },
  quiet: { kind: 'flag', description: 'do not show the console output of vats' },
  'accept-rollback': {
    kind: 'flag',
    description: 'open a store that is behind its last commit, and give up the missing blocks',
  },
  trust: {
    kind: 'texts',
    placeholder: 'HASH',
    description: 'run this kernel, supervisor, engine or image although no release shipped it; repeatable',
  },
  help: { kind: 'flag', description: 'print this' },
} as const satisfies Options

/** The common options of a verb. */
export function commonOptionsOf({ common }: Pick<CommandSpec, 'common'>): Options {
  const { store: _store, ...ofNodes } = commonOptions
  const { json, help } = commonOptions
  return common === undefined ? commonOptions : common === 'node' ? ofNodes : { json, help }
}
