/**
 * Syscalls of a delivery, applied as they come.
 *
 * Sy1. Everything that a vat sends is garbage until checked here; garbage is an `IllegalSyscall`, which ends
 *      the delivery, and the crank is undone.
 * Sy2. A vat reads and writes its own space only.
 * Sy3. In a delivery of GC actions a vat sends no message, settles and awaits no promise, and does not ask
 *      for its end; it only releases references and changes its own data. These deliveries come before all
 *      others, and one that could cause more of them would block everything else.
 */
import { assert } from '../../base/errors.ts'
import {
  vatSpace,
  allocatorOf,
  isObjectVref,
  isPromiseKref,
  isPromiseVref,
  isVref,
  type ObjectVref,
  type PromiseKref,
  type PromiseVref,
  type VatId,
  type Vref,
} from '../../base/ids.ts'
import { isCapData, type CapData } from '../../protocol/capdata.ts'
import type { DeliveryKind, Resolution } from '../../protocol/worker/delivery.ts'
import { maxPatchIdLength, messageLimits, rangeLimits } from '../../protocol/limits.ts'
import type { ReasonData, VatEnd } from '../../protocol/results.ts'
import {
  isQuestion,
  patchAnswers,
  type Answer,
  type Command,
  type Question,
  type Syscall,
} from '../../protocol/worker/syscall.ts'
import type { CLists } from '../objects/clists.ts'
import { Reference } from '../objects/kernelValues.ts'
import { IllegalSyscall } from '../objects/illegal.ts'
import type {
  KernelPlatform,
  Space,
  PlatformState,
  SyscallSink,
  Verdict,
} from '../../protocol/kernel/platform.ts'
import type { BundleRegistry } from '../objects/bundles.ts'
import type { Promises } from '../objects/promises.ts'
import type { RunQueue } from '../objects/runQueue.ts'
import type { StoredCount } from './storage.ts'
import type { Tables } from '../tables/tables.ts'

/** The parts of the kernel that syscalls act on. */
export interface SyscallParts {
  readonly tables: Tables
  readonly clists: CLists
  readonly promises: Promises
  readonly queue: RunQueue
  readonly state: PlatformState
  readonly ports: Pick<KernelPlatform, 'trace' | 'tracing'>
  readonly installed: BundleRegistry
}

function check(condition: boolean, what: string, value: unknown): asserts condition {
  if (!condition) throw new IllegalSyscall(`${what}: ${JSON.stringify(value)?.slice(0, 200)}`)
}

function checkData(data: unknown): asserts data is CapData<Vref> {
  check(isCapData(data), 'not capdata', data)
  check(data.slots.every(isVref), 'not references', data.slots)
  check(
    data.slots.length <= messageLimits.slots,
    'more references than a message may have',
    data.slots.length,
  )
  check(data.body.length <= messageLimits.body, 'a body longer than a message may have', data.body.length)
}

function checkList(list: unknown): asserts list is readonly ObjectVref[] {
  check(
    Array.isArray(list) && list.every((vref) => typeof vref === 'string' && isObjectVref(vref)),
    'not a list of objects',
    list,
  )
}

const isListOfStrings = (list: unknown): boolean =>
  Array.isArray(list) && list.every((one) => typeof one === 'string')

/** How a vat requests its end. The data are the kernel's, with no references held. */
export interface Exit {
  readonly end: VatEnd
  readonly data: ReasonData
}

/** Sy3. */
const gcDeliveries: ReadonlySet<DeliveryKind | 'salvage'> = new Set([
  'dropExports',
  'retireExports',
  'retireImports',
])
const messageSyscalls: ReadonlySet<Command['kind']> = new Set(['send', 'subscribe', 'resolve', 'exit'])

const legalCommand: Verdict = { kind: 'legal', answer: null }

export class VatSyscalls implements SyscallSink {
  readonly #vat: VatId
  readonly #space: Space
  readonly #parts: SyscallParts
  readonly #during: DeliveryKind | 'salvage'
  readonly #stored: StoredCount | undefined
  #exit: Exit | undefined

  /** `stored` counts the writes. */
  constructor(vat: VatId, parts: SyscallParts, during: DeliveryKind | 'salvage', stored?: StoredCount) {
    this.#stored = stored
    this.#vat = vat
    this.#during = during
    this.#space = vatSpace(vat)
    this.#parts = parts
  }

  /** The end that the delivery has requested. */
  get exit(): Exit | undefined {
    return this.#exit
  }

