/** Outcomes of starting an incarnation, as the requester receives them. */
import type { VatRecord } from '../tables/records.ts'
import type { MigratedKind, KindLeft, StartRefusal, DeliveryResult } from '../../protocol/results.ts'
import { cut } from '../objects/kernelValues.ts'
import { refusalLimits, upgradeLimits } from '../../protocol/limits.ts'
import type { Salvaged } from '../../protocol/worker/salvage.ts'
import type { Delivered } from '../delivery/deliveries.ts'

export type StartOutcome =
  | {
      readonly kind: 'started'
      readonly keeps: Pick<VatRecord, 'keepsPromises'>
      readonly migrated: readonly MigratedKind[]
      readonly abandoned: readonly KindLeft[]
    }
  | { readonly kind: 'refused'; readonly refusal: StartRefusal }

/**
 * A copy as data of the kernel: a value from a port belongs to another realm, whose records are not ours, and
 * may be as long as a vat can write.
 */
export const copyOf = ({ code, message, names, stack }: StartRefusal): StartRefusal => ({
  code,
  message: cut(message, refusalLimits.text),
  names: [...names].slice(0, refusalLimits.names).map((name) => cut(name, refusalLimits.name)),
  stack: cut(stack, refusalLimits.text),
})

export const migratedOf = (migrated: readonly MigratedKind[]): MigratedKind[] =>
  [...migrated]
    .slice(0, upgradeLimits.listed)
    .map(({ tag, from, to }) => ({ tag: cut(tag, refusalLimits.name), from, to }))

export const staleSalvage = ({ incarnation }: Salvaged, record: VatRecord): StartRefusal => ({
  code: 'salvage/stale',
  message: `it was salvaged from incarnation ${incarnation}, and the vat is incarnation ${record.incarnation}; salvage again`,
  names: [],
  stack: '',
})

export const unknownParameters: StartRefusal = {
  code: 'start/parameters-unknown',
  message:
    'the parameters were to be kept, and the vat was started by a kernel that did not keep them; give them once',
  names: [],
  stack: '',
}

export const startedOf = ({
  promises,
  migrated = [],
  abandoned = [],
}: Extract<DeliveryResult, { kind: 'started' }>): StartOutcome => ({
  kind: 'started',
  keeps: promises === 'kept' ? { keepsPromises: true } : {},
  migrated: migratedOf(migrated),
  abandoned,
})

export function outcomeOf(delivered: Delivered): StartOutcome {
  if (delivered.kind === 'failed') {
    return {
      kind: 'refused',
      refusal: { code: 'start/fault', message: delivered.message, names: [delivered.code], stack: '' },
    }
  }
  if (delivered.kind === 'exited') {
    return {
      kind: 'refused',
      refusal: { code: 'start/exited', message: delivered.message, names: [], stack: '' },
    }
  }
  if (delivered.result.kind === 'started') return startedOf(delivered.result)
  if (delivered.result.kind === 'refused')
    return { kind: 'refused', refusal: copyOf(delivered.result.refusal) }
  return {
    kind: 'refused',
    refusal: {
      code: 'start/fault',
      message: 'the supervisor did not say that it started',
      names: [],
      stack: '',
    },
  }
}
