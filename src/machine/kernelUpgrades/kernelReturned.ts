/** Thrown when a kernel on trial failed: the store is back at the block before the upgrade. */
import { CodedError } from '../../base/errors.ts'
import { returnedText, type KernelReturn } from '../../protocol/machine/kernelUpgrades.ts'

export class KernelReturned extends CodedError {
  readonly returned: KernelReturn

  constructor(returned: KernelReturn) {
    super('kernel/returned', returnedText(returned), { ...returned })
    this.returned = returned
  }
}
