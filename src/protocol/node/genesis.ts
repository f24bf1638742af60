/** The genesis of a chain: what every node begins with. */
import type { JsonValue } from './fields.ts'

/** The genesis file, as JSON. `docs/wires/genesis.md` lists its fields. */
export interface Genesis {
  /** 1 to 64 letters, digits, dots, dashes or underscores, the first a letter. */
  readonly chain: string
  /** Milliseconds since 1970. */
  readonly time: number
  /** The height of the first block. */
  readonly initialHeight: number
  readonly accounts: readonly { readonly address: string; readonly balance: string }[]
  readonly members: readonly { readonly address: string; readonly weight: number }[]
  /** Parameters that differ from their defaults. */
  readonly parameters: Readonly<Record<string, number>>
  /** The configuration of the store; sources are bundles of this file. */
  readonly kernel: JsonValue
  /** Vats whose roots every account may send to, by name. */
  readonly published: Readonly<Record<string, string>>
  /** Sources of the vats, by the name that `kernel` gives them in `bundleName`. */
  readonly bundles: Readonly<Record<string, { readonly source: string }>>
}
