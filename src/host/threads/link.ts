/**
 * The link from the host's thread to the machine thread: calls as promises.
 *
 * L1. Answers arrive in the order of the calls.
 * L2. The stack of a refusal includes the caller's lines.
 * L3. When the thread ends by itself, every pending and later call is refused with `machine/gone`.
 */
import type { Worker } from 'node:worker_threads'
import { assert, CodedError } from '../../base/errors.ts'
import { calledFrom, callSite, type CallSite } from '../../api/callSites.ts'
import type { CallArguments, CallName, MachineCalls } from '../../protocol/machine/calls.ts'
import type {
  CallOf,
  ConsoleMessage,
  OpenMessage,
  OpenReply,
  RefusalData,
  ReplyMessage,
  VatConsoleLine,
} from '../../protocol/machine/messages.ts'
import type { MachineOptions } from '../../protocol/machine/options.ts'
import { giveThread, release, takeThread } from './spawnMachine.ts'

interface Waiting {
  readonly site: CallSite
  resolve(value: unknown): void
  reject(error: Error): void
}

/** The host's callback; its exceptions are the host's too. */
export type OnConsole = (line: VatConsoleLine) => void

type Result<Name extends CallName> = ReturnType<MachineCalls[Name]>

export class Link {
  readonly #thread: Worker
  readonly #waiting = new Map<number, Waiting>()
  #next = 1
  /** Why the thread ended. */
  #gone: string | undefined

  private constructor(thread: Worker, onConsole: OnConsole) {
    this.#thread = thread
    thread.on('message', (message: ReplyMessage | ConsoleMessage) =>
      message.kind === 'console' ? onConsole(message.line) : this.#settle(message),
    )
    thread.on('error', (error) => this.#end(`the machine thread failed: ${error.message}`))
    thread.on('exit', () => this.#end('the machine thread has exited'))
  }

  /** `onConsole` receives what vats write. */
  static open(options: MachineOptions, onConsole?: OnConsole): Promise<Link> {
    const thread = takeThread()
    const site = callSite(Link.open)
    return new Promise((resolve, reject) => {
      thread.once('error', reject)
      thread.once('exit', (code) =>
        reject(
          new CodedError(
            'machine/gone',
            `the machine thread exited with code ${code} before the store was open`,
          ),
        ),
      )
      thread.once('message', (reply: OpenReply) => {
        release(thread)
        if (reply.kind === 'open') {
          resolve(new Link(thread, onConsole ?? (() => {})))
          return
        }
        giveThread(thread)
        reject(errorOf(reply.refusal, site))
      })
      thread.postMessage({
        kind: 'open',
        options: onConsole === undefined ? options : { ...options, console: 'reported' },
      } satisfies OpenMessage)
    })
  }

  call<Name extends CallName>(name: Name, ...args: CallArguments[Name]): Promise<Result<Name>> {
    const site = callSite(this.call)
    if (this.#gone !== undefined) return Promise.reject(goneAt(this.#gone, site))
    const number = this.#next++
    const message: CallOf<Name> = { kind: 'call', number, name, args }
    return new Promise<Result<Name>>((resolve, reject) => {
      this.#waiting.set(number, { site, resolve: (value) => resolve(value as Result<Name>), reject })
      this.#thread.postMessage(message)
    })
  }

  /** Closes the machine. No call may follow. */
  async close(): Promise<void> {
    assert(this.#gone === undefined || this.#waiting.size === 0, 'no call waits for a thread that has ended (L3)')
    const how = await this.call('close')
    this.#end('the machine was closed')
    if (how === 'clean') giveThread(this.#thread)
    else await this.#thread.terminate()
  }

  #settle(reply: ReplyMessage): void {
    const [first] = this.#waiting.keys()
    const waiting = this.#waiting.get(reply.number)
    assert(waiting !== undefined || this.#gone !== undefined, 'a reply is to a call that waits (L1)')
    assert(first === undefined || first === reply.number, 'answers arrive in the order of the calls (L1)')
    this.#waiting.delete(reply.number)
    if (reply.kind === 'done') waiting?.resolve(reply.value)
    else waiting?.reject(errorOf(reply.refusal, waiting.site))
  }

  #end(why: string): void {
    this.#gone ??= why
    for (const { site, reject } of this.#waiting.values()) reject(goneAt(this.#gone, site))
    this.#waiting.clear()
  }
}

const errorOf = ({ code, message, detail }: RefusalData, site: CallSite): CodedError =>
  calledFrom(new CodedError(code, message, detail), site)

const goneAt = (why: string, site: CallSite): CodedError =>
  errorOf({ code: 'machine/gone', message: why, detail: {} }, site)
