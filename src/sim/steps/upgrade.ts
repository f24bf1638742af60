/** Upgrading vats, by code that works and by code that does not. */
import { assert } from '../../base/errors.ts'
import { encodeValue } from '../../api/values.ts'
import type { UpgradeChoices } from '../../protocol/host/inbox.ts'
import type { CapData } from '../../protocol/capdata.ts'
import { estateText, makeUpgradeManner, makeMode } from '../program/program.ts'
import type { StepKind } from './step.ts'

/** Upgrades a vat, to code that works or to code that does not. */
export const upgrade: StepKind<'upgrade'> = {
  weight: 8,
  make: ({ random, vats }) => {
    const way = random.weighted({ durable: 6, replay: 2, auto: 1, salvage: 2 })
    return {
      kind: 'upgrade',
      vat: random.pick(vats),
      bundle: random.below(5),
      mode: makeMode(random),
      way,
      ...makeUpgradeManner(random),
    }
  },
  apply: (
    { machine, bundles, salvage, records },
    { vat, bundle, mode, way, from, onFailure, drain },
    index,
  ) => {
    // A replay keeps the parameters of the incarnation.
    const kept = way === 'replay' || from === 'kept'
    const parameters = encodeValue(kept ? undefined : { name: vat, mode, bundles, tag: `step ${index}` })
    const choices: UpgradeChoices = {
      upgradeMessage: `step ${index}`,
      mode: way === 'salvage' ? 'durable' : way,
      parametersFrom: from,
      onFailure,
      ...(drain === 0 ? {} : { drain: { maxCranks: drain } }),
    }
    const found =
      way === 'salvage' ? machine.salvage(vat, salvage, { computrons: null, heapLimitBytes: null }) : null
    const code = bundles[bundle]
    assert(code !== undefined, 'a step names a bundle of the world')
    const sequence = machine.upgradeVat(vat, code, parameters, choices, found)
    records.set(index, {
      kind: 'accepted',
      sequence,
      ...(found === null ? {} : { salvaged: { incarnation: found.incarnation, text: textOf(found.data) } }),
    })
  },
}

/** In the notation of the heir's journal. In this data capdata differs from JSON in references only. */
function textOf({ body }: CapData): string {
  const { lines, things } = JSON.parse(body.slice(1)) as { lines: number; things: readonly { u: string }[] }
  return estateText(lines, things)
}
