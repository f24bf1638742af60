/**
 * Cleaning up after a vat that has ended, in bounded steps.
 *
 * This file owns the jobs. A job is a row; a step is a crank of its own, run when there is nothing else to
 * do, or the first part of the crank in which the vat ends.
 *
 * Cl1. A step changes at most `cleanupBudget` rows, except for the dependents of one promise or one message,
 *      which are settled together.
 * Cl2. After any step all counts are correct, and the kernel may stop there for any time.
 * Cl3. A step depends on the kernel's state alone, never on how much of the past a store retains.
 * Cl4. After the last step nothing of the vat is left except the answers of its admin node and the pending
 *      reports of its end.
 * Cl5. The answers of the admin node are deleted in the same way, once it is unreferenced: the history first,
 *      the record of the end last.
 */
import { assert, unreachable } from '../../base/errors.ts'
import { vatSpace, type PromiseKref, type VatId } from '../../base/ids.ts'
import type { CLists } from '../objects/clists.ts'
import { disconnection, gone } from '../objects/kernelValues.ts'
import type { KernelPlatform } from '../../protocol/kernel/platform.ts'
import type { Makers } from '../objects/makers.ts'
import type { Meters } from '../delivery/meters.ts'
import type { Promises } from '../objects/promises.ts'
import type { References } from '../objects/references.ts'
import type { RunQueue } from '../objects/runQueue.ts'
import { cleanupPhases, type CleanupPhase } from '../../protocol/kernel/views.ts'
import type { EndedVat, Job, JobOf, QueueItem } from '../tables/records.ts'
import type { Tables } from '../tables/tables.ts'

interface CleanupParts {
  readonly ports: KernelPlatform
  readonly tables: Tables
  readonly references: References
  readonly clists: CLists
  readonly promises: Promises
  readonly queue: RunQueue
  readonly meters: Meters
  readonly makers: Makers
}

/** A step in progress. */
interface Work {
  readonly vat: VatId
  ended: EndedVat
  /** Transcript entries that are left. */
  entries: number
  /** Changes beside the kernel's rows: rows of the vat's own space, transcript entries. */
  beside: number
  /** The promises that the vat knows, in the order of their numbers; searched once per step. */
  readonly promises: Iterator<PromiseKref>
  /** The remaining budget. */
  left(): number
}

/** Processes one element of a phase, or finds that none is left. */
type Unit = (work: Work) => 'one' | 'none'

/** The most rows that one element changes, except for the dependents of a promise or a message (Cl1). */
const unitReserve = 16

