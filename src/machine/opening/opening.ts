/** Opens or creates the store of a machine. */
import { assert, CodedError } from '../../base/errors.ts'
import { refuse } from '../../protocol/codes.ts'
import { createStore, openStore, openStoreForReading, type Store } from '../../store/store.ts'
import type { MachineOptions, Genesis } from '../../protocol/machine/options.ts'
import { assertTrusted } from './trust.ts'

/** The name under which the store keeps the id of its kernel bundle. */
export const kernelLabel = 'heirloom:kernel'

/** A store whose creation was cut off has no kernel yet: callers that may create one treat it as missing. */
export function openOrMake(options: MachineOptions): Store {
  const { directory, make } = options
  const store = openIfThere(options)
  if (store === undefined) {
    if (make !== 'never') return createStore(directory)
    return refuse('store/not-found', `there is no store in ${directory}`, { directory })
  }
  const finished = store.bundles.named(kernelLabel) !== undefined
  if (!finished && store.blocks.height > 0) {
    const { height } = store.blocks
    store.close()
    refuse('store/corrupt-bundle', `the store in ${directory} is at block ${height} but names no kernel`, {
      directory,
      label: kernelLabel,
    })
  }
  if (finished && make === 'always') {
    store.close()
    refuse('store/exists', `there is already a store in ${directory}`, { directory })
  }
  if (!finished && make === 'never') {
    store.close()
    refuse('store/not-found', `the creation of the store in ${directory} was interrupted; create it again`, {
      directory,
    })
  }
  if (finished) judge(store, options)
  return store
}

/** Before anything of the store runs. */
function judge(store: Store, { trust = [] }: MachineOptions): void {
  try {
    assertTrusted(store, trust)
    store.saveTrust()
  } catch (error) {
    store.close()
    throw error
  }
}

function openIfThere({
  directory,
  access,
  verify,
  rolledBack = 'refuse',
}: MachineOptions): Store | undefined {
  try {
    return access === 'read'
      ? openStoreForReading(directory, { verify, rolledBack })
      : openStore(directory, { verify, rolledBack })
  } catch (error) {
    if (error instanceof CodedError && error.code === 'store/not-found') return undefined
    throw error
  }
}

export function installKernel(store: Store, genesis: Genesis | null): void {
  assert(genesis !== null, 'a new store has a genesis')
  assert(store.blocks.height === 0, 'a new store has no block')
  const id = store.bundles.put('kernel', genesis.kernel)
  store.bundles.name(kernelLabel, id)
  store.trust.add([id], 'installed')
}
