/** Scripts of simulated chains, as data: blocks of transactions, made from a seed (`makeScript.ts`). */
import type { VoteChoice } from '../../../protocol/node/fields.ts'
import type { KernelName } from '../../kernels/kernels.ts'

/** The number of an account of the world. */
export type Who = number

/** What is wrong with a transaction; most have nothing. */
export type Flaw =
  | 'none'
  | 'chain'
  | 'key'
  | 'expired'
  | 'too-late'
  | 'fee'
  | 'garbled'
  | 'not-canonical'
  | 'field'
  | 'by-vote-only'

/** Code that scripts upload: a version of the vat. */
export const codeNames = ['version-2', 'version-3', 'version-broken'] as const
export type CodeName = (typeof codeNames)[number]
export type VersionName = CodeName | 'version-1'

/** The vats of every chain. */
export const vatNames = ['bank', 'mill'] as const
export type VatName = (typeof vatNames)[number]

/** A method of a vat that writes to its journal. */
export type Call =
  | { readonly kind: 'note'; readonly value: number }
  | { readonly kind: 'provoke' | 'fail' }
  | { readonly kind: 'burn'; readonly times: number }
  | { readonly kind: 'pay'; readonly to: Who; readonly amount: string }
  | { readonly kind: 'publish'; readonly name: string; readonly value: number }
  | { readonly kind: 'report'; readonly from: number }
  /** Arguments that cannot be sent. */
  | { readonly kind: 'nonsense' }

/** A vat, and the code to which it is upgraded. */
export interface VatCode {
  readonly vat: VatName
  readonly code: VersionName
}

/** What the vote of a proposal executes. `of`: the number of the transaction that sent an item. */
export type Motion =
  | { readonly kind: 'mint'; readonly to: Who; readonly amount: string }
  | { readonly kind: 'members'; readonly weights: readonly (readonly [Who, number])[] }
  | { readonly kind: 'parameter'; readonly name: string; readonly value: number }
  | { readonly kind: 'schedule'; readonly name: string; readonly ahead: number }
  | { readonly kind: 'cancel'; readonly name: string }
  | { readonly kind: 'publish-root'; readonly name: string; readonly vat: string | null }
  | { readonly kind: 'kernel'; readonly kernel: KernelName; readonly rows: number | null }
  | { readonly kind: 'upgrade-vat'; readonly vat: VatName; readonly code: VersionName }
  | { readonly kind: 'plan'; readonly id: string; readonly vat: VatName; readonly code: VersionName }
  /** A plan that puts a kernel in place, and may upgrade a vat in the trial of the kernel. */
  | {
      readonly kind: 'kernel-plan'
      readonly id: string
      readonly kernel: KernelName
      readonly then: VatCode | null
    }
  | { readonly kind: 'suspend' | 'resume' | 'terminate'; readonly vat: VatName }
  | { readonly kind: 'set-aside' | 'put-back'; readonly of: number }
  | { readonly kind: 'retry' | 'pause' | 'unpause' | 'abandon-plan' }

export type Action =
  | { readonly kind: 'transfer'; readonly to: Who; readonly amount: string; readonly memo: string | null }
  | { readonly kind: 'send'; readonly to: string; readonly call: Call }
  | { readonly kind: 'set-key'; readonly key: number }
  /** `label`: by which votes of the script name the proposal. */
  | { readonly kind: 'propose'; readonly label: string; readonly motions: readonly Motion[] }
  | { readonly kind: 'vote'; readonly label: string; readonly choice: VoteChoice }
  | { readonly kind: 'begin-upload'; readonly code: CodeName; readonly label: string }
  | { readonly kind: 'chunk'; readonly code: CodeName; readonly index: number; readonly isDamaged: boolean }

export interface Signing {
  readonly kind: 'sign'
  /** Unique in the script. */
  readonly n: number
  readonly from: Who
  readonly action: Action
  readonly flaw: Flaw
  /** Its own number, or that of another transaction. */
  readonly nonce: number
  /** How many blocks it may wait. */
  readonly life: number
}

/** A transaction, or the bytes of one that came before. */
export type Entry = Signing | { readonly kind: 'copy'; readonly n: number; readonly of: number }

export interface ScriptBlock {
  /** Milliseconds since the block before. */
  readonly after: number
  /** Whether the application chooses and orders the transactions. */
  readonly isChosen: boolean
  readonly entries: readonly Entry[]
}

export interface Script {
  readonly seed: number
  /** Which of the prepared chains. */
  readonly chain: number
  readonly blocks: readonly ScriptBlock[]
}
