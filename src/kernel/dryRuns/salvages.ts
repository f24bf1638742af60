/**
 * Salvages: evaluates a bundle of the host in a copy of a vat's heap, and translates its result so that it
 * can be kept.
 *
 * Sg1. The vat does not change: its worker is not touched, and of its syscalls only reads are answered. No
 *      meter is charged, since the host asks and the vat does nothing.
 * Sg2. Output of a worker is garbage until checked: its slots are imports of the vat, which get their krefs,
 *      or durable objects under the vat's names for them.
 */
import {
  allocatorOf,
  isDurableVref,
  isObjectKref,
  namesObject,
  type VatId,
  type Vref,
} from '../../base/ids.ts'
import { mapSlots, type CapData } from '../../protocol/capdata.ts'
import type { SalvageRefusalCode, SalvageSlot } from '../../protocol/worker/salvage.ts'
import { isQuestion, type Syscall } from '../../protocol/worker/syscall.ts'
import type { CLists } from '../objects/clists.ts'
import { assignmentOf } from '../delivery/vatLimits.ts'
import type { SalvageOrder, SalvageReport } from '../../protocol/kernel/kernel.ts'
import { IllegalSyscall } from '../objects/illegal.ts'
import type { KernelPlatform, SalvageOutcome, SyscallSink, Verdict } from '../../protocol/kernel/platform.ts'
import { VatSyscalls, type SyscallParts } from '../delivery/syscalls.ts'
import type { Tables } from '../tables/tables.ts'

export interface SalvageParts {
  readonly ports: KernelPlatform
  readonly tables: Tables
  readonly clists: CLists
  readonly syscalls: SyscallParts
}

type SalvageFailure = Omit<
  Extract<SalvageReport, { kind: 'failed' }>,
  'kind' | 'incarnation' | 'position' | 'computrons'
>

export class Salvages {
  readonly #parts: SalvageParts

  constructor(parts: SalvageParts) {
    this.#parts = parts
  }

  salvage({ vat, bundle, computrons, heapLimitPages }: SalvageOrder): SalvageReport {
    const { ports, tables } = this.#parts
    const record = tables.vat(vat)
    const assignment = assignmentOf({
      ...record,
      heapLimitPages: Math.max(heapLimitPages ?? 0, record.heapLimitPages),
    })
    const sink = new ReadOnlySyscalls(new VatSyscalls(vat, this.#parts.syscalls, 'salvage'))
    const outcome = ports.workers.salvage(
      vat,
      assignment,
      bundle,
      { computrons: BigInt(computrons ?? record.computronsPerDelivery) },
      sink,
    )
    const of = {
      incarnation: record.incarnation,
      position: ports.transcripts.count(vat),
      computrons: outcome.kind === 'too-old' ? 0n : outcome.computrons,
    }
    const data = this.#dataOf(vat, outcome, sink)
    return 'code' in data ? { kind: 'failed', ...data, ...of } : { kind: 'salvaged', data, ...of }
  }

  #dataOf(
    vat: VatId,
    outcome: SalvageOutcome,
    { refused }: ReadOnlySyscalls,
  ): CapData<SalvageSlot> | SalvageFailure {
    switch (outcome.kind) {
      case 'too-old':
        return failure(
          'worker/too-old',
          `the worker of ${vat} cannot salvage; an upgrade brings the vat to another`,
        )
      case 'exhausted':
        return failure('salvage/exhausted', `the salvage used more ${outcome.resource} than it may`)
      case 'trapped':
        return failure('salvage/failed', `the worker failed in the salvage: ${outcome.message}`)
      case 'illegal':
        return refused === undefined
          ? failure('salvage/failed', `the worker failed in the salvage: ${outcome.message}`)
          : failure('salvage/wrote', outcome.message)
      case 'done':
        return outcome.result.kind === 'salvaged'
          ? this.#named(vat, outcome.result.data)
          : copyOf(outcome.result)
    }
  }

  /** Sg2. */
  #named(vat: VatId, data: CapData<Vref>): CapData<SalvageSlot> | SalvageFailure {
    try {
      return mapSlots(data, (slot) => this.#name(vat, slot))
    } catch (error) {
      if (error instanceof IllegalSyscall)
        return failure('salvage/failed', `the salvage named what the vat does not have: ${error.message}`)
      throw error
    }
  }

  #name(vat: VatId, slot: Vref): SalvageSlot {
    if (namesObject(slot) && isDurableVref(slot)) return slot
    const kref = allocatorOf(slot) === 'kernel' ? this.#parts.clists.toKernel(vat, slot) : undefined
    if (kref === undefined || !isObjectKref(kref))
      throw new IllegalSyscall(`${slot} does not outlive the incarnation`)
    return kref
  }
}

/** Answers queries, and remembers the first refused syscall. */
class ReadOnlySyscalls implements SyscallSink {
  readonly #sink: SyscallSink
  /** The kind of the syscall that ended the salvage. */
  refused: string | undefined

  constructor(sink: SyscallSink) {
    this.#sink = sink
  }

  handle(syscall: Syscall): Verdict {
    if (isQuestion(syscall)) return this.#sink.handle(syscall)
    this.refused = syscall.kind
    return {
      kind: 'illegal',
      message: `the salvage is to read only, and sent ${JSON.stringify(syscall).slice(0, 200).toWellFormed()}`,
    }
  }
}

const failure = (code: SalvageRefusalCode, message: string): SalvageFailure => ({ code, message, stack: '' })

/** A copy as data of the kernel. */
const copyOf = ({ code, message, stack }: SalvageFailure): SalvageFailure => ({ code, message, stack })
