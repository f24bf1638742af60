/**
 * The app hash: one hash over everything on which nodes must agree.
 *
 * Format 1: SHA-256 of `heirloom/app-hash/1`, a newline, the activity hash of the store and a newline. The
 * activity hash chains every change of every row, those of the host's state too, and so the height and the
 * chain.
 */
import { hash } from 'node:crypto'
import type { Hash } from '../../base/ids.ts'

export const appHashOf = (activityHash: Hash): Hash =>
  hash('sha256', `heirloom/app-hash/1\n${activityHash}\n`) as Hash
