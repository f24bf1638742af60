/** Creating vats. */
import { assert } from '../../base/errors.ts'
import { encodeValue } from '../../api/values.ts'
import type { VatOptions } from '../../protocol/host/inbox.ts'
import { makeMode } from '../program/program.ts'
import type { World, Step, StepKind } from './step.ts'
import { workerAt } from './workers.ts'

type Create = Extract<Step, { kind: 'create' }>

/** Creates a vat, on the default engine or the other one. */
export const create: StepKind<'create'> = {
  weight: 4,
  make: ({ random, index, vats }) => {
    const name = `vat${index}`
    vats.push(name)
    // The first three must start, since programs are sent to them.
    const mode = vats.length <= 3 ? 'good' : makeMode(random)
    const bundle = vats.length <= 3 ? 0 : random.below(4)
    return {
      kind: 'create',
      name,
      mode,
      bundle,
      options: random.pick(['usual', 'usual', 'other-engine', 'small', 'waits-on-fault', 'critical']),
    }
  },
  apply: (world, { name, mode, bundle, options }, index) => {
    const { machine, bundles, records } = world
    const code = bundles[bundle]
    assert(code !== undefined, 'a step names a bundle of the world')
    const parameters = encodeValue({ name, mode, bundles, tag: `step ${index}` })
    const sequence = machine.createVat(name, code, parameters, optionsOf(world, options))
    records.set(index, { kind: 'accepted', sequence })
  },
}

function optionsOf(world: World, options: Create['options']): VatOptions {
  switch (options) {
    case 'usual':
      return {}
    case 'other-engine':
      return { worker: workerAt(world, 1) }
    case 'waits-on-fault':
      return { onFault: 'suspend' }
    case 'critical':
      return { importance: 'critical' }
    case 'small':
      return { heapLimitBytes: 12 * 1024 * 1024 }
  }
}
