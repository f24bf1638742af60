/** What operations on the kernel may come to, by what the model knows of the kernel. */
import { isSound, isUnfit } from '../../kernels/kernels.ts'
import type { JsonValue } from '../../../protocol/node/fields.ts'
import type { VoteMessage } from '../../../protocol/node/messages.ts'
import type { KernelModel } from './kernelModel.ts'
import type { ModelOperation, ModelState } from './state.ts'

type Outcomes = readonly (string | null)[]

const states = ['faulted', 'paused', 'migrating'] as const
const refusals = states.map((each) => `kernel/${each}`)

/** Nr8: the codes of an operation; null: it is done. `items`: the transactions that sent items. */
export function outcomesOf(
  _state: ModelState,
  kernel: KernelModel,
  { number, what }: ModelOperation,
  items: ReadonlyMap<number, number>,
): Outcomes {
  const certain = kernel.tried.some((upgrade) => upgrade.number < number) ? null : kernel.certain
  switch (what.kind) {
    case 'install':
      return [null]
    case 'kernel/upgrade':
      return upgradeOutcomes(kernel, what)
    case 'kernel/retry':
      if (certain === 'ready' || certain === 'paused') return ['kernel/not-faulted']
      return certain === 'faulted' ? [null, 'kernel/fault'] : [null, 'kernel/fault', 'kernel/not-faulted']
    case 'kernel/set-aside':
      if (certain === 'ready' || certain === 'paused') return ['kernel/not-faulted']
      return certain === 'faulted' ? [null, 'kernel/no-item'] : [null, 'kernel/no-item', 'kernel/not-faulted']
    case 'kernel/put-back':
      return kernel.aside.has(items.get(what.item) ?? -1) ? [null] : ['kernel/no-item']
    case 'kernel/pause':
      return needing(certain, [null])
    case 'kernel/unpause':
      return needing(certain === 'paused' ? 'ready' : certain, [null])
    case 'kernel/abandon-plan':
      return needing(certain, abandonOutcomes[kernel.plan])
    case 'kernel/run-plan':
      return needing(certain, planOutcomes(kernel, what))
    case 'kernel/resume':
      return kernel.terminated.has(what.vat) ? ['vat/unknown', ...refusals] : [null, ...refusals]
    case 'kernel/suspend':
    case 'kernel/terminate':
      return kernel.terminated.has(what.vat) ? ['vat/unknown', 'vat-terminated'] : [null]
    case 'kernel/upgrade-vat':
      return vatOutcomes(kernel, what)
    default:
      return []
  }
}

const abandonOutcomes: Readonly<Record<KernelModel['plan'], Outcomes>> = {
  none: ['plan/none'],
  perhaps: [null, 'plan/none'],
  stands: [null],
}

function planOutcomes(
  kernel: KernelModel,
  { plan }: Extract<VoteMessage, { kind: 'kernel/run-plan' }>,
): Outcomes {
  if (kernel.plan === 'stands') return ['plan/active']
  const isFailing = kernel.isDefective() && kernel.isProvoked
  const active = [...(kernel.plan === 'perhaps' ? ['plan/active'] : []), ...(isFailing ? ['kernel/fault'] : [])]
  const { kernel: id, then } = stepsOf(plan)
  const first = id === null ? [] : kernelStepOutcomes(kernel, id)
  if (then === null) return [...first, ...active]
  return [...first.filter((code) => code !== null), ...vatStepOutcomes(kernel, then, active)]
}

/** The kernel may also fail in its trial, when the plan is over or at its next step. */
function kernelStepOutcomes(kernel: KernelModel, id: string): Outcomes {
  const name = kernel.names.nameOf(id)
  if (id.startsWith('b1-0000')) return ['bundle/unknown', 'kernel/unknown']
  if (name === kernel.inPlace) return [null]
  if (name === 'tables-differ') return ['kernel/tables-differ']
  if (name === 'too-old') return ['kernel/interface-too-old']
  if (isUnfit(name as 'miscounts')) return ['kernel/upgrade-failed']
  if (isSound(name as 'same') || !kernel.isProvoked) return [null]
  return [null, 'kernel/upgrade-failed', 'kernel/returned', 'kernel/fault']
}

function vatStepOutcomes(
  kernel: KernelModel,
  { vat, bundle }: VatStep,
  active: Outcomes,
): Outcomes {
  const version = kernel.installed.get(bundle)
  if (kernel.terminated.has(vat)) return ['vat/unknown', 'bundle/unknown', 'upgrade-refused', ...active]
  // A vat may be terminated by an operation whose end is not seen yet.
  if (version === undefined) return ['bundle/unknown', 'vat/unknown', ...active]
  // A vat that runs the code already is skipped.
  return version === 'version-broken' ? ['start/threw', 'upgrade-refused', ...active] : [null, ...active]
}

/** Of an operation that needs a kernel that is ready. */
const needing = (certain: string | null, outcomes: Outcomes): Outcomes =>
  certain === 'ready' ? outcomes : certain === null ? [...outcomes, ...refusals] : [`kernel/${certain}`]

function upgradeOutcomes(
  kernel: KernelModel,
  { kernel: id }: Extract<VoteMessage, { kind: 'kernel/upgrade' }>,
): Outcomes {
  const name = kernel.names.nameOf(id)
  if (name === 'tables-differ') return ['kernel/tables-differ']
  if (name === 'too-old') return ['kernel/interface-too-old']
  // Of two in one block, the first may be in place when the second begins, and be taken back with it.
  if (kernel.tried.length > 1) return [null, 'kernel/in-place', 'kernel/upgrade-failed', 'kernel/unknown', 'kernel/on-trial']
  if (name === kernel.inPlace) return ['kernel/in-place']
  if (isUnfit(name as 'miscounts')) return ['kernel/upgrade-failed']
  if (isSound(name as 'same')) return [null]
  if (id.startsWith('b1-0000')) return ['kernel/unknown']
  return kernel.isProvoked ? [null, 'kernel/upgrade-failed'] : [null]
}

function vatOutcomes(
  kernel: KernelModel,
  { vat, bundle }: Extract<VoteMessage, { kind: 'kernel/upgrade-vat' }>,
): Outcomes {
  if (kernel.terminated.has(vat)) return ['vat/unknown', 'vat-terminated', 'bundle/unknown']
  const version = kernel.installed.get(bundle)
  if (version === undefined) return ['bundle/unknown']
  // An installation that a fault took back is not known to the kernel before the repair.
  const isForgotten = kernel.certain === 'faulted' ? ['service-refused'] : []
  return [...(version === 'version-broken' ? ['upgrade-refused'] : [null]), ...isForgotten]
}

type VatStep = { readonly kind: string; readonly vat: string; readonly bundle: string }


/** The steps of a plan of the simulation: a kernel, a vat, or both. */
export function stepsOf(plan: JsonValue): { readonly kernel: string | null; readonly then: VatStep | null } {
  const { steps } = plan as { readonly steps: readonly VatStep[] }
  const kernel = steps.find(({ kind }) => kind === 'kernel')?.bundle ?? null
  return { kernel, then: steps.find(({ kind }) => kind === 'vat') ?? null }
}
