/** Replacing the kernel, and the ways out of its faults. */
import { atOnce } from '../../protocol/machine/kernelUpgrades.ts'
import { readFileSync } from 'node:fs'
import { assert } from '../../base/errors.ts'
import { refuse } from '../../protocol/codes.ts'
import type { MachineCalls } from '../../protocol/machine/calls.ts'
import type { WaitingItem } from '../../protocol/machine/faults.ts'
import { failingKernels, refusedKernels, soundKernels, unfitKernels, type KernelName } from '../kernels/kernels.ts'
import type { Kernels } from '../program/program.ts'
import type { Random } from '../program/random.ts'
import type { World, StepKind } from './step.ts'

/** More items than ever wait. */
const all = 10_000

/** Puts another kernel in place; a failing one only in worlds that may have one. */
export const kernel: StepKind<'kernel'> = {
  weight: 8,
  make: ({ random, kernels }) => ({ kind: 'kernel', to: pickKernel(random, kernels) }),
  apply: ({ machine, kernels }, { to }) => {
    const code = kernels.find(({ name }) => name === to)
    if (code !== undefined) {
      const { id } = machine.installKernel(readFileSync(code.path))
      assert(id === code.id, 'a kernel has the same id in every store')
    }
    machine.upgradeKernel(code?.id ?? 'b1-0', atOnce)
  },
}

function pickKernel(random: Random, kernels: Kernels): KernelName {
  const kind = random.weighted({ sound: 6, failing: kernels === 'failing' ? 5 : 0, unfit: 2, refused: 1 })
  const names = { sound: soundKernels, failing: failingKernels, unfit: unfitKernels, refused: refusedKernels }
  return random.pick<KernelName>(names[kind])
}

/** Has the kernel go on. Does nothing when it is not faulted. */
export const retry: StepKind<'retry'> = {
  weight: 4,
  make: () => ({ kind: 'retry' }),
  apply: ({ machine }) => machine.retryKernel(),
}

/** Sets a message or an item of the port aside; others are requests on which later ones depend. */
export const aside: StepKind<'aside'> = {
  weight: 3,
  make: ({ random }) => ({ kind: 'aside', item: random.chance(70) ? 'provoking' : random.below(20) }),
  apply: ({ machine }, { item }) => {
    const waiting = machine.waitingItems(0, all).filter(isMessage)
    const found = item === 'provoking' ? provokingOf(machine, waiting) : waiting[item % (waiting.length || 1)]
    if (found === undefined) refuse('kernel/no-item', 'no such item waits')
    machine.setAside(found.sequence)
  },
}

const isMessage = ({ item }: WaitingItem): boolean =>
  ['send', 'deliver'].includes((JSON.parse(item) as { kind: string }).kind)

/** The item at which the kernel failed; when it was running, the last message of those that wait. */
function provokingOf(machine: MachineCalls, waiting: readonly WaitingItem[]): WaitingItem | undefined {
  const input = machine.fault()?.input ?? null
  return input === null ? waiting.at(-1) : waiting.find(({ sequence }) => sequence === input)
}

/** Puts back, in order, what is set aside. */
export const putBack: StepKind<'put-back'> = {
  weight: 2,
  make: () => ({ kind: 'put-back' }),
  apply: ({ machine }) => putAllBack(machine),
}

/** A kernel with a defect may fail at one of them. */
export function putAllBack(machine: World['machine']): void {
  for (const { sequence, putBack: done } of machine.setAsideItems())
    if (done === null) machine.putBack(sequence)
}
