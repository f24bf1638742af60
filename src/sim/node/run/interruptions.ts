/**
 * Interruptions: the process dies between two calls of its machine, or after a commit of its store within a
 * call. All calls of this process go through `Link`, and all its threads are called through `Worker`, so what
 * counts and notes them sits there; only one application is delivering when a death is planned.
 *
 * A call may commit several times. This thread is idle while the machine works, so that it can read the
 * commit record all the time, and end the machine as soon as the record says that there was such a commit.
 */
import { Worker } from 'node:worker_threads'
import { assert } from '../../../base/errors.ts'
import { Link } from '../../../host/threads/link.ts'
import { readRecord } from '../../../store/files/commitRecord.ts'

/** Thrown in place of a call of the machine: the process dies here. */
export class Death extends Error {}

/** When the process dies: after so many calls of the machine, or commits of the store in the directory. */
export type Moment =
  | { readonly kind: 'calls'; readonly count: number }
  | { readonly kind: 'commits'; readonly count: number; readonly directory: string }

/** A death that is planned. */
class Plan {
  /** Calls that the machine still gets. */
  left: number
  /** Calls that are under way. */
  readonly #pending = new Set<Promise<unknown>>()
  readonly #threads = new Set<Worker>()
  readonly #ended: Promise<unknown>[] = []

  constructor(left: number) {
    this.left = left
  }

  get isDead(): boolean {
    return this.left < 0
  }

  note(answer: Promise<unknown>): void {
    this.#pending.add(answer)
    const forget = (): void => void this.#pending.delete(answer)
    answer.then(forget, forget)
  }

  noteThread(thread: Worker): void {
    this.#threads.add(thread)
  }

  /** Ends the threads in the middle of what they do; no call follows. */
  dieNow(): void {
    this.left = -1
    for (const thread of this.#threads) this.#ended.push(thread.terminate())
  }

  /** What the machine has got before the death it completes, unless it was ended itself. */
  async settle(): Promise<void> {
    await Promise.allSettled([...this.#pending, ...this.#ended])
  }
}

let plan: Plan | undefined
let isInstalled = false

/** Has calls be counted, and fail after a death. */
function install(): void {
  if (isInstalled) return
  isInstalled = true
  const { call } = Link.prototype
  const counted = function (this: Link, ...given: readonly unknown[]): unknown {
    if (plan === undefined) return Reflect.apply(call, this, given)
    plan.left -= 1
    if (plan.isDead) return Promise.reject(new Death('the process died'))
    const answer = Reflect.apply(call, this, given) as Promise<unknown>
    plan.note(answer)
    return answer
  }
  Object.assign(Link.prototype, { call: counted })
  const { postMessage } = Worker.prototype
  const noted = function (this: Worker, ...given: readonly unknown[]): unknown {
    plan?.noteThread(this)
    return Reflect.apply(postMessage, this, given)
  }
  Object.assign(Worker.prototype, { postMessage: noted })
}

/** Does the work, and dies at a moment of it. Returns whether it did. */
export async function dieWithin(moment: Moment, work: () => Promise<unknown>): Promise<boolean> {
  install()
  assert(plan === undefined, 'one death at a time')
  const planned = new Plan(moment.kind === 'calls' ? moment.count : Infinity)
  plan = planned
  const stopLooking = moment.kind === 'commits' ? lookForCommits(moment, () => planned.dieNow()) : () => {}
  try {
    await work()
  } catch (error) {
    if (!planned.isDead) throw error
  } finally {
    stopLooking()
    await planned.settle()
    plan = undefined
  }
  return planned.isDead
}

/** Calls `then` after so many commits. Returns what ends the looking. */
function lookForCommits(
  { directory, count }: Extract<Moment, { readonly kind: 'commits' }>,
  then: () => void,
): () => void {
  const last = commitsOf(directory) + count
  let isOver = false
  const look = (): void => {
    if (isOver) return
    if (commitsOf(directory) >= last) return then()
    setImmediate(look)
  }
  look()
  return () => void (isOver = true)
}

/** How many commits a store has made, as its commit record counts them. */
export function commitsOf(directory: string): number {
  const found = readRecord(directory)
  assert(found.kind === 'found', 'a store that is open has its commit record')
  return found.generation
}
