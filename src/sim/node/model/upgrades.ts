/** The model of upgrades of the host at a height. */
import type { Halt, Observation } from '../run/observation.ts'
import { feeAfter, upgradeKindOf } from '../run/releases.ts'
import type { ModelState } from './state.ts'

/** Does what is due at the present height, before all else of the block (Nr11). */
export function doUpgrades(state: ModelState, halts: readonly Halt[]): void {
  const due = [...state.scheduled].filter(([, height]) => height === state.height).map(([name]) => name)
  const skipped = new Set(halts.flatMap(({ then, name, height }) => (then === 'skip' ? [`${name}@${height}`] : [])))
  for (const name of due.sort()) {
    const isSkipped = skipped.has(`${name}@${state.height}`)
    state.scheduled.delete(name)
    state.ended.set(name, isSkipped ? 'skipped' : 'done')
    if (!isSkipped) state.parameters.set('fees.host', feeAfter(name))
  }
}

/** A node halts once for the first upgrade that its release does not have, and for each that is skipped. */
export function judgeHalts(state: ModelState, { blocks, halts }: Observation): void {
  const dueAt = new Map<number, string[]>()
  for (const { upgrades } of blocks)
    for (const each of upgrades.ended) {
      const { name, height } = each as { readonly name: string; readonly height: number }
      dueAt.set(height, [...new Set([...(dueAt.get(height) ?? []), name])].sort())
    }
  const wanted: string[] = []
  let hasNext = false
  for (const [height, names] of [...dueAt].sort(([one], [other]) => one - other)) {
    const unknown = names.filter((name) => ['later', 'skipped'].includes(upgradeKindOf(name)))
    for (const name of unknown) {
      const kind = upgradeKindOf(name)
      if (kind === 'later' && hasNext) continue
      if (kind === 'later') hasNext = true
      wanted.push(`${height} node/halted ${name}`)
    }
    const failing = names.find((name) => upgradeKindOf(name) === 'throws')
    if (failing === undefined || hasNext) continue
    hasNext = true
    wanted.push(`${height} node/upgrade-failed ${failing}`)
  }
  const found = halts.map(({ height, code, name }) => `${height} ${code} ${name}`)
  if (found.join() !== wanted.join())
    state.find('upgrades (Nr11)', `the node has stopped at ${found.join(', ') || 'no height'}, not at ${wanted.join(', ') || 'any'}`)
}
