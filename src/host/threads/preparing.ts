/**
 * Prepares upgrades by replay: one thread per replay, owned by the host's thread, since the machine's is
 * blocked while it runs.
 *
 * Pp1. A thread that fails or is ended affects only its own preparation.
 * Pp2. A difference is reported as soon as it is found, even while the machine runs.
 */
import { Worker } from 'node:worker_threads'
import { threadUrl } from './threadUrl.ts'
import type { BundleId, VatId } from '../../base/ids.ts'
import { assert, CodedError } from '../../base/errors.ts'
import { refuse } from '../../protocol/codes.ts'
import type { Divergence } from '../../protocol/results.ts'
import type { RefusalData } from '../../protocol/machine/messages.ts'
import { stackMebibytes } from './spawnMachine.ts'
import { calledFrom, callSite } from '../../api/callSites.ts'
import type { Link } from './link.ts'
import type { PreparationOrder, Prepared } from '../../protocol/machine/preparation.ts'
import type { PreparationMessage } from '../../machine/threads/preparationThread.ts'
import { roundMs } from '../../machine/trace/trace.ts'

/** How far a replay was prepared. Milliseconds are wall-clock time. */
export type PreparationReport = {
  readonly vat: VatId
  readonly bundle: BundleId
  /** Position reached in the vat's transcript. */
  readonly position: number
  /** Matching deliveries of this call's replay. */
  readonly deliveries: number
  /** Of all deliveries since the start of the incarnation. */
  readonly computrons: bigint
  readonly ms: number
} & (
  /** `bytes`: of the kept heap. */
  | { readonly outcome: 'prepared'; readonly bytes: number }
  | { readonly outcome: 'differs'; readonly divergence: Divergence }
)

/** What the incarnation is replayed on, where that is not its own. */
export interface PreparationTarget {
  readonly bundle?: string
  readonly worker?: string
}

interface UnderWay {
  readonly thread: Worker
  readonly report: Promise<PreparationReport>
  /** Ends the preparation with this error. */
  readonly end: (why: Error) => void
}

export class Preparing {
  readonly #link: Link
  readonly #underWay = new Map<number, UnderWay>()
  #state: 'open' | 'ended' = 'open'

  constructor(link: Link) {
    this.#link = link
  }

  async prepare(vat: string, target: PreparationTarget): Promise<PreparationReport> {
    const site = callSite(this.prepare)
    return this.#prepare(vat, target).catch((error: unknown) => {
      throw error instanceof CodedError ? calledFrom(error, site) : error
    })
  }

  async #prepare(vat: string, { bundle, worker }: PreparationTarget): Promise<PreparationReport> {
    const plan = await this.#link.call('beginPreparation', vat, bundle ?? null, worker ?? null)
    if (this.#state === 'ended') throw shutDown()
    switch (plan.kind) {
      case 'known':
        return reportOf(plan.prepared, 0, 0)
      case 'join':
        return (
          this.#underWay.get(plan.number)?.report ??
          refuse('prepare/failed', 'the preparation that was in progress is complete')
        )
      case 'replay':
        if (plan.replaces !== null)
          this.#underWay
            .get(plan.replaces)
            ?.end(
              new CodedError('prepare/replaced', 'another bundle is now being prepared for the vat', {
                bundle: plan.order.of.bundle,
              }),
            )
        return this.#start(plan.order)
    }
  }

  /** Ends all threads, and releases the store. */
  async end(): Promise<void> {
    this.#state = 'ended'
    await this.#endAll(shutDown())
  }

  /** Ends all preparations: the machine that ordered them has failed, and its numbers are given again. */
  cancel(): Promise<void> {
    return this.#endAll(new CodedError('prepare/failed', 'the machine failed, and the store is opened again'))
  }

  async #endAll(why: Error): Promise<void> {
    const threads = [...this.#underWay.values()]
    this.#underWay.clear()
    for (const { end } of threads) end(why)
    await Promise.all(threads.map(({ thread }) => thread.terminate()))
  }

  #start(order: PreparationOrder): Promise<PreparationReport> {
    const { number } = order
    assert(this.#state === 'open', 'no preparation begins after the end')
    const began = performance.now()
    const thread = new Worker(threadUrl(import.meta.url, '../../machine/threads/preparationThread'), {
      workerData: order,
      resourceLimits: { stackSizeMb: stackMebibytes },
      name: 'heirloom preparation',
    })
    const {
      promise: done,
      resolve,
      reject,
    } = Promise.withResolvers<Extract<PreparationMessage, { kind: 'done' }>>()
    thread.once('message', (message: PreparationMessage) =>
      message.kind === 'done' ? resolve(message) : reject(errorOf(message.refusal)),
    )
    thread.once('error', (error) =>
      reject(new CodedError('prepare/failed', `the thread failed: ${error.message}`)),
    )
    thread.once('exit', (code) =>
      reject(new CodedError('prepare/failed', `the thread exited with code ${code}`)),
    )
    const report = this.#follow(order, done, began)
    const end = (why: Error): void => {
      reject(why)
      void thread.terminate()
    }
    assert(!this.#underWay.has(number), 'each preparation has a number of its own')
    this.#underWay.set(number, { thread, report, end })
    return report
  }

  async #follow(
    { number, of: { vat, bundle } }: PreparationOrder,
    done: Promise<Extract<PreparationMessage, { kind: 'done' }>>,
    began: number,
  ): Promise<PreparationReport> {
    try {
      const { prepared, deliveries } = await done
      assert(deliveries >= 0, 'a preparation counts its deliveries')
      assert(prepared.of.vat === vat && prepared.of.bundle === bundle, 'a thread prepares what was ordered')
      const ms = roundMs(performance.now() - began)
      const kept = this.#link.call('keepPreparation', number, prepared, ms)
      // Pp2. The code differs, whether or not the machine keeps the result.
      if (prepared.verdict.kind === 'differs') kept.catch(() => {})
      else await kept
      return reportOf(prepared, deliveries, ms)
    } catch (error) {
      this.#link.call('forgetPreparation', number).catch(() => {})
      throw error
    } finally {
      this.#underWay.delete(number)
    }
  }
}

function reportOf(
  { of: { vat, bundle }, point: { position }, computrons, verdict }: Prepared,
  deliveries: number,
  ms: number,
): PreparationReport {
  assert(position >= 0 && computrons >= 0n, 'a preparation counts from the start of the incarnation')
  const own = { vat, bundle, position, deliveries, computrons, ms }
  if (verdict.kind === 'differs') return { ...own, outcome: 'differs', divergence: verdict.divergence }
  return { ...own, outcome: 'prepared', bytes: verdict.heap.pages.byteLength }
}

const shutDown = (): CodedError => new CodedError('api/shut-down', 'this controller was shut down')

const errorOf = ({ code, message, detail }: RefusalData): CodedError => new CodedError(code, message, detail)
