/**
 * Records of the kernel during a run whose script may replace it, with what must hold after every step.
 *
 * Kr1. A step at which the kernel fails has taken effect, although its call throws: what the host asked for
 *      waits in the inbox.
 * Kr2. The result of a message that is set aside is pending; put back, it has another number, under which
 *      the host finds the result.
 */
import { assert } from '../../base/errors.ts'
import type { FaultCalls, KernelUpgradeCalls, OwnCalls, RequestCalls } from '../../protocol/machine/calls.ts'
import type { KernelCode } from '../kernels/kernels.ts'
import type { Step } from '../steps/step.ts'
import { keepSights, takeBackSights, type KernelSeen, type RunProgress } from './progress.ts'

/** What is asked of a machine here. */
type Calls = FaultCalls & KernelUpgradeCalls & Pick<OwnCalls, 'status'> & Pick<RequestCalls, 'result'>

/** What is refused where the kernel may be replaced. */
export const kernelRefusals: ReadonlySet<string> = new Set([
  'kernel/faulted',
  'kernel/in-place',
  'kernel/unknown',
  'kernel/tables-differ',
  'kernel/interface-too-old',
  'kernel/upgrade-failed',
  'kernel/not-faulted',
  'kernel/no-item',
])

/** More items than ever wait. */
const all = 10_000

const atFirst: KernelSeen = { kernel: 'release', attempts: 0, fault: null }

/** The kernel as it is now. */
export function kernelNow(
  calls: Pick<Calls, 'fault' | 'kernelHistory' | 'status'>,
  kernels: readonly KernelCode[],
): KernelSeen {
  const { kernel: id } = calls.status()
  const fault = calls.fault()
  const kernel = kernels.find((code) => code.id === id)?.name
  assert(kernel !== undefined, 'the kernel in place is one of the world')
  return {
    kernel,
    attempts: calls.kernelHistory().length,
    fault:
      fault === null
        ? null
        : {
            error: fault.error.split('\n', 1)[0] ?? '',
            accepting: fault.input !== null,
            block: fault.block,
          },
  }
}

export const kernelBefore = ({ kernels }: RunProgress, index: number): KernelSeen =>
  kernels.get(index - 1) ?? atFirst

/** Whether the step has committed a fault or an attempt to replace the kernel. */
export function hasTakenEffect(before: KernelSeen, now: KernelSeen): boolean {
  const isNew = now.fault !== null && now.fault.block !== before.fault?.block
  return isNew || now.attempts > before.attempts
}

/** What waited for a kernel that was replaced is accepted, unless the process died before. */
export function acceptWaiting(calls: Pick<OwnCalls, 'run'> & Pick<FaultCalls, 'fault'>): void {
  if (calls.fault() !== null) return
  const none = { cranks: 0, computrons: null, deliveries: null, vatsCreated: null, cleanups: null } as const
  const { cranks } = calls.run({ ...none, onCrank: 'nothing' })
  assert(cranks === 0, 'a run of no cranks has none')
}

/** Records the kernel after a step. */
export function recordKernel(calls: Calls, kernels: readonly KernelCode[], progress: RunProgress): void {
  const index = progress.next
  const [before, now] = [kernelBefore(progress, index), kernelNow(calls, kernels)]
  if (now.attempts > before.attempts) keepSights(progress)
  if (now.fault !== null && now.fault.block !== before.fault?.block) takeBackSights(progress)
  progress.kernels.set(index, now)
  recordAside(calls, progress)
}

/** Kr2. */
export function recordAside(calls: Calls, { records, putBack: backs, next }: RunProgress): void {
  for (const { sequence, putBack } of calls.setAsideItems()) {
    for (const [step, record] of records) {
      if (record.kind !== 'accepted' || record.sequence !== sequence) continue
      if (putBack !== null) {
        records.set(step, { ...record, sequence: putBack })
        backs.set(step, next)
      } else assert(calls.result(sequence).kind === 'pending', `item ${sequence} is set aside and pending (Kr2)`)
    }
  }
}

/** Kr1. Records the request of a step whose call met a fault. */
export function recordFaulted(
  calls: Pick<Calls, 'waitingItems'>,
  { records }: RunProgress,
  step: Step | undefined,
  index: number,
): void {
  if (step?.kind !== 'send') return
  const last = calls.waitingItems(0, all).at(-1)
  assert(last !== undefined, 'a message at which the kernel failed waits (Kr1)')
  records.set(index, { kind: 'accepted', sequence: last.sequence })
}
