/**
 * A kernel for one test of vats: real engine, real store, deleted at the end.
 *
 * ```ts
 * import { assert } from '../base/errors.ts'
import assert from 'node:assert/strict'
 * import { startTestKernel } from 'heirloom/testing'
 *
 * interface Account {
 *   balance(): bigint
 * } interface Bank {
 *   open(owner: string): Account
 * }
 *
 * const kernel = await startTestKernel({ vats: { bank: { code: 'bank.ts' } }, stress: { seed: 7 } }) const
 * account = await kernel.ask(await kernel.root<Bank>('bank'), 'open', 'ada') await kernel.upgrade('bank',
 * 'bank-2.ts') assert.equal(await kernel.ask(account, 'balance'), 0n) await kernel.end()
 * ```
 *
 * Each step runs until no work is left. With `stress`, workers are dropped and the kernel is restarted at
 * random between steps; a test that passes without it passes with it, or there is a bug.
 */
import {
  bundleVat,
  openController,
  type AnswerOf,
  type ArgumentsOf,
  type BundledVat,
  type Controller,
  type CreatedVat,
  type CreateOptions,
  type MethodOf,
  type Remote,
  type ResultHandle,
  type StoreConfig,
  type Target,
  type UpgradeOptions,
} from '../host/index.ts'
import { assert } from '../base/errors.ts'
import type { UpgradeResult } from '../protocol/results.ts'
import { checkOptions } from '../api/optionNames.ts'
import { refuse } from '../protocol/codes.ts'
import { disturbances, type Disturbance, type Stress } from './stress.ts'
import { makeWorkplace, removeWorkplace, storeIn } from './workplace.ts'

/** The path of a vat's entry, or a result of `bundleVat`. */
export type VatCode = string | BundledVat

/** A vat of a test kernel: its code, and the options of `createVat`. */
export interface TestVat extends CreateOptions {
  readonly code: VatCode
}

/** Options of a test kernel. */
export interface TestKernelOptions {
  /** Initial vats, by name, created in this order. */
  readonly vats?: Readonly<Record<string, TestVat>>
  /**
   * `memory` (the default): in memory where the machine has such a place. `disk`: in the directory for
   * temporary files.
   */
  readonly storage?: 'memory' | 'disk'
  readonly config?: StoreConfig
  readonly stress?: Stress
}

/** Options of an upgrade: those of the host API. */
export type TestUpgradeOptions = UpgradeOptions

/** Starts a kernel with these vats, in a new store. Throws the reason when a vat does not start. */
export async function startTestKernel(options: TestKernelOptions = {}): Promise<TestKernel> {
  const {
    vats = {},
    storage = 'memory',
    config = {},
    stress,
  } = checkOptions(options, { vats: true, storage: true, config: true, stress: true })
  const next = disturbances(stress)
  const workplace = makeWorkplace(storage)
  try {
    const controller = await openController({ directory: storeIn(workplace), make: 'always', config })
    return await withVats(new TestKernel(workplace, controller, next), vats)
  } catch (error) {
    removeWorkplace(workplace)
    throw error
  }
}

/** When one does not start, the kernel ends: its thread would keep the process of the test alive. */
async function withVats(kernel: TestKernel, vats: Readonly<Record<string, TestVat>>): Promise<TestKernel> {
  try {
    for (const [name, vat] of Object.entries(vats)) await kernel.create(name, vat)
    return kernel
  } catch (error) {
    await kernel.end()
    throw error
  }
}

/** A kernel for one test; see `startTestKernel`. */
export class TestKernel {
  readonly #workplace: string
  readonly #nextDisturbance: () => Disturbance
  #controller: Controller
  #ended = false
  /** Logs of earlier controllers. */
  readonly #logged: string[] = []

  constructor(workplace: string, controller: Controller, nextDisturbance: () => Disturbance) {
    this.#workplace = workplace
    this.#controller = controller
    this.#nextDisturbance = nextDisturbance
  }

  /** The host API, for everything else. Each restart replaces it. */
  get controller(): Controller {
    return this.#controller
  }

