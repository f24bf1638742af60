/**
 * Runs a step of the kernel, sealed as a crank and reported to the trace.
 *
 * Sx1. A step in which the kernel found nothing to do and wrote nothing is not a crank: it has no number, no
 *      hash and no line in the trace, so that the state shows neither how often a host runs its kernel nor
 *      where its blocks end. For a kernel whose idle steps are sealed, it is a crank.
 */
import { assert } from '../base/errors.ts'
import type { VatId } from '../base/ids.ts'
import type { KernelReport } from '../protocol/kernel/events.ts'
import type { RecordedStep, Store } from '../store/store.ts'
import type { AdaptedKernel } from './kernel/adapters/adapted.ts'
import { roundMs, type Trace } from './trace/trace.ts'

export interface SteppingParts extends Pick<AdaptedKernel, 'idleSteps'> {
  readonly store: Store
  readonly trace: Trace
}

/** `step` is what the inputs record of it, and names it in the trace. */
export function stepSealed(parts: SteppingParts, step: RecordedStep, act: () => KernelReport): KernelReport {
  return parts.trace.isOn ? stepTraced(parts, step, act) : sealed(parts, step, act)
}

/** Sx1. */
function sealed(
  { idleSteps, store }: SteppingParts,
  step: RecordedStep,
  act: () => KernelReport,
): KernelReport {
  const before = store.blocks.cranks
  store.recorder.began()
  let isDone = false
  try {
    const report = acted(idleSteps, store, act)
    isDone = store.blocks.cranks > before
    return report
  } finally {
    store.recorder.ended(isDone ? step : null)
  }
}

function acted(
  idleSteps: SteppingParts['idleSteps'],
  store: Store,
  act: () => KernelReport,
): KernelReport {
  const before = store.blocks.cranks
  const report = act()
  assert(store.blocks.cranks === before, 'a kernel seals no crank itself')
  const isIdle = report.kind === 'idle' || report.kind === 'paused'
  if (isIdle && idleSteps === 'no-crank') store.sealUnlessUnchanged()
  else store.sealCrank()
  const sealedCranks = store.blocks.cranks - before
  assert(isIdle ? sealedCranks <= 1 : sealedCranks === 1, 'a step with work is one crank (Sx1)')
  return report
}

function stepTraced(parts: SteppingParts, of: RecordedStep, act: () => KernelReport): KernelReport {
  const { store, trace } = parts
  const step = of.kind
  const before = store.blocks.cranks
  trace.begins(before + 1, { kind: 'crankBegan', step })
  try {
    const began = performance.now()
    const report = sealed(parts, of, act)
    if (store.blocks.cranks === before) trace.wasNone()
    else
      trace.write({
        kind: 'crankEnded',
        step,
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
