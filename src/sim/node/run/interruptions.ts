/**
 * Interruptions: the process dies between two calls of its machine. All calls of this process go through
 * `Link`, so what counts them sits there; only one application is delivering when one is planned.
 */
import { assert } from '../../../base/errors.ts'
import { Link } from '../../../host/threads/link.ts'

/** Thrown in place of a call of the machine: the process dies here. */
export class Death extends Error {}

let left = Infinity
let isInstalled = false
/** Calls that are under way. */
const pending = new Set<Promise<unknown>>()

/** Has the counted calls fail from then on. */
function install(): void {
  if (isInstalled) return
  isInstalled = true
  const { call } = Link.prototype
  const counted = function (this: Link, ...given: readonly unknown[]): unknown {
    left -= 1
    if (left < 0) return Promise.reject(new Death('the process died'))
    const answer = Reflect.apply(call, this, given) as Promise<unknown>
    if (left !== Infinity) note(answer)
    return answer
  }
  Object.assign(Link.prototype, { call: counted })
}

function note(answer: Promise<unknown>): void {
  pending.add(answer)
  const forget = (): void => void pending.delete(answer)
  answer.then(forget, forget)
}

/** Does the work, and dies after this many calls of the machine. Returns whether it did. */
export async function dieWithin(calls: number, work: () => Promise<unknown>): Promise<boolean> {
  install()
  assert(left === Infinity, 'one death at a time')
  left = calls
  try {
    await work()
    return false
  } catch (error) {
    if (!(error instanceof Death) && left >= 0) throw error
    return true
  } finally {
    // What the machine has got before the death it completes.
    await Promise.allSettled(pending)
    left = Infinity
  }
}
