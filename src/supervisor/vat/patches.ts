/**
 * Patches: changes of behaviour compatible with replay of the vat's past.
 *
 * Code that takes over by replay must do in every past delivery what the old code did. A change is guarded by
 * `patched(id)`: it is false while a delivery is replayed that happened before the code first asked, and true
 * in all later ones, in later replays too, since the transcript has the question.
 */
import { assert } from '../../base/errors.ts'
import { refuse } from '../../protocol/codes.ts'
import { maxPatchIdLength } from '../../protocol/limits.ts'
import { patchAnswers } from '../../protocol/worker/syscall.ts'
import { ask } from '../wire/channel.ts'
import { crankNumber } from '../memory/store.ts'

/** The answers in this crank: a repeated question would cost another crossing. */
let answers = new Map<string, boolean>()
let answered = -1

export function patched(id: unknown): boolean {
  if (typeof id !== 'string' || id === '' || id.length > maxPatchIdLength || !id.isWellFormed()) {
    refuse('patch/bad-id', `the id of a patch is a well-formed text of 1 to ${maxPatchIdLength} characters`)
  }
  if (answered !== crankNumber()) answers = new Map()
  answered = crankNumber()
  const known = answers.get(id)
  if (known !== undefined) return known
  const answer = ask({ kind: 'patched', id })
  assert(answer === patchAnswers.applies || answer === patchAnswers.past, 'a patch applies or does not')
  const applies = answer === patchAnswers.applies
  answers.set(id, applies)
  return applies
}
