/**
 * Rejections that the host asked to watch: traced and reported at the end of the step in which they happened.
 * Those with the policy to pause also pause the kernel.
 */
import type { KernelPlatform } from '../../protocol/kernel/platform.ts'
import type { WatchedRejection } from '../../protocol/kernel/views.ts'
import type { Suspension } from '../vats/suspension.ts'
import type { Tables } from '../tables/tables.ts'

export interface RejectionParts {
  readonly tables: Tables
  readonly ports: KernelPlatform
  readonly suspension: Suspension
}

export function takeRejections({ tables, ports, suspension }: RejectionParts): readonly WatchedRejection[] {
  const rejections = tables.rejections.take()
  for (const rejection of rejections) {
    const { sequence, onRejection } = rejection
    ports.trace({ kind: 'rejection', ...rejection })
    if (onRejection === 'fault')
      suspension.pause({
        vat: null,
        code: 'result-rejected',
        message: `the result of request ${sequence} was rejected`,
      })
  }
  return rejections
}
