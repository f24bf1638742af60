/**
 * The fields of messages: what each kind of field may hold, and its type. `src/node/transactions/fields.ts`
 * checks them.
 */
import type { BundleId } from '../../base/ids.ts'

/** JSON as messages carry it. */
export type JsonValue =
  null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue }

/** What voters say of a proposal. */
export const voteChoices = ['yes', 'no', 'abstain', 'veto'] as const
/** One of `voteChoices`. */
export type VoteChoice = (typeof voteChoices)[number]

/** What code is uploaded for. */
export const uploadKinds = ['vat', 'endo', 'kernel', 'engine', 'supervisor'] as const
/**
 * One of `uploadKinds`: a script of `bundleVat`, a bundle of `bundle-source` as JSON, a kernel, a WebAssembly
 * engine, a supervisor.
 */
export type UploadKind = (typeof uploadKinds)[number]

/** A member of the governance and the weight of its vote; 0 removes it. */
export interface MemberWeight {
  readonly address: string
  readonly weight: number
}

/** The type of each kind of field. */
export interface FieldTypes {
  /** `h1` and 40 hexadecimal digits. */
  readonly address: string
  /** Decimal digits, below 2^128. */
  readonly amount: string
  /** 64 hexadecimal digits: an ed25519 public key. */
  readonly publicKey: string
  /** 1 to 64 letters, digits, dots, dashes or underscores, the first a letter. */
  readonly name: string
  /** At most 1,000 characters. */
  readonly text: string
  /** A whole number from 0 to 2^53 - 1. */
  readonly count: number
  readonly bundle: BundleId
  /** The id of a bundle, or a label as a name. */
  readonly code: string
  /** Base64 with padding. */
  readonly bytes: string
  /** 64 hexadecimal digits. */
  readonly hash: string
  readonly json: JsonValue
  readonly choice: VoteChoice
  readonly upload: UploadKind
  readonly members: readonly MemberWeight[]
  /** Messages that a vote executes: at least one, at most 20. */
  readonly messages: readonly JsonValue[]
}

export type FieldKind = keyof FieldTypes

/** What each kind of field holds, for people. */
export const fieldFormats: Readonly<Record<FieldKind, string>> = {
  address: '`h1` and 40 hexadecimal digits',
  amount: 'decimal digits, as a text, below 2^128',
  publicKey: '64 hexadecimal digits: an ed25519 public key',
  name: '1 to 64 letters, digits, dots, dashes or underscores, the first a letter',
  text: 'at most 1,000 characters',
  count: 'a whole number from 0 to 2^53 - 1',
  bundle: 'the id of a bundle: `b1-` and 64 hexadecimal digits',
  code: 'the id of a bundle, or a label: a name',
  bytes: 'Base64 with padding',
  hash: 'SHA-256, in 64 hexadecimal digits',
  json: 'any JSON',
  choice: '`yes`, `no`, `abstain` or `veto`',
  upload: '`vat`: a script of `bundleVat`; `endo`: a bundle of `bundle-source`, as JSON; `kernel`',
  members: 'a list of `{ address, weight }`, each address once; a weight of 0 removes the member',
  messages: 'a list of 1 to 20 messages of votes',
}

/** A kind of field; with a question mark, the field may be absent. */
export type FieldSpec = FieldKind | `${FieldKind}?`

/** The type of a record with these fields. */
export type FieldsOf<Specs extends Readonly<Record<string, FieldSpec>>> = {
  readonly [Name in keyof Specs as Specs[Name] extends `${string}?` ? never : Name]: FieldTypes[Specs[Name] &
    FieldKind]
} & {
  readonly [Name in keyof Specs as Specs[Name] extends `${string}?`
    ? Name
    : never]?: Specs[Name] extends `${infer Kind extends FieldKind}?` ? FieldTypes[Kind] : never
}
