/**
 * What is known of a store before a plan: its vats, and which of them earlier steps of the plan change, so
 * that nothing can be said of them in advance.
 */
import type { Controller } from '../../host/controller.ts'
import type { VatView } from '../../protocol/kernel/views.ts'
import type { Plan, PlanStep, WorkerStep } from '../../protocol/plan/plan.ts'
import type { WorkerView } from '../../protocol/worker/versions.ts'

/** The store before the plan. */
export interface Before {
  /** Vats that live. */
  readonly vats: readonly VatView[]
  readonly workers: readonly WorkerView[]
}

/** What was left to run is run first, as before the first step of the plan. */
export async function readBefore(controller: Controller, { budget }: Plan): Promise<Before> {
  await controller.run({ cranks: budget.cranks })
  await controller.commit()
  const vats = await controller.vats()
  return {
    vats: vats.filter(({ status }) => status.kind !== 'terminated'),
    workers: await controller.workers(),
  }
}

/** The vat of this name or id; undefined if there is none, or none yet. */
export const vatIn = ({ vats }: Before, nameOrId: string): VatView | undefined =>
  vats.find(({ name, vat }) => name === nameOrId || vat === nameOrId)

/** The vats that a rollout step would move. */
export function movedBy({ vats: names, pattern, worker }: WorkerStep, before: Before): readonly VatView[] {
  const target = workerIn(before, worker)?.id
  const matches = pattern === undefined ? () => true : matcher(pattern)
  return before.vats.filter(
    (view) =>
      view.status.kind !== 'starting' &&
      view.worker !== target &&
      matches(view.name) &&
      (names === undefined || names.some((name) => vatIn(before, name) === view)),
  )
}

/** By its id, the beginning of it, its label (of the newest that has it), or `default`. */
export function workerIn({ workers }: Before, name: string): WorkerView | undefined {
  if (name === 'default') return workers.find(({ use }) => use === 'default')
  return (
    workers.findLast(({ note }) => note?.label === name) ?? workers.find(({ id }) => id.startsWith(name))
  )
}

/** `*` stands for any text. */
function matcher(pattern: string): (name: string) => boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  const expression = new RegExp(`^${parts.join('.*')}$`, 's')
  return (name) => expression.test(name)
}

/** What steps of a plan change, in the order of the plan. */
export class Changed {
  readonly #before: Before
  /** The step after which the vat is another incarnation, or the one that made it; by the name of the vat. */
  readonly #vats = new Map<string, string>()
  kernel: string | undefined

  constructor(before: Before) {
    this.#before = before
  }

  /** The step that changed the vat of this name or id; undefined if none did. */
  stepOf(nameOrId: string): string | undefined {
    return this.#vats.get(vatIn(this.#before, nameOrId)?.name ?? nameOrId)
  }

  add(step: PlanStep): void {
    for (const nameOrId of newIncarnations(step, this.#before))
      this.#vats.set(vatIn(this.#before, nameOrId)?.name ?? nameOrId, step.name)
    if (step.kind === 'kernel') this.kernel = step.name
  }
}

/** Vats that are another incarnation after the step, or none. */
function newIncarnations(step: PlanStep, before: Before): readonly string[] {
  switch (step.kind) {
    case 'vat':
    case 'create':
    case 'terminate':
      return [step.vat]
    case 'together':
      return step.upgrades.map(({ vat }) => vat)
    case 'worker':
      return step.mode === undefined || step.mode === 'replay' ? [] : movedBy(step, before).map(({ name }) => name)
    default:
      return []
  }
}