export class Cleanup {
  readonly #parts: CleanupParts
  readonly #units: { readonly [Phase in CleanupPhase]: Unit } = {
    askers: (work) => this.#answerAsker(work),
    promises: (work) => this.#endPromise(work),
    end: (work) => this.#announce(work),
    parked: (work) => this.#releaseParked(work),
    exports: (work) => this.#orphanExport(work),
    imports: (work) => this.#forgetImport(work),
    data: (work) => this.#deleteRow(work),
    heap: (work) => this.#forgetHeap(work),
    transcript: (work) => this.#forgetEntries(work),
    history: (work) => this.#forgetHistory(work),
  }

  constructor(parts: CleanupParts) {
    this.#parts = parts
  }

  /** Creates the job of an ended vat and runs its first step. */
  begin(vat: VatId): void {
    const { tables, ports } = this.#parts
    const job: JobOf<'clean'> = {
      kind: 'clean',
      vat,
      phase: 'promises',
      steps: 0,
      rows: 0,
      entries: ports.transcripts.count(vat),
    }
    this.#clean(tables.lives.addJob(job), job)
  }

  /** Settles the promises that wait for the end of the vat (Te3), in several steps if there are many. */
  reportEnd({ vat, adminNode }: Extract<QueueItem, { kind: 'ended' }>): void {
    const { tables, queue } = this.#parts
    const ended = tables.lives.ended(vat)
    assert(ended !== undefined, `the end of ${vat} is reported, so it is known`)
    const begun = tables.writes
    const budget = tables.config().cleanupBudget
    while (this.#answerAsker({ vat, ended }) === 'one') {
      if (budget - (tables.writes - begun) < unitReserve) return queue.push({ kind: 'ended', vat, adminNode })
    }
    const { telling: _, ...reported } = ended
    tables.lives.setEnded(vat, reported)
  }

  /** Runs the next step of the first job. */
  step(): 'stepped' | 'idle' {
    const first = this.#parts.tables.lives.firstJob()
    if (first === undefined) return 'idle'
    this.#step(first.number, first.job)
    return 'stepped'
  }

  #step(number: number, job: Job): void {
    switch (job.kind) {
      case 'clean':
        return this.#clean(number, job)
      case 'forget':
        return this.#forget(number, job)
      default:
        return unreachable(job, 'a job of a kind that this kernel does not know')
    }
  }

  #clean(number: number, job: JobOf<'clean'>): void {
    const { tables, references } = this.#parts
    const { vat } = job
    const ended = tables.lives.ended(vat)
    assert(ended !== undefined, `${vat} is cleaned up and has not ended`)
    const begun = tables.writes
    const budget = tables.config().cleanupBudget
    const spent = (): number => tables.writes - begun + work.beside
    const work: Work = {
      vat,
      ended,
      entries: job.entries,
      beside: 0,
      promises: tables.promiseEntries(vat),
      left: () => budget - spent(),
    }
    const from = cleanupPhases.indexOf(job.phase)
    assert(from >= 0, 'a cleanup goes on in one of its phases')
    const phases = cleanupPhases.slice(from)
    for (const phase of phases) {
      while (this.#units[phase](work) === 'one') {
        references.collectUnreferenced()
        assert(work.left() < budget, 'each element of a cleanup changes a row (Cl1)')
        if (work.left() < unitReserve)
          return tables.lives.setJob(number, {
            ...job,
            phase,
            steps: job.steps + 1,
            rows: job.rows + spent() + 1,
            entries: work.entries,
          })
      }
    }
    this.#finish(vat, number)
  }

  /** Cl5. */
  #forget(number: number, job: JobOf<'forget'>): void {
    const { tables, references } = this.#parts
    const { vat } = job
    const begun = tables.writes
    const budget = tables.config().cleanupBudget
    while (tables.upgrades.forgetOneOfHistory(vat) === 'forgotten') {
      const spent = tables.writes - begun
      if (budget - spent < unitReserve)
        return tables.lives.setJob(number, { ...job, steps: job.steps + 1, rows: job.rows + spent + 1 })
    }
    tables.lives.deleteJob(number)
    references.removeAll(tables.lives.takeEnded(vat).data.slots)
    references.collectUnreferenced()
  }

  /** Cl4. */
  #finish(vat: VatId, number: number): void {
    const { ports, tables, references, meters, makers } = this.#parts
    const record = tables.vat(vat)
    assert(record.status.kind === 'terminated', 'only a vat that has ended is deleted')
    const space = vatSpace(vat)
    assert(ports.state.nextKey(space, '', '') === undefined, 'nothing is left in the space of the vat (Cl4)')
    assert(tables.parked(vat) === 0, 'no item is left that is parked for the vat (Cl4)')
    meters.release(record)
    makers.uncount(record)
    references.removeAll(tables.upgrades.parameters(vat)?.slots ?? [])
    tables.upgrades.deleteParameters(vat)
    tables.lives.deleteJob(number)
    tables.gcActions.deleteOf(vat)
    tables.deleteVat(vat)
    references.remove(record.root)
    if (!tables.lives.hasAdminNode(vat)) references.removeAll(tables.lives.takeEnded(vat).data.slots)
    references.collectUnreferenced()
  }

  // --- the units

  #answerAsker({ vat, ended: { status, data } }: Pick<Work, 'vat' | 'ended'>): 'one' | 'none' {
    const { tables, promises, references } = this.#parts
    const asker = tables.lives.takeAsker(vat)
    if (asker === undefined) return 'none'
    promises.settle(asker, status.end === 'completed' ? 'fulfilled' : 'rejected', data)
    references.remove(asker)
    return 'one'
  }

  /**
   * The promises are rejected, so the end is due to be reported (Te3). If the admin node is unreferenced, no
   * further requests can come, and the waiting ones are answered at once.
   */
  #announce(work: Work): 'one' | 'none' {
    const { vat, ended } = work
    const { tables: { lives }, queue } = this.#parts
    if (ended.telling !== 'waits') return 'none'
    const adminNode = lives.adminNode(vat)
    if (adminNode === undefined) return this.#answerAsker(work)
    work.ended = { ...ended, telling: 'announced' }
    lives.setEnded(vat, work.ended)
    queue.push({ kind: 'ended', vat, adminNode })
    return 'one'
  }

  /**
   * Ends a promise known to the vat: drops its subscription, and rejects the promise if the vat decides it.
   */
  #endPromise({ vat, promises: known, ended: { incarnation, status } }: Work): 'one' | 'none' {
    const { tables, promises, clists } = this.#parts
    const { value: promise, done } = known.next()
    if (done === true) return 'none'
    const { state, decider } = tables.promise(promise)
    if (state === 'unresolved') promises.unsubscribe(promise, vat)
    if (state === 'unresolved' && decider === vat) {
      promises.settle(
        promise,
        'rejected',
        disconnection({
          name: 'vatTerminated',
          upgradeMessage: status.message,
          incarnationNumber: incarnation,
        }),
      )
    }
    clists.retirePromise(vat, promise)
    return 'one'
  }

  #releaseParked({ vat }: Work): 'one' | 'none' {
    const { tables, promises, queue } = this.#parts
    const item = tables.takeOneParked(vat)
    if (item === undefined) return 'none'
    if (item.kind === 'send' && item.message.result !== null) {
      promises.settle(item.message.result, 'rejected', gone('vat-terminated'))
    }
    queue.releaseReferences(item)
    return 'one'
  }

  #orphanExport({ vat }: Work): 'one' | 'none' {
    const { tables, clists } = this.#parts
    for (const vref of tables.exports(vat)) {
      clists.orphan(vat, vref, 'terminated')
      return 'one'
    }
    return 'none'
  }

  #forgetImport({ vat }: Work): 'one' | 'none' {
    const { tables, clists } = this.#parts
    for (const vref of tables.objectImports(vat)) {
      clists.forgetImport(vat, vref)
      return 'one'
    }
    return 'none'
  }

  #deleteRow(work: Work): 'one' | 'none' {
    const { state } = this.#parts.ports
    const space = vatSpace(work.vat)
    const key = state.nextKey(space, '', '')
    if (key === undefined) return 'none'
    state.delete(space, key)
    work.beside += 1
    return 'one'
  }

  /** Idempotent. */
  #forgetHeap({ vat }: Work): 'none' {
    this.#parts.ports.workers.forget(vat)
    return 'none'
  }

  /** A holder of the admin node can still ask for the history. */
  #forgetHistory({ vat }: Work): 'one' | 'none' {
    const { lives, upgrades } = this.#parts.tables
    return !lives.hasAdminNode(vat) && upgrades.forgetOneOfHistory(vat) === 'forgotten' ? 'one' : 'none'
  }

  #forgetEntries(work: Work): 'one' | 'none' {
    if (work.entries === 0) return 'none'
    const some = Math.min(work.entries, Math.max(1, work.left() - unitReserve))
    work.entries -= some
    work.beside += some
    this.#parts.ports.transcripts.forget(work.vat, work.entries)
    return 'one'
  }
}
