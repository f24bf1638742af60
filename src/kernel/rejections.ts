/** Rejections that the host asked to be told of: traced and reported at the end of the step in which they happened. */
import type { KernelPorts } from './ports.ts'
import type { WatchedRejection } from './tables/records.ts'
import type { Tables } from './tables/tables.ts'

export function takeRejections({ tables, ports }: { readonly tables: Tables; readonly ports: KernelPorts }): readonly WatchedRejection[] {
  const rejections = tables.takeRejections()
  for (const rejection of rejections) ports.trace({ kind: 'rejection', ...rejection })
  return rejections
}
