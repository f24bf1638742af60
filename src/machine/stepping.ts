/**
 * Runs a step of the kernel, sealed as a crank and reported to the trace.
 *
 * St1. A step in which the kernel found nothing to do and wrote nothing is not a crank: it has no number, no
 *      hash and no line in the trace, so that the state shows neither how often a host runs its kernel nor
 *      where its blocks end. With a kernel of release 0.1.0 it is a crank, as in that release.
 */
import type { VatId } from '../base/ids.ts'
import type { KernelEvent, KernelReport } from '../protocol/kernel/events.ts'
import type { Kernel } from '../protocol/kernel/kernel.ts'
import type { Store } from '../store/store.ts'
import { roundMs, type Trace } from './trace/trace.ts'

export interface SteppingParts {
  readonly kernel: Pick<Kernel, 'step'>
  readonly store: Store
  readonly trace: Trace
}

export function stepSealed(parts: SteppingParts, event: KernelEvent): KernelReport {
  return parts.trace.isOn ? stepTold(parts, event) : sealed(parts, event)
}

/** St1. */
function sealed({ kernel, store }: SteppingParts, event: KernelEvent): KernelReport {
  const report = kernel.step(event)
  if (isNone(report)) store.sealUnlessUnchanged()
  else store.sealCrank()
  return report
}

function isNone(report: KernelReport): boolean {
  if (report.kind === 'paused') return true
  return (report.kind === 'idle' || report.kind === 'blockEnded') && report.crank === 'none'
}

function stepTold(parts: SteppingParts, event: KernelEvent): KernelReport {
  const { store, trace } = parts
  const before = store.blocks.cranks
  trace.begins(before + 1, { kind: 'crankBegan', step: event.kind })
  try {
    const began = performance.now()
    const report = sealed(parts, event)
    if (store.blocks.cranks === before) trace.wasNone()
    else
      trace.write({
        kind: 'crankEnded',
        step: event.kind,
        ...whatRan(report),
        ms: roundMs(performance.now() - began),
        activityHash: store.blocks.activityHash,
      })
    return report
  } finally {
    trace.ends()
  }
}

function whatRan(report: KernelReport): {
  readonly item: string | null
  readonly vat: VatId | null
  readonly computrons: string
} {
  const { item, vat, computrons } =
    report.kind === 'cranked' ? report : { item: null, vat: null, computrons: 0n }
  return { item, vat, computrons: String(computrons) }
}
