/**
 * The final output of a command. A verb prints nothing itself; it returns a report, and one place prints it:
 * as text for people, or as exactly one JSON document.
 */
import type { Json } from '../../api/jsonForm.ts'

/** The exit codes of the process. After a signal it is 128 plus the signal's number. */
export const exitCodes = {
  done: 0,
  refused: 1,
  usage: 2,
  store: 3,
  fault: 4,
  halted: 5,
} as const

export type ExitName = keyof typeof exitCodes

export const exitMeanings = {
  done: 'done',
  refused:
    'the vat or the kernel refused: a rejection, or a refused start or upgrade; or an audit found deviations, or a replay differed',
  usage: 'the command line is invalid',
  store: 'the store, an export, a bundle or a name was refused; nothing was changed',
  fault: 'the kernel failed; the store is at its last committed block',
  halted: 'a node halted for an upgrade that its release does not have (node start --exit-on-halt)',
} as const satisfies Record<ExitName, string>

/** A refusal. `notes` are for people, below the message. */
export interface Problem {
  readonly exit: Exclude<ExitName, 'done'>
  readonly code: string
  readonly message: string
  readonly hint: string
  readonly notes: readonly string[]
  readonly detail: Readonly<Record<string, unknown>>
}

export type Report =
  | { readonly kind: 'done'; readonly json: Json; readonly text: string }
  /** A rejection by a vat, deviations of a store: the command worked, with a bad result. */
  | { readonly kind: 'rejected'; readonly json: Json; readonly text: string }
  /** A node that halted, and was to end then. */
  | { readonly kind: 'halted'; readonly json: Json; readonly text: string }
  /** The command ended by itself, incomplete, because the process was asked to end. */
  | {
      readonly kind: 'interrupted'
      readonly json: Json
      readonly text: string
      readonly signal: 'SIGINT' | 'SIGTERM'
    }
  | { readonly kind: 'refused'; readonly problem: Problem }
