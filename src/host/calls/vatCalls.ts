/** Calls of a controller about vats: their code, lifecycle and options, and what is known of them. */
import type { BundleId, Hash } from '../../base/ids.ts'
import { checkCollection, checkReason, checkText } from '../../api/checks.ts'
import { encodeValue, Remote } from '../../api/values.ts'
import type { VatView } from '../../protocol/kernel/views.ts'
import type { HistoryEntry } from '../../protocol/reports/history.ts'
import type { ResumeResult, SuspendResult, TerminateResult } from '../../protocol/results.ts'
import type { CollectionOptions } from '../config/creationOptions.ts'
import { checkChangeable } from '../config/optionChecks.ts'
import type { ChangeableOptions, ResultHandle } from '../config/options.ts'
import { handleOf } from './handles.ts'
import type { Calling } from './calling.ts'
import type { Ask } from './port.ts'
import { PortCalls } from './portCalls.ts'

export class VatCalls extends PortCalls {
  readonly #ask: Ask

  constructor(calling: Calling) {
    super(calling)
    this.#ask = calling.ask
  }

  // --- code

  /**
   * Retires code of vats, by id or label: it is no longer installed, and its labels are free. Rejected
   * with `bundle-in-use` while vats run it, an upgrade to it waits, or anyone has its bundle cap. `prune`
   * frees its bytes when no kept transcript names it.
   * @throws CodedError `bundle/unknown` when it is not installed, or was retired before; `bundle/in-use` when
   *   a step of the active plan needs it
   */
  async retireBundle(labelOrId: string): Promise<ResultHandle<{ readonly bundle: BundleId }>> {
    return handleOf(await this.#ask('retireBundle', checkText(labelOrId, 'bundle')))
  }

  // --- the lifecycle of a vat; each call takes effect when it is accepted

  /** Suspends the vat: its deliveries wait from now on. Its result is a `SuspendResult`. */
  async suspendVat(vat: string, reason: string): Promise<ResultHandle<SuspendResult>> {
    return handleOf(await this.#ask('suspendVat', checkText(vat, 'vat'), checkReason(reason)))
  }

  /** Resumes the vat, beginning with its parked deliveries. Its result is a `ResumeResult`. */
  async resumeVat(vat: string): Promise<ResultHandle<ResumeResult>> {
    return handleOf(await this.#ask('resumeVat', checkText(vat, 'vat')))
  }

  /**
   * Terminates the vat. Those waiting for its end get an error with the reason. Its result is a
   * `TerminateResult`.
   */
  async terminateVat(vat: string, reason: string): Promise<ResultHandle<TerminateResult>> {
    const nameOrId = checkText(vat, 'vat')
    const data = encodeValue(Object.freeze(new Error(checkReason(reason))))
    return handleOf(await this.#ask('terminateVat', nameOrId, data))
  }

  /** Its result is undefined. */
  async changeVatOptions(vat: string, options: ChangeableOptions): Promise<ResultHandle<undefined>> {
    return handleOf(await this.#ask('changeVatOptions', checkText(vat, 'vat'), checkChangeable(options)))
  }

  /** Replaces the vat's collection schedule; omitted fields use the store's. */
  async setCollection(vat: string, collection: CollectionOptions): Promise<void> {
    return this.#ask('setCollection', checkText(vat, 'vat'), checkCollection(collection))
  }

  async vats(): Promise<readonly VatView[]> {
    return this.#ask('vats')
  }

  async vat(nameOrId: string): Promise<VatView> {
    return this.#ask('vat', checkText(nameOrId, 'vat'))
  }

  /** The vat's incarnations and failed attempts to start one, oldest first. */
  async history(nameOrId: string): Promise<readonly HistoryEntry[]> {
    return this.#ask('history', checkText(nameOrId, 'vat'))
  }

  /** A vat's root, with the interface that the vat declares: `controller.root<Bank>('bank')`. */
  async root<T = unknown>(nameOrId: string): Promise<Remote<T>> {
    return new Remote((await this.vat(nameOrId)).root, 'Alleged: root')
  }

  /** The kernel's service that creates vats. */
  /** The current heap hash of the vat. */
  async heapHash(nameOrId: string): Promise<Hash> {
    return this.#ask('heapHash', checkText(nameOrId, 'vat'))
  }
}
