/**
 * Makes the plan of a validation from the last block of a store.
 *
 * Rpn1. The block is read from a private copy, without the writer's lock. The store's own kernel reads the
 *      tables, so its code is judged first, as for every opening.
 */
import { compareVatIds, type VatId } from '../base/ids.ts'
import { storedReader } from '../machine/kernel/storedReader.ts'
import { Lookups } from '../machine/lookups/lookups.ts'
import { openLastBlock } from './lastBlock.ts'
import type { KernelReader } from '../protocol/kernel/kernel.ts'
import type { VatView } from '../protocol/kernel/views.ts'
import type { WorkerVersion } from '../protocol/worker/worker.ts'
import { versionOf } from '../release/workerIdOf.ts'
import type { Store } from '../store/store.ts'
import type { Plan, PlannedVat, PlanOrder, WorkerChoice } from './plan.ts'

export function makePlan(order: PlanOrder): Plan {
  const store = openLastBlock(order)
  try {
    const read = storedReader(store)
    const lookups = new Lookups(store, () => read)
    const chosen = chosenVats(order, lookups)
    const bundle = order.bundle === null ? undefined : lookups.script(order.bundle)
    const vats = read
      .vats()
      .filter(isAlive)
      .map((view) => plannedVat(store, read, view, bundle ?? lookups.script(view.bundle), chosen))
    return {
      height: store.blocks.height,
      worker: usableWorker(order.worker, lookups),
      vats: vats.toSorted((one, other) => compareVatIds(one.vat, other.vat)),
    }
  } finally {
    store.close()
  }
}

const isAlive = ({ status }: VatView): boolean => status.kind !== 'starting' && status.kind !== 'terminated'

type Chosen = 'all' | ReadonlySet<VatId>

const chosenVats = ({ vats }: PlanOrder, lookups: Lookups): Chosen =>
  vats === 'all' ? 'all' : new Set(vats.map((nameOrId) => lookups.alive(nameOrId)))

function plannedVat(
  { transcripts }: Store,
  read: KernelReader,
  { vat, name, worker }: VatView,
  bundle: PlannedVat['bundle'],
  chosen: Chosen,
): PlannedVat {
  const incarnation = transcripts.incarnation(vat)
  const to = transcripts.committed(vat)
  const history =
    incarnation === undefined || to === undefined
      ? null
      : {
          vat,
          bundle,
          limits: read.replayLimits(vat),
          heapLimitPages: read.assignment(vat).heapLimitPages,
          from: { position: incarnation.start, link: transcripts.linkAt(vat, incarnation.start) },
          to,
        }
  const deliveries = history === null ? 0 : history.to.position - history.from.position
  return {
    vat,
    name,
    worker,
    bundle,
    deliveries,
    history,
    chosen: chosen === 'all' || chosen.has(vat),
  }
}

function usableWorker(choice: WorkerChoice, lookups: Lookups): Plan['worker'] {
  switch (choice.kind) {
    case 'installed':
      return { version: installedVersion(choice.worker, lookups), code: null }
    case 'code':
      return { version: versionOf(choice.code), code: choice.code }
    case 'broken':
      return { broken: choice.message }
  }
}

/** As every command finds one: by its id, the beginning of it, its label, or `default`. */
function installedVersion(worker: string, lookups: Lookups): WorkerVersion {
  const { id, engine, supervisor, image } = lookups.worker(worker)
  return { id, engine, supervisor, image }
}
