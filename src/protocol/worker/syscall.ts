/**
 * Syscalls: requests of a vat to the kernel during a delivery.
 *
 * A worker sends them in batches, in order. Some are questions: the vat waits for the answer, so a question
 * is always the last of its batch. The answer is recorded with the question in the transcript, so that a
 * replay needs no store. Garbage in any field is a fault of the vat that sent it (`vat/illegal-syscall`): its
 * crank is undone. The table of this wire is `docs/wires/syscall.md`.
 */
import type { ObjectVref, PromiseVref, Vref } from '../../base/ids.ts'
import type { CapData } from '../capdata.ts'
import type { Resolution } from './delivery.ts'
import type { VatEnd } from '../results.ts'

export type Command =
  /**
   * Queue a message. `result` names a fresh promise that the receiver will decide; the sender is subscribed
   * to it.
   */
  | {
      readonly kind: 'send'
      readonly target: Vref
      readonly methargs: CapData<Vref>
      readonly result: PromiseVref | null
    }
  /** Ask to be notified when the promise is settled. */
  | { readonly kind: 'subscribe'; readonly promise: PromiseVref }
  /** Settle promises that this vat decides. */
  | { readonly kind: 'resolve'; readonly resolutions: readonly Resolution[] }
  | { readonly kind: 'vatstoreSet'; readonly key: string; readonly value: string }
  | { readonly kind: 'vatstoreDelete'; readonly key: string }
  /** Several writes at once, in order: alternating keys and values, where a null value deletes the key. */
  | { readonly kind: 'vatstoreWrite'; readonly entries: readonly (string | null)[] }
  /** The vat cannot reach these imports any more. */
  | { readonly kind: 'dropImports'; readonly imports: readonly ObjectVref[] }
  /** The vat cannot recognise these imports any more. */
  | { readonly kind: 'retireImports'; readonly imports: readonly ObjectVref[] }
  /** The vat has forgotten these kept promises (`Resolution`). */
  | { readonly kind: 'retirePromises'; readonly promises: readonly PromiseVref[] }
  /** Messages to these exports are to be rejected from now on. */
  | { readonly kind: 'abandonExports'; readonly exports: readonly ObjectVref[] }
  /** These exports, dropped before, no longer exist. */
  | { readonly kind: 'retireExports'; readonly exports: readonly ObjectVref[] }
  /**
   * The vat ends with this delivery: with `completed` the delivery's effects stand, with `failed` they are
   * undone.
   */
  | { readonly kind: 'exit'; readonly end: VatEnd; readonly data: CapData<Vref> }

/** A question, with its answer once it has one. `null`: the key does not exist. */
export type Question =
  | { readonly kind: 'vatstoreGet'; readonly key: string }
  /**
   * JSON of the values of these keys, each a text or null; at least that of the first, up to
   * `rangeLimits.text` together.
   */
  | { readonly kind: 'vatstoreGetSeveral'; readonly keys: readonly string[] }
  /** The first key after `after` that begins with `prefix`. */
  | { readonly kind: 'vatstoreNextKey'; readonly prefix: string; readonly after: string }
  /**
   * The entries with `from` ≤ key < `to`, in order: JSON of `[key, value, key, value, …]`. At most `limit`
   * of them (1 to `rangeLimits.entries`), and none after they have `rangeLimits.text` code units together.
   */
  | { readonly kind: 'vatstoreRange'; readonly from: string; readonly to: string; readonly limit: number }
  /**
   * For an import: the bundle that it stands for, or null if it is not a bundle cap. `id`: its id; `text`:
   * JSON of the record for `@endo/import-bundle`. The transcript has the id for both.
   */
  | { readonly kind: 'getBundle'; readonly cap: ObjectVref; readonly part: 'id' | 'text' }
  /**
   * Whether a patch of the code applies in this delivery: `patchAnswers.applies` for every new delivery,
   * `.past` for one that is replayed and happened before the code first asked.
   */
  | { readonly kind: 'patched'; readonly id: string }

export type Syscall = Command | Question
export type SyscallKind = Syscall['kind']

/** The answer to a question, as text or null. */
export type Answer = string | null

export const patchAnswers = { applies: 'yes', past: 'no' } as const

/** A line that a vat wrote to its console. Goes to the trace, never into the transcript. */
export interface ConsoleLine {
  readonly kind: 'console'
  /** `testLog` is for tests of the vat: the host keeps it too. */
  readonly level: 'debug' | 'log' | 'info' | 'warn' | 'error' | 'testLog'
  readonly text: string
}

const questions: Readonly<Record<Question['kind'], true>> = {
  vatstoreGet: true,
  vatstoreGetSeveral: true,
  vatstoreNextKey: true,
  vatstoreRange: true,
  getBundle: true,
  patched: true,
}

/** The kind is unchecked and may be any value; conversion to text may succeed for non-texts, or throw. */
export const isQuestion = (syscall: Syscall): syscall is Question =>
  typeof syscall.kind === 'string' && Object.hasOwn(questions, syscall.kind)

export const consoleLevels: readonly ConsoleLine['level'][] = [
  'debug',
  'log',
  'info',
  'warn',
  'error',
  'testLog',
]