  handle(syscall: Syscall): Verdict {
    try {
      check(typeof syscall === 'object' && syscall !== null, 'not a syscall', syscall)
      const { ports } = this.#parts
      if (ports.tracing.syscall) ports.trace({ kind: 'syscall', vat: this.#vat, syscall })
      if (isQuestion(syscall)) {
        return { kind: 'legal', answer: this.#question(syscall) }
      }
      this.#command(syscall)
      return legalCommand
    } catch (error) {
      if (error instanceof IllegalSyscall) return { kind: 'illegal', message: error.message }
      throw error
    }
  }

  #command(command: Command): void {
    if (messageSyscalls.has(command.kind) && gcDeliveries.has(this.#during))
      throw new IllegalSyscall(`${command.kind} in a delivery of the kind ${this.#during}`)
    switch (command.kind) {
      case 'send':
        return this.#send(command)
      case 'subscribe':
        return this.#subscribe(command.promise)
      case 'resolve':
        return this.#resolve(command.resolutions)
      case 'vatstoreSet':
        check(typeof command.value === 'string', 'not a value', command.value)
        return this.#write(command.key, command.value)
      case 'vatstoreDelete':
        return this.#write(command.key, null)
      case 'vatstoreWrite':
        return this.#writeAll(command.entries)
      case 'dropImports':
        checkList(command.imports)
        return command.imports.forEach((vref) => this.#parts.clists.dropImport(this.#vat, vref))
      case 'retireImports':
        checkList(command.imports)
        return command.imports.forEach((vref) => this.#parts.clists.retireImport(this.#vat, vref))
      case 'abandonExports':
        checkList(command.exports)
        return command.exports.forEach((vref) => this.#parts.clists.abandonExport(this.#vat, vref))
      case 'retireExports':
        checkList(command.exports)
        return command.exports.forEach((vref) => this.#parts.clists.retireExport(this.#vat, vref))
      case 'retirePromises':
        check(isListOfStrings(command.promises), 'not a list of promises', command.promises)
        return command.promises.forEach((vref) => this.#parts.clists.retireKept(this.#vat, vref))
      case 'exit':
        return this.#requestExit(command)
      default:
        throw new IllegalSyscall(`no such syscall: ${JSON.stringify((command as { kind?: unknown }).kind)}`)
    }
  }

  #writeAll(entries: readonly (string | null)[]): void {
    check(Array.isArray(entries) && entries.length % 2 === 0, 'not keys and values in turn', entries)
    for (let at = 0; at < entries.length; at += 2) this.#write(entries[at], entries[at + 1] ?? null)
  }

  /** Null deletes the key. */
  #write(key: unknown, value: unknown): void {
    this.#checkKey(key)
    check(value === null || (typeof value === 'string' && value.isWellFormed()), 'not a value', value)
    const { state } = this.#parts
    this.#stored?.replaced(key, state.get(this.#space, key), value)
    if (value === null) state.delete(this.#space, key)
    else state.set(this.#space, key, value)
  }

  #question(question: Question): Answer {
    switch (question.kind) {
      case 'vatstoreGet':
        this.#checkKey(question.key)
        return this.#parts.state.get(this.#space, question.key) ?? null
      case 'vatstoreGetSeveral':
        return this.#getSeveral(question.keys)
      case 'vatstoreNextKey':
        this.#checkKey(question.prefix)
        this.#checkKey(question.after)
        return this.#parts.state.nextKey(this.#space, question.prefix, question.after) ?? null
      case 'vatstoreRange':
        return this.#range(question)
      case 'getBundle':
        return this.#bundle(question)
      case 'patched':
        check(
          typeof question.id === 'string' && question.id !== '' && question.id.length <= maxPatchIdLength,
          'not the id of a patch',
          question.id,
        )
        return patchAnswers.applies
    }
  }

  #getSeveral(keys: readonly string[]): Answer {
    check(
      Array.isArray(keys) && keys.length >= 1 && keys.length <= rangeLimits.entries,
      'not a list of keys',
      keys,
    )
    for (const key of keys) this.#checkKey(key)
    const values: (string | null)[] = []
    let weight = 0
    for (const key of keys) {
      const value = this.#parts.state.get(this.#space, key) ?? null
      values.push(value)
      weight += value?.length ?? 0
      if (weight >= rangeLimits.text) break
    }
    return JSON.stringify(values)
  }

  #range({ from, to, limit }: Extract<Question, { kind: 'vatstoreRange' }>): Answer {
    this.#checkKey(from)
    this.#checkKey(to)
    check(Number.isSafeInteger(limit) && limit >= 1 && limit <= rangeLimits.entries, 'not a limit', limit)
    const { state } = this.#parts
    const found: string[] = []
    let weight = 0
    let key = state.get(this.#space, from) === undefined ? state.nextKey(this.#space, '', from) : from
    while (key !== undefined && key < to) {
      const value = state.get(this.#space, key) ?? ''
      found.push(key, value)
      weight += key.length + value.length
      if (found.length === 2 * limit || weight >= rangeLimits.text) break
      key = state.nextKey(this.#space, '', key)
    }
    assert(found.length % 2 === 0, 'a range is keys and values in turn')
    return JSON.stringify(found)
  }

  #bundle({ cap, part }: Extract<Question, { kind: 'getBundle' }>): Answer {
    check(typeof cap === 'string' && isObjectVref(cap) && allocatorOf(cap) === 'kernel', 'not an import', cap)
    check(part === 'id' || part === 'text', 'not a part of a bundle', part)
    const { clists, installed } = this.#parts
    const bundle = installed.bundleOf(new Reference(clists.toKernel(this.#vat, cap)))
    if (bundle === undefined || (part === 'text' && installed.isWorkerPart(bundle))) return null
    return bundle
  }

  #checkKey(key: unknown): asserts key is string {
    check(
      typeof key === 'string' && /^[\x20-\x7e]{1,512}$/.test(key),
      'not a key (1 to 512 printable ASCII characters)',
      key,
    )
  }

  #send({ target, methargs, result }: Extract<Command, { kind: 'send' }>): void {
    check(typeof target === 'string' && isVref(target), 'not a target', target)
    checkData(methargs)
    const { clists, queue } = this.#parts
    const to = clists.toKernel(this.#vat, target)
    const data = clists.dataToKernel(this.#vat, methargs)
    queue.send(to, { methargs: data, result: result === null ? null : this.#newResult(result) })
  }

  /** Creates the result of a message, named by the vat, to be decided by the receiver of the message. */
  #newResult(result: PromiseVref): PromiseKref {
    check(
      typeof result === 'string' && isPromiseVref(result) && result[1] === '+',
      'not a name for a result',
      result,
    )
    check(this.#parts.tables.krefOf(this.#vat, result) === undefined, 'a result that exists already', result)
    return this.#parts.clists.exportPromise(this.#vat, result, {
      decider: 'kernel',
      subscribers: [this.#vat],
    })
  }

  /** The first request counts, but a failure takes precedence over a completion. */
  #requestExit({ end, data }: Extract<Command, { kind: 'exit' }>): void {
    check(end === 'completed' || end === 'failed', 'not an end of a vat', end)
    checkData(data)
    const exit = { end, data: this.#parts.clists.dataToKernel(this.#vat, data) }
    if (this.#exit === undefined || (end === 'failed' && this.#exit.end === 'completed')) this.#exit = exit
  }

  #subscribe(promise: PromiseVref): void {
    check(typeof promise === 'string' && isPromiseVref(promise), 'not a promise', promise)
    // A vat may subscribe to a promise that it decides itself, named now: the next incarnation may need the
    // result.
    const kref = this.#parts.clists.toKernel(this.#vat, promise)
    check(isPromiseKref(kref), 'a promise that this vat does not know', promise)
    this.#parts.promises.subscribe(kref, this.#vat)
  }

  #resolve(resolutions: readonly Resolution[]): void {
    check(Array.isArray(resolutions), 'not resolutions', resolutions)
    const { clists } = this.#parts
    const settled = resolutions.map((resolution: Resolution) => this.#settle(resolution))
    settled.forEach((kref, index) =>
      resolutions[index]?.keep === true
        ? clists.keep(this.#vat, kref)
        : clists.retirePromise(this.#vat, kref),
    )
  }

  #settle(resolution: Resolution): PromiseKref {
    check(typeof resolution === 'object' && resolution !== null, 'not a resolution', resolution)
    const { promise, outcome, data, keep } = resolution
    const { tables, clists, promises } = this.#parts
    check(typeof promise === 'string' && isPromiseVref(promise), 'not a promise', promise)
    check(outcome === 'fulfilled' || outcome === 'rejected', 'not an outcome', outcome)
    check(keep === undefined || keep === true, 'neither true nor absent', keep)
    checkData(data)
    const kref = tables.krefOf(this.#vat, promise)
    check(kref !== undefined && isPromiseKref(kref), 'a promise that this vat does not know', promise)
    const record = tables.promise(kref)
    check(
      record.state === 'unresolved' && record.decider === this.#vat,
      'a promise that this vat does not decide',
      promise,
    )
    // The vat settles its own copy of the promise; it needs no notification.
    assert(record.references > 0, 'the entry of the vat that decides a promise holds it (Rk2)')
    tables.setPromise(kref, { ...record, subscribers: record.subscribers.filter((vat) => vat !== this.#vat) })
    promises.settle(kref, outcome, clists.dataToKernel(this.#vat, data))
    return kref
  }
}
