/**
 * Patches: changes of behaviour that code may make without losing its past.
 *
 * Code that takes over by replay must do in every past delivery what the old code did. A change is put
 * behind `patched(id)`: it is false while a delivery is replayed that happened before the code asked,
 * and true in all that happen from then on, in later replays too, since the transcript has the question.
 */
import { refuse } from '../protocol/codes.ts'
import { longestPatch } from '../protocol/limits.ts'
import { patchAnswers } from '../protocol/syscall.ts'
import { ask } from './channel.ts'
import { crankNumber } from './store.ts'

/** What was answered in this crank: a question more would be a crossing more. */
let answers = new Map<string, boolean>()
let answered = -1

export function patched(id: unknown): boolean {
  if (typeof id !== 'string' || id === '' || id.length > longestPatch || !id.isWellFormed()) {
    refuse('patch/bad-id', `the id of a patch is a well-formed text of 1 to ${longestPatch} characters`)
  }
  if (answered !== crankNumber()) answers = new Map()
  answered = crankNumber()
  const known = answers.get(id)
  if (known !== undefined) return known
  const applies = ask({ kind: 'patched', id }) === patchAnswers.applies
  answers.set(id, applies)
  return applies
}
