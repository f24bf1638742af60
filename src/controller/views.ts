/** Vats as the host sees them, whatever kernel tells of them. */
import type { VatView } from '../kernel/events.ts'

/** What older kernels do not say of a vat. */
const viewDefaults: Partial<VatView> = { parkedWeight: 0, onFault: 'reject', importance: 'ordinary', cleanup: null }

export function viewOf(view: VatView): VatView {
  const { status } = view
  return { ...viewDefaults, ...view, status: status.kind === 'suspended' ? { ...status, since: status.since ?? null } : status }
}
