/**
 * Records of rollouts during a run, with what must hold after every step.
 *
 * Rw1. A rollout decides its vats in order, in a block no more than its pace allows.
 * Rw2. When it is over, no vat waits for it.
 */
import { assert } from '../../base/errors.ts'
import type { Machine } from '../../machine/machine.ts'
import type { RolloutVat, RolloutView } from '../../protocol/worker/rollout.ts'
import type { RolloutSeen } from './progress.ts'

/** More vats than any run has. */
const all = 1_000

/** Records the last rollout. */
export function recordRollout(machine: Machine, rollouts: Map<number, RolloutSeen>): void {
  const view = machine.versions.rollout()
  if (view === null) return
  const entries = machine.versions.rolloutVats(0, all)
  const vats = machine.vats()
  assertInOrder(view, entries)
  for (const { name, status } of vats) {
    if (!isOver(view) || status.kind !== 'suspended') continue
    const waits = status.message === `waits for rollout ${view.number}`
    assert(!waits, `${name} waits for a rollout that is over (Rw2)`)
  }
  const names = new Map(vats.map(({ vat, name }) => [vat, name]))
  rollouts.set(view.number, {
    state: view.state,
    vats: entries.map(({ vat, outcome, refusal }) => ({
      name: names.get(vat) ?? vat,
      outcome,
      refusal: refusal?.code ?? null,
    })),
  })
}

export const isOver = ({ state }: Pick<RolloutView, 'state'>): boolean =>
  state === 'done' || state === 'aborted'

/** Rw1. */
function assertInOrder(view: RolloutView, entries: readonly RolloutVat[]): void {
  const { number, decided, inBlock, perBlock, state } = view
  assert(entries.length === view.vats, `rollout ${number} has all its vats`)
  assert(inBlock.vats <= perBlock.vats, `rollout ${number} goes no faster than it may (Rw1)`)
  for (const [index, { outcome, holds }] of entries.entries()) {
    const isUndecided = outcome === 'waiting' || outcome === 'left'
    assert(isUndecided === index >= decided, `rollout ${number} decides its vats in order (Rw1)`)
    assert(holds === 'nothing' || (isUndecided && !isOver(view)), `rollout ${number} lets go of its vats (Rw2)`)
  }
  assert(state !== 'done' || decided === view.vats, `rollout ${number} is done with all its vats`)
}
