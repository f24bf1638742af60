/** Opens the last block of a store from a private copy, without the writer's lock. */
import { openOrMake } from '../machine/opening/opening.ts'
import type { MachineOptions } from '../protocol/machine/options.ts'
import type { Store } from '../store/store.ts'

export const openLastBlock = ({
  directory,
  trust,
  rolledBack,
}: Required<Pick<MachineOptions, 'directory' | 'trust' | 'rolledBack'>>): Store =>
  openOrMake({
    directory,
    access: 'read',
    make: 'never',
    verify: 'lazy',
    rolledBack,
    trust,
    residentWorkers: 1,
    residentBytes: 1,
    eviction: 'when-needed',
    trace: null,
    genesis: null,
  })
