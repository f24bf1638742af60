import { encodeValue } from '../../api/values.ts'
import type { UpgradeChoices } from '../../protocol/host/inbox.ts'
import type { CapData } from '../../protocol/capdata.ts'
import { estateText, makeManner, makeMode } from '../program/program.ts'
import type { StepKind } from './step.ts'

/** Asks for a vat's next incarnation, on code that works or on code that does not. */
export const upgrade: StepKind<'upgrade'> = {
  weight: 8,
  make: ({ dice, vats }) => {
    const way = dice.weighted({ durable: 6, replay: 2, auto: 1, salvage: 2 })
    return {
      kind: 'upgrade',
      vat: dice.pick(vats),
      bundle: dice.roll(5),
      mode: makeMode(dice),
      way,
      ...makeManner(dice),
    }
  },
  apply: (
    { machine, bundles, salvage, records },
    { vat, bundle, mode, way, from, onFailure, drain },
    index,
  ) => {
    // A replay has the parameters that the incarnation was started with.
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
    const sequence = machine.upgradeVat(vat, bundles[bundle] ?? '', parameters, choices, found)
    records.set(index, {
      kind: 'accepted',
      sequence,
      ...(found === null ? {} : { salvaged: { incarnation: found.incarnation, text: textOf(found.data) } }),
    })
  },
}

/**
 * As the heir writes it down. Nothing in it is written otherwise as capdata than as JSON, but for references.
 */
function textOf({ body }: CapData): string {
  const { lines, things } = JSON.parse(body.slice(1)) as { lines: number; things: readonly { u: string }[] }
  return estateText(lines, things)
}
