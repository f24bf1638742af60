/**
 * The link from the host's thread to the machine thread: calls as promises.
 *
 * L1. Answers come in the order of the calls.
 * L2. When the thread ends by itself, every call that waits and every later one is refused with `machine/gone`.
 */
import { Worker } from 'node:worker_threads'
import { CodedError } from '../base/errors.ts'
import type { CallMessage, CallName, MachineCalls, MachineOptions, OpenMessage, RefusalData, ReplyMessage } from './calls.ts'

/**
 * The engines' stack limit must be met before the thread's own (E17): at 256,000 bytes of guest
 * stack that takes a few MiB of ours; this leaves room for every path through V8's compilers.
 */
export const stackMebibytes = 64

interface Waiting {
  resolve(value: unknown): void
  reject(error: Error): void
}

type Result<Name extends CallName> = ReturnType<MachineCalls[Name]>

export class Link {
  readonly #thread: Worker
  readonly #waiting = new Map<number, Waiting>()
  #next = 1
  #gone: Error | undefined

  private constructor(thread: Worker) {
    this.#thread = thread
    thread.on('message', (reply: ReplyMessage) => this.#settle(reply))
    thread.on('error', (error) => this.#end(`the machine thread failed: ${error.message}`))
    thread.on('exit', () => this.#end('the machine thread has ended'))
  }

  static open(options: MachineOptions): Promise<Link> {
    const thread = new Worker(new URL('./thread.ts', import.meta.url), {
      workerData: options,
      resourceLimits: { stackSizeMb: stackMebibytes },
      name: 'heirloom machine',
    })
    return new Promise((resolve, reject) => {
      thread.once('error', reject)
      thread.once('exit', (code) => reject(new CodedError('machine/gone', `the machine thread ended with ${code} before it was open`)))
      thread.once('message', (message: OpenMessage) => {
        thread.off('error', reject)
        if (message.kind === 'open') resolve(new Link(thread))
        else reject(errorOf(message.refusal))
      })
    })
  }

  call<Name extends CallName>(name: Name, ...args: Parameters<MachineCalls[Name]>): Promise<Result<Name>> {
    if (this.#gone !== undefined) return Promise.reject(this.#gone)
    const number = this.#next++
    const message: CallMessage = { number, name, args }
    return new Promise<Result<Name>>((resolve, reject) => {
      this.#waiting.set(number, { resolve: (value) => resolve(value as Result<Name>), reject })
      this.#thread.postMessage(message)
    })
  }

  #settle(reply: ReplyMessage): void {
    const waiting = this.#waiting.get(reply.number)
    this.#waiting.delete(reply.number)
    if (reply.kind === 'done') waiting?.resolve(reply.value)
    else waiting?.reject(errorOf(reply.refusal))
  }

  #end(why: string): void {
    this.#gone ??= new CodedError('machine/gone', why)
    for (const waiting of this.#waiting.values()) waiting.reject(this.#gone)
    this.#waiting.clear()
  }
}

const errorOf = ({ code, message, detail }: RefusalData): CodedError => new CodedError(code, message, detail)
