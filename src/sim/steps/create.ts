import { encodeValue } from '../../api/values.ts'
import type { VatOptions } from '../../protocol/host/inbox.ts'
import type { WorkerId } from '../../base/ids.ts'
import { makeMode } from '../program/program.ts'
import type { Stage, Step, StepKind } from './step.ts'

type Create = Extract<Step, { kind: 'create' }>

/** Asks for a vat, by the first engine or the other. */
export const create: StepKind<'create'> = {
  weight: 4,
  make: ({ dice, index, vats }) => {
    const name = `vat${index}`
    vats.push(name)
    // The first three must live: there has to be somebody to talk to.
    const mode = vats.length <= 3 ? 'good' : makeMode(dice)
    const bundle = vats.length <= 3 ? 0 : dice.roll(4)
    return {
      kind: 'create',
      name,
      mode,
      bundle,
      options: dice.pick(['usual', 'usual', 'other-engine', 'small', 'waits-on-fault', 'critical']),
    }
  },
  apply: (stage, { name, mode, bundle, options }, index) => {
    const { machine, bundles, records } = stage
    const parameters = encodeValue({ name, mode, bundles, tag: `step ${index}` })
    const sequence = machine.createVat(name, bundles[bundle] ?? '', parameters, optionsOf(stage, options))
    records.set(index, { kind: 'accepted', sequence })
  },
}

function optionsOf({ otherWorker }: Stage, options: Create['options']): VatOptions {
  switch (options) {
    case 'usual':
      return {}
    case 'other-engine':
      return { worker: otherWorker as WorkerId }
    case 'waits-on-fault':
      return { onFault: 'suspend' }
    case 'critical':
      return { importance: 'critical' }
    case 'small':
      return { heapLimitBytes: 12 * 1024 * 1024 }
  }
}
