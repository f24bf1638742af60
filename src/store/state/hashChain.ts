/** Hash chains: each link is SHA-256 of the one before and of what it adds, so it covers all before it. */
import type { Hash } from '../../base/ids.ts'
import { sha256 } from '../../hashing/sha256.ts'

/** The first link of every chain: no entry and no crank has this hash. */
export const chainStart = '0'.repeat(64) as Hash

/** The next link of a transcript's chain. */
export const nextLink = (link: Hash, text: string): Hash => sha256(link + text)

/** The next link of the chain of cranks. */
export const nextActivityHash = (previous: Hash, crank: Hash): Hash => sha256(previous + crank)
