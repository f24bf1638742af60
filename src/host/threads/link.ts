/**
 * The link from the host's thread to the machine thread: calls as promises.
 *
 * L1. Answers arrive in the order of the calls.
 * L2. The stack of a refusal includes the caller's lines.
 * L3. When the thread ends by itself, every pending and later call is refused with `machine/gone` or
 *     `machine/out-of-memory`; when it hangs, it is ended, and they are refused with `machine/hung`.
 * L4. Opening again replaces a thread that ended or failed by one with the store at its last block. The link
 *     stays the same; a refusal to open leaves it as it was.
 * L5. Brief calls that are made without waiting in between cross together. All calls cross in their order.
 */
import type { Worker } from 'node:worker_threads'
import { assert, CodedError } from '../../base/errors.ts'
import { readReplay, type ReplayInWork } from '../../base/pulse.ts'
import { calledFrom, callSite, type CallSite } from '../../api/callSites.ts'
import type { CallArguments, CallName, MachineCalls } from '../../protocol/machine/calls.ts'
import {
  briefCalls,
  type CallMessage,
  type CallOf,
  type CallsMessage,
  type ConsoleMessage,
  type RefusalData,
  type RepliesMessage,
  type ReplyMessage,
  type VatConsoleLine,
} from '../../protocol/machine/messages.ts'
import type { MachineOptions } from '../../protocol/machine/options.ts'
import { deathOf, endHung, errorOf, gone, hung, openThread, type OpenThread } from './openThread.ts'
import { giveThread } from './spawnMachine.ts'
import { Watch, type Watchdog } from './watch.ts'

interface Waiting {
  readonly name: CallName
  readonly site: CallSite
  resolve(value: unknown): void
  reject(error: Error): void
}

/** The host's callback; its exceptions are the host's too. */
export type OnConsole = (line: VatConsoleLine) => void

type Result<Name extends CallName> = ReturnType<MachineCalls[Name]>

export class Link {
  readonly #options: MachineOptions
  readonly #onConsole: OnConsole
  readonly #watchdog: Watchdog
  #thread: Worker
  #pulse: SharedArrayBuffer
  #watch: Watch
  readonly #waiting = new Map<number, Waiting>()
  #next = 1
  /** Brief calls that have not crossed yet (L5). */
  #outgoing: CallMessage[] = []
  /** Why the thread ended. */
  #gone: RefusalData | undefined

  private constructor(opened: OpenThread, options: MachineOptions, onConsole: OnConsole, watchdog: Watchdog) {
    this.#options = options
    this.#onConsole = onConsole
    this.#watchdog = watchdog
    this.#thread = opened.thread
    this.#pulse = opened.pulse
    this.#watch = this.#listen(opened)
  }

  /** `onConsole` receives what vats write. */
  static async open(options: MachineOptions, watchdog: Watchdog, onConsole?: OnConsole): Promise<Link> {
    const site = callSite(Link.open)
    const given: MachineOptions = onConsole === undefined ? options : { ...options, console: 'reported' }
    const opened = await openThread(given, watchdog).catch(withSite(site))
    return new Link(opened, given, onConsole ?? (() => {}), watchdog)
  }

  call<Name extends CallName>(name: Name, ...args: CallArguments[Name]): Promise<Result<Name>> {
    const site = callSite(this.call)
    if (this.#gone !== undefined) return Promise.reject(calledFrom(errorOf(this.#gone), site))
    const number = this.#next++
    const message: CallOf<Name> = { kind: 'call', number, name, args }
    return new Promise<Result<Name>>((resolve, reject) => {
      if (briefCalls.has(name)) this.#postSoon(message as CallMessage)
      else {
        this.#postOutgoing()
        // Throws for what cannot be cloned: then no answer comes.
        this.#thread.postMessage(message)
      }
      this.#waiting.set(number, { name, site, resolve: (value) => resolve(value as Result<Name>), reject })
    })
  }

  /** L5. */
  #postSoon(call: CallMessage): void {
    if (this.#outgoing.length === 0) queueMicrotask(() => this.#postOutgoing())
    this.#outgoing.push(call)
  }

  #postOutgoing(): void {
    const calls = this.#outgoing
    const [first] = calls
    if (first === undefined) return
    this.#outgoing = []
    this.#thread.postMessage(calls.length === 1 ? first : ({ kind: 'calls', calls } satisfies CallsMessage))
  }

  /** Whether the thread ended. */
  get isGone(): boolean {
    return this.#gone !== undefined
  }

  /** L4. Calls that are under way end first. */
  async reopen(): Promise<void> {
    assert(this.#gone === undefined || this.#waiting.size === 0, 'no call waits for a thread that has ended (L3)')
    const site = callSite(this.reopen)
    // What cannot be closed any more is closed with its thread.
    if (this.#gone === undefined) await this.#closeMachine().catch(() => {})
    await this.#thread.terminate()
    const opened = await openThread({ ...this.#options, make: 'never', genesis: null }, this.#watchdog).catch(
      withSite(site),
    )
    this.#thread = opened.thread
    this.#pulse = opened.pulse
    this.#watch = this.#listen(opened)
    this.#gone = undefined
  }

  /** Closes the machine. No call may follow. A thread that ended has closed its store. */
  async close(): Promise<void> {
    assert(this.#gone === undefined || this.#waiting.size === 0, 'no call waits for a thread that has ended (L3)')
    if (this.#gone !== undefined) return
    const how = await this.#closeMachine()
    if (how === 'clean') giveThread(this.#thread)
    else await this.#thread.terminate()
  }

  async #closeMachine(): Promise<Result<'close'>> {
    try {
      return await this.call('close')
    } finally {
      this.#end(gone('the machine was closed'))
    }
  }

  /** The replay that the machine does at this moment. */
  get replay(): ReplayInWork | null {
    return readReplay(this.#pulse)
  }

  #listen({ thread, pulse }: OpenThread): Watch {
    thread.on('message', (message: ReplyMessage | RepliesMessage | ConsoleMessage) => {
      if (message.kind === 'console') this.#onConsole(message.line)
      else if (message.kind === 'replies') for (const reply of message.replies) this.#settle(reply)
      else this.#settle(message)
    })
    thread.on('error', (error) => this.#end(deathOf(error)))
    thread.on('exit', () => this.#end(gone('the machine thread has exited')))
    return new Watch(
      this.#watchdog,
      pulse,
      () => [...this.#waiting.values()][0]?.name,
      (why) => void endHung(thread).then(() => this.#end(hung(why))),
    )
  }

  #settle(reply: ReplyMessage): void {
    const [first] = this.#waiting.keys()
    const waiting = this.#waiting.get(reply.number)
    assert(waiting !== undefined || this.#gone !== undefined, 'a reply is to a call that waits (L1)')
    assert(first === undefined || first === reply.number, 'answers arrive in the order of the calls (L1)')
    this.#waiting.delete(reply.number)
    if (reply.kind === 'done') waiting?.resolve(reply.value)
    else if (waiting !== undefined) waiting.reject(calledFrom(errorOf(reply.refusal), waiting.site))
  }

  #end(why: RefusalData): void {
    this.#watch.end()
    this.#gone ??= why
    for (const { site, reject } of this.#waiting.values()) reject(calledFrom(errorOf(this.#gone), site))
    this.#waiting.clear()
    this.#outgoing = []
  }
}

const withSite =
  (site: CallSite) =>
  (error: unknown): never => {
    throw error instanceof CodedError ? calledFrom(error, site) : error
  }
