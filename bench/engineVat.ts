/**
 * A vat in a real engine under the real supervisor, with a sorted table instead of a kernel: what a
 * delivery costs inside the engine, and nothing else. Time that passes outside, while a question is
 * answered, is not counted.
 */
import { createHash } from 'node:crypto'
import { bundleId, exportedObject, type Hash } from '../src/base/ids.ts'
import { engineNames } from '../src/protocol/worker/engineNames.ts'
import { packagedEngine } from '../src/release/build.ts'
import type { VatCode } from '../src/engine/bundleImage.ts'
import { compileEngine } from '../src/engine/engine.ts'
import { buildImage } from '../src/engine/image.ts'
import { meterModule } from '../src/engine/meter.ts'
import { Worker } from '../src/engine/worker.ts'
import type { Delivery } from '../src/protocol/worker/delivery.ts'
import type { Answer, Syscall } from '../src/protocol/worker/syscall.ts'
import type { Batch, Finish } from '../src/protocol/worker/worker.ts'
import { SortedKeys, successor } from '../src/store/state/sorted.ts'

export interface Cost {
  readonly microseconds: number
  readonly computrons: number
}

const heapPages = 8_192
const plenty = { computrons: 10n ** 12n }

export class EngineVat {
  readonly #worker: Worker
  readonly #values = new Map<string, string>()
  readonly #keys = new SortedKeys([])
  #outside = 0

  constructor(supervisor: string, bundle: string) {
    const metered = meterModule(packagedEngine(engineNames[0]))
    const engine = compileEngine(
      metered,
      bundleId(createHash('sha256').update(metered).digest('hex') as Hash),
    )
    this.#worker = Worker.start(buildImage(engine, supervisor), heapPages)
    const parameters = { body: '#"#undefined"', slots: [] }
    const id = bundleId('0'.repeat(64) as Hash)
    this.deliver({ kind: 'startVat', bundle: id, parameters, incarnation: 0 }, { id, source: bundle })
  }

  /** Sends the root a message with numbers. */
  send(method: string, ...args: readonly number[]): Cost {
    return this.deliver({
      kind: 'message',
      target: exportedObject(0),
      methargs: { body: `#${JSON.stringify([method, args])}`, slots: [] },
      result: null,
    })
  }

  /** Brings out all the dead, in as many deliveries as it takes. */
  collect(): Cost {
    let [microseconds, computrons] = [0, 0]
    for (;;) {
      const cost = this.deliver({ kind: 'bringOutYourDead' })
      microseconds += cost.microseconds
      computrons += cost.computrons
      if (!cost.leftGarbage) return { microseconds, computrons }
    }
  }

  deliver(delivery: Delivery, code: VatCode | null = null): Cost & { readonly leftGarbage: boolean } {
    this.#outside = 0
    const began = performance.now()
    const outcome = this.#worker.deliver(
      JSON.stringify(delivery),
      code,
      plenty,
      (batch) => this.#answer(batch),
      delivery.kind === 'bringOutYourDead' ? 'before' : 'none',
    )
    const spent = performance.now() - began - this.#outside
    if (outcome.kind !== 'done') throw new Error(`${delivery.kind} ended with ${outcome.kind}`)
    const { batch, result } = JSON.parse(outcome.finish) as Finish
    if (result.kind === 'refused') throw new Error(result.refusal.message)
    for (const syscall of batch) this.#apply(syscall)
    return {
      microseconds: spent * 1000,
      computrons: Number(outcome.computrons),
      leftGarbage: result.kind === 'ok' && result.garbage !== undefined,
    }
  }

  #answer(text: string): string {
    const began = performance.now()
    let answer: Answer = null
    for (const syscall of JSON.parse(text) as Batch) answer = this.#apply(syscall)
    this.#outside += performance.now() - began
    return JSON.stringify(answer)
  }

  #apply(syscall: Batch[number]): Answer {
    switch (syscall.kind) {
      case 'vatstoreWrite':
        for (let at = 0; at < syscall.entries.length; at += 2)
          this.#write(syscall.entries[at] ?? '', syscall.entries[at + 1] ?? undefined)
        return null
      case 'vatstoreGet':
        return this.#values.get(syscall.key) ?? null
      case 'vatstoreGetSeveral':
        return JSON.stringify(syscall.keys.map((key) => this.#values.get(key) ?? null))
      case 'vatstoreNextKey':
        return this.#next(
          syscall.after < syscall.prefix ? syscall.prefix : successor(syscall.after),
          syscall.prefix,
        )
      case 'vatstoreRange':
        return JSON.stringify(
          this.#range(syscall.from, syscall.to, syscall.limit).flatMap((key) => [key, this.#values.get(key)]),
        )
      default:
        return refuseMessages(syscall.kind)
    }
  }

  #write(key: string, value: string | undefined): void {
    if (value === undefined) this.#values.delete(key)
    else this.#values.set(key, value)
    this.#keys.add(key)
  }

  #next(from: string, prefix: string): string | null {
    let key = this.#keys.firstFrom(from)
    while (key !== undefined && !this.#values.has(key)) key = this.#keys.firstFrom(successor(key))
    return key?.startsWith(prefix) === true ? key : null
  }

  #range(from: string, to: string, limit: number): string[] {
    const found: string[] = []
    for (
      let key = this.#next(from, '');
      key !== null && key < to && found.length < limit;
      key = this.#next(successor(key), '')
    )
      found.push(key)
    return found
  }
}

/** What is measured here stays in its vat; what does not has no business here. */
function refuseMessages(kind: Syscall['kind'] | 'console'): never {
  throw new Error(`${kind} needs a kernel`)
}
