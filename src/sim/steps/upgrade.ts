import { encodeValue } from '../../controller/values.ts'
import { makeMode } from '../program.ts'
import type { StepKind } from './step.ts'

/** Asks for a vat's next incarnation, on code that works or on code that does not. */
export const upgrade: StepKind<'upgrade'> = {
  weight: 8,
  make: ({ dice, vats }) => ({ kind: 'upgrade', vat: dice.pick(vats), bundle: dice.roll(5), mode: makeMode(dice), way: dice.weighted({ durable: 6, replay: 2, auto: 1 }) }),
  apply: ({ machine, bundles, records }, { vat, bundle, mode, way }, index) => {
    // A replay has the parameters that the incarnation was started with.
    const parameters = encodeValue(way === 'replay' ? undefined : { name: vat, mode, bundles })
    const sequence = machine.upgradeVat(vat, bundles[bundle] ?? '', parameters, { upgradeMessage: `step ${index}`, mode: way }, null)
    records.set(index, { kind: 'accepted', sequence })
  },
}
