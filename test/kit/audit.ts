/** What an audit finds, a line for each deviation; none when all is well. */
import { openController, type Controller } from '../../src/host/index.ts'
import type { AuditDepth } from '../../src/protocol/reports/audit.ts'

export async function deviationsOf(controller: Controller, depth: AuditDepth = 'kernel'): Promise<string[]> {
  const { deviations } = await controller.audit({ depth })
  return deviations.map(({ code, where, message }) => `${code}: ${where}: ${message}`)
}

/** Of a closed store, down to its last page. */
export async function deviationsIn(directory: string): Promise<string[]> {
  const controller = await openController({ directory, make: 'never', verify: 'lazy' })
  try {
    return await deviationsOf(controller, 'all')
  } finally {
    await controller.shutdown()
  }
}
