/** The model of the kernel: which is in place, why it fails, and what its operations may come to. */
import type { KernelName } from '../../kernels/kernels.ts'
import type { NodeEvent } from '../../../protocol/node/views.ts'
import type { BlockSeen } from '../run/observation.ts'
import { lateKinds, type KernelModel } from './kernelModel.ts'
import { outcomesOf, stepsOf } from './operations.ts'
import type { ModelOperation, ModelState } from './state.ts'

/** Goes through what has happened to the kernel in a block. */
export function judgeKernel(state: ModelState, kernel: KernelModel, block: BlockSeen): void {
  // A kernel that is paused may be faulted as well.
  kernel.certain = state.kernel.error === null ? state.kernel.state : 'faulted'
  kernel.isProvoked ||= block.delivered.some(
    ({ body: { message } }, at) => block.results[at]?.code === 'ok' && isProvoking(message),
  )
  for (const { items } of block.delivered) for (const [item, n] of items) kernel.items.set(item, n)
  const { items } = kernel
  kernel.tried = openUpgrades(state, kernel)
  const ids = kernel.tried.flatMap(({ what }) => kernelOfPlan(what) ?? [])
  const planned = ids.map((id) => kernel.names.nameOf(id))
  kernel.planned = new Set(planned.length === 0 ? [] : [...planned, kernel.inPlace])
  for (const { kind, data } of block.events) if (kind === 'operation') judgeOperation(state, kernel, data, items)
  judgeFaults(state, kernel, block)
}

/** Upgrades of the kernel that this block begins or goes on with. */
const openUpgrades = (state: ModelState, kernel: KernelModel): readonly ModelOperation[] =>
  state.operations.filter(
    ({ number, what }) =>
      (what.kind === 'kernel/upgrade' || kernelOfPlan(what) !== null) && !kernel.hasEnded(number),
  )

/** The kernel that a plan puts in place; null: it does not, or is none. */
const kernelOfPlan = (what: ModelOperation['what']): string | null =>
  what.kind === 'kernel/run-plan' ? stepsOf(what.plan).kernel : null

interface Texts {
  readonly kind: string
  readonly method?: string
  readonly memo?: string
}

const isProvoking = (message: Texts): boolean =>
  message.method === 'provoke' || message.memo === 'provoke'

/** Nr7. */
function judgeFaults(state: ModelState, kernel: KernelModel, { kernel: seen, events }: BlockSeen): void {
  const name = kernel.names.nameOf(seen.kernel)
  // A plan that fails may have put its kernel in place, and a kernel that it put in place may be taken back.
  if (kernel.planned.has(name)) kernel.inPlace = name as KernelName
  if (seen.state !== 'migrating' && name !== kernel.inPlace)
    state.find('faults (Nr7)', `the kernel in place is ${name}, not ${kernel.inPlace}`)
  const isFaulted = seen.state === 'faulted' || events.some(({ kind }) => kind === 'kernel-faulted')
  if (isFaulted && (!kernel.isDefective() || !kernel.isProvoked))
    state.find('faults (Nr7)', `the kernel ${kernel.inPlace} is faulted without a planted reason`)
  if (events.some(({ kind }) => kind === 'kernel-returned') && kernel.tried.length === 0)
    state.find('faults (Nr7)', `a kernel was taken back, and none was put in place`)
}

/** Nr6, Nr8. */
function judgeOperation(
  state: ModelState,
  kernel: KernelModel,
  data: NodeEvent['data'],
  items: ReadonlyMap<number, number>,
): void {
  const number = Number(data['number'])
  const operation = state.operations.find((each) => each.number === number)
  if (operation === undefined || operation.what.kind !== data['operation'] || operation.proposal !== data['proposal'])
    return state.find('operations (Nr8)', `operation ${number} (${String(data['operation'])}) was not asked for`)
  const code = data['code'] === null ? null : String(data['code'])
  if (!kernel.end(operation)) state.find('operations (Nr8)', `operation ${number} ends twice, or out of order`)
  const proposal = operation.proposal === null ? undefined : state.proposals[operation.proposal - 1]
  if (proposal?.state === 'failed' && !lateKinds.includes(operation.what.kind))
    state.find('operations (Nr8)', `operation ${number} is done, and its proposal has failed`)
  const allowed = outcomesOf(state, kernel, operation, items)
  if (!allowed.includes(code))
    state.find(
      'operations (Nr8)',
      `operation ${number} (${JSON.stringify(operation.what).slice(0, 200)}) comes to ${code}, not ${allowed.join(' or ')}; the kernel ${kernel.inPlace} is ${kernel.certain}`,
    )
  note(state, kernel, operation, code, items)
  if (proposal?.state !== 'executing') return
  proposal.operations -= 1
  if (code !== null) [proposal.state, proposal.reason] = ['failed', code]
  else if (proposal.operations === 0) proposal.state = 'done'
}

/** What an operation has changed. */
function note(
  state: ModelState,
  kernel: KernelModel,
  { what, number, height }: ModelOperation,
  code: string | null,
  items: ReadonlyMap<number, number>,
): void {
  if (what.kind === 'install') {
    const { label, hash, by } = what
    state.uploads.delete(`${by} ${hash}`)
    if (code !== null && label !== null) state.labels.delete(label)
    if (code === null && label !== null) kernel.installed.set(label, kernel.names.codeOf(hash))
    return
  }
  if (what.kind === 'kernel/retry') kernel.certain = null
  if (what.kind === 'kernel/run-plan') kernel.plan = planAfter(kernel.plan, code)
  if (code !== null) return
  const versionOf = (label: string): string => kernel.installed.get(label) ?? ''
  switch (what.kind) {
    case 'kernel/upgrade':
      kernel.inPlace = kernel.names.nameOf(what.kernel) as KernelName
      return
    case 'kernel/abandon-plan':
      kernel.plan = 'none'
      return
    case 'kernel/pause':
      kernel.certain = 'paused'
      return
    case 'kernel/unpause':
      kernel.certain = 'ready'
      return
    case 'kernel/set-aside':
      kernel.aside.add(items.get(what.item) ?? -1)
      return
    case 'kernel/put-back': {
      const n = items.get(what.item) ?? -1
      kernel.aside.delete(n)
      kernel.putBack.add(n)
      return
    }
    case 'kernel/terminate':
      kernel.terminated.add(what.vat)
      return
    case 'kernel/upgrade-vat':
      kernel.upgrades.push({
        vat: what.vat,
        version: versionOf(what.bundle),
        operation: number,
        height,
        isPlan: false,
      })
      return
    case 'kernel/run-plan': {
      const { then } = stepsOf(what.plan)
      if (then !== null)
        kernel.upgrades.push({
          vat: then.vat,
          version: versionOf(then.bundle),
          operation: number,
          height,
          isPlan: true,
        })
      return
    }
  }
}

/** By the code of a vote that ran one: some refuse it before it begins. */
function planAfter(before: KernelModel['plan'], code: string | null): KernelModel['plan'] {
  if (code === null) return 'none'
  if (['plan/active', 'upgrade-refused', 'start/threw'].includes(code)) return 'stands'
  return ['kernel/faulted', 'kernel/paused', 'kernel/migrating'].includes(code) ? before : 'perhaps'
}