  /** The store's directory. */
  get directory(): string {
    return storeIn(this.#workplace)
  }

  /** Creates a vat; throws the reason when it does not start. */
  async create<Root = unknown>(name: string, { code, ...options }: TestVat): Promise<CreatedVat<Root>> {
    const bundle = await this.#install(code)
    return await this.#settle(await this.#controller.createVat<Root>(name, bundle, options))
  }

  /** A vat's root, with the interface that the vat declares: `kernel.root<Bank>('bank')`. */
  root<T = unknown>(vat: string): Promise<Remote<T>> {
    return this.#controller.root<T>(vat)
  }

  /**
   * Sends to a vat's root, by name, or to an object, and returns the answer; throws the reason of a
   * rejection. If the target's interface is known, the compiler checks the message and infers the answer.
   */
  async ask<To extends Target, Name extends MethodOf<To>>(
    target: To,
    method: Name,
    ...args: ArgumentsOf<To, Name>
  ): Promise<AnswerOf<To, Name>> {
    return await this.#settle(await this.#controller.send(target, method, args))
  }

  /** Replaces the code of a vat; throws the rejection when the old code stays. */
  async upgrade(vat: string, code: VatCode, options: TestUpgradeOptions = {}): Promise<UpgradeResult> {
    const bundle = await this.#install(code)
    return await this.#settle(await this.#controller.upgradeVat(vat, bundle, options))
  }

  /** Advances the clock to `now`, in the test's unit; due wakeups happen then. Time never goes back. */
  async advanceTime(now: bigint): Promise<void> {
    await this.#controller.advanceTime(now)
    await this.#controller.run()
    await this.#disturb()
  }

  /** What vats wrote with `vatPowers.testLog`, in order. */
  async testLog(): Promise<readonly string[]> {
    return [...this.#logged, ...(await this.#controller.testLog())]
  }

  /** Drops all workers from memory; affects only time. */
  async evict(): Promise<void> {
    await this.#controller.evictWorkers()
  }

  /** Commits a block, closes the kernel and reopens it. */
  async restart(): Promise<void> {
    assert(!this.#ended, 'an ended kernel is not restarted')
    this.#logged.push(...(await this.#controller.testLog()))
    await this.#controller.commit()
    await this.#controller.shutdown()
    this.#controller = await openController({ directory: this.directory, make: 'never' })
  }

  /** Ends the kernel and deletes the store. Idempotent. */
  async end(): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    await this.#controller.shutdown()
    removeWorkplace(this.#workplace)
  }

  async #install(code: VatCode): Promise<string> {
    return (await this.#controller.installBundle(typeof code === 'string' ? await bundleVat(code) : code)).id
  }

  /**
   * Runs to the end, returns the outcome of the request, and disturbs. The result is held, so that its
   * objects stay.
   */
  async #settle<Answer>(request: ResultHandle<Answer>): Promise<Answer> {
    await this.#controller.run()
    const status = await this.#controller.status(request)
    await this.#disturb()
    switch (status.kind) {
      case 'fulfilled':
        return status.value
      case 'rejected':
        throw asThrownHere(status.reason)
      case 'pending':
        return refuse(
          'testing/pending',
          'the kernel has nothing left to do, and the promise of the answer is still pending',
        )
    }
  }

  async #disturb(): Promise<void> {
    const disturbance = this.#nextDisturbance()
    if (disturbance === 'evict') await this.evict()
    if (disturbance === 'restart') await this.restart()
  }
}

/** Adds the lines of the test below those of the vat to the vat's error. */
function asThrownHere(reason: unknown): unknown {
  if (!(reason instanceof Error)) return reason
  const here = new Error().stack ?? ''
  const callers = here
    .split('\n')
    .filter((line) => line.startsWith('    at async ') && !line.includes(import.meta.url))
  return Object.defineProperty(reason, 'stack', {
    value: [reason.stack, ...callers].join('\n'),
    writable: true,
    configurable: true,
  })
}
