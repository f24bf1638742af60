/** The first row of the host's state: which chain it is, and where it is. */
import { tableOf } from './table.ts'
import type { Draft, StateReader } from './hostState.ts'

/** The version of the host's state that this release reads and writes. */
export const stateFormat = 1

/** The form of the app hash (`appHash.ts`). */
export const hashFormat = 1

export interface Meta {
  readonly chain: string
  /** SHA-256 of the genesis. */
  readonly genesis: string
  readonly stateFormat: number
  readonly hashFormat: number
  /** The height of the first block. */
  readonly initialHeight: number
  /** The height of the last block that is done; of the genesis, the one before the first. */
  readonly height: number
  readonly time: number
}

const table = tableOf<Meta>('meta')

export const metaOf = (state: StateReader): Meta | undefined => table.get(state, 'meta')

export const setMeta = (state: Draft, meta: Meta): void => table.set(state, 'meta', meta)
