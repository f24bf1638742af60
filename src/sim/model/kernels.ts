/**
 * Rules of replaced kernels and of their faults. What must hold of messages, items and wakeups must hold
 * under all kernels: those rules (`rules.ts`) know nothing of it, except that a message that was put back
 * comes after those that were sent meanwhile.
 *
 * Mf1. A kernel that can take over is in place after the step; any other leaves the one before. The history
 *      has every attempt that went beyond the refusals. A kernel that fails at an item that waited while the
 *      one before was faulted is taken back, too.
 * Mf2. The kernel fails only where a defect was planted, at a program that provokes it, and is faulted until
 *      an upgrade or a retry.
 * Mf3. While it is faulted, it accepts what the host owes it and what changes a vat; anything else is
 *      refused. It refuses nothing for a fault that is over.
 * Mf4. In the end nothing waits in the inbox, and nothing is set aside.
 */
import { assert } from '../../base/errors.ts'
import { isSound, isUnfit, type FailingKernel, type KernelName } from '../kernels/kernels.ts'
import type { KernelSeen } from '../run/progress.ts'
import type { Step, StepRecord } from '../steps/step.ts'
import type { Facts } from './facts.ts'

/** A step, and the kernel before and after it. */
interface StepSeen {
  readonly what: string
  readonly step: Step
  readonly record: StepRecord | undefined
  readonly before: KernelSeen
  readonly after: KernelSeen
}

const atFirst: KernelSeen = { kernel: 'release', attempts: 0, fault: null }

function stepsSeen({ script, observation, records }: Facts): readonly StepSeen[] {
  const seen = new Map(observation.kernels)
  assert(script.kernels === 'none' || seen.size === script.steps.length, 'the kernel is seen after every step')
  return script.steps.map((step, index) => ({
    what: `step ${index} (${step.kind})`,
    step,
    record: records.get(index),
    before: seen.get(index - 1) ?? atFirst,
    after: seen.get(index) ?? atFirst,
  }))
}

const codeOf = (record: StepRecord | undefined): string | undefined =>
  record?.kind === 'refused' ? record.code : undefined

/** Mf1. */
export function* kernelsFollow(facts: Facts): Generator<string> {
  const attempts: (readonly [string, string, string])[] = []
  for (const { what, step, record, before, after } of stepsSeen(facts)) {
    const isKernel = step.kind === 'kernel'
    const code = codeOf(record)
    const wanted = isKernel ? resultOf(step.to, before, code) : undefined
    if (isKernel && code !== wanted)
      yield `${what} to ${step.to} ended with ${code ?? 'success'}; it should be ${wanted ?? 'success'}`
    const isTried = isKernel && (wanted === undefined || wanted === 'kernel/upgrade-failed')
    const kernel = isKernel && wanted === undefined ? step.to : before.kernel
    if (after.kernel !== kernel) yield `the kernel is ${after.kernel} after ${what}; it should be ${kernel}`
    if (after.attempts !== before.attempts + (isTried ? 1 : 0))
      yield `${what} led from ${before.attempts} to ${after.attempts} attempts in the history`
    if (isTried) attempts.push([before.kernel, step.to, wanted === undefined ? 'done' : 'taken-back'])
  }
  const history = facts.observation.kernelHistory.slice(0, attempts.length)
  if (JSON.stringify(history) !== JSON.stringify(attempts))
    yield `the history of kernels is ${JSON.stringify(history)}; it should be ${JSON.stringify(attempts)}`
}

/** The code with which putting the kernel in place is refused; `code` where the model cannot know. */
function resultOf(to: KernelName, before: KernelSeen, code: string | undefined): string | undefined {
  if (to === before.kernel) return 'kernel/in-place'
  if (to === 'unknown') return 'kernel/unknown'
  if (to === 'tables-differ') return 'kernel/tables-differ'
  if (to === 'too-old') return 'kernel/interface-too-old'
  if (isUnfit(to)) return 'kernel/upgrade-failed'
  // Whether the provoking item waits or was taken is not seen.
  const mayFailAtOnce = to === 'cannot-accept' && before.fault !== null
  return mayFailAtOnce && code === 'kernel/upgrade-failed' ? code : undefined
}

/** What each failing kernel throws, and whether it does while it accepts an item. */
const defects: Readonly<Record<FailingKernel, { readonly error: string; readonly accepting: boolean }>> = {
  'cannot-accept': { error: 'Error: planted: accept', accepting: true },
  'cannot-run': { error: 'Error: planted: run', accepting: false },
  'cannot-deliver': { error: 'Error: planted: deliver', accepting: false },
}

/** Steps in which the kernel accepts or runs something. */
const provokingSteps: ReadonlySet<Step['kind']> = new Set(['send', 'run', 'kernel', 'retry', 'put-back'])

/** Mf2. */
export function* faultsHaveReasons(facts: Facts): Generator<string> {
  const provokes = JSON.stringify(facts.script.steps).includes('"kind":"provoke"')
  for (const { what, step, record, before, after } of stepsSeen(facts)) {
    const isNew = after.fault !== null && after.fault.block !== before.fault?.block
    if (isNew) {
      const { error, accepting } = after.fault
      const defect = isSound(after.kernel as KernelName) ? undefined : defects[after.kernel as FailingKernel]
      if (defect?.error !== error || defect.accepting !== accepting || !provokes)
        yield `the kernel ${after.kernel} failed in ${what} with ${error}`
      if (!provokingSteps.has(step.kind)) yield `the kernel failed in ${what}, which has it do nothing`
    }
    if (before.fault === null || (after.fault !== null && !isNew)) continue
    const isWayOut = step.kind === 'retry' || (step.kind === 'kernel' && record === undefined)
    if (!isWayOut) yield `the fault was over after ${what}`
  }
}

/** Steps that a faulted kernel takes. */
const taken: ReadonlySet<Step['kind']> = new Set([
  'deliver',
  'collect',
  'advance',
  'forget',
  'suspend',
  'terminate',
  'upgrade',
  'policy',
  'limit',
])
/** Steps that request nothing from the kernel. */
const own: ReadonlySet<Step['kind']> = new Set([
  'run',
  'commit',
  'skip',
  'kernel',
  'retry',
  'aside',
  'put-back',
])

/** Mf3. */
export function* faultedRefuses(facts: Facts): Generator<string> {
  for (const { what, step, record, before } of stepsSeen(facts)) {
    const code = codeOf(record)
    const needsKernel = step.kind === 'upgrade' && step.way === 'salvage'
    const isTaken = (taken.has(step.kind) && !needsKernel) || own.has(step.kind)
    if (code === 'kernel/faulted' && (before.fault === null || isTaken)) yield `${what} was refused for a fault`
    if (before.fault !== null && !isTaken && code === undefined)
      yield `${what} was accepted while the kernel was faulted`
  }
}

/** Mf4. */
export function* nothingWaits({ observation: { untaken, aside } }: Facts): Generator<string> {
  if (untaken > 0) yield `${untaken} items wait in the inbox at the end`
  if (aside > 0) yield `${aside} items are set aside at the end`
}
