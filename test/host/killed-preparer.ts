/**
 * A process for the test to kill: prepares a replay, and tells when it is under way. `node killed-preparer.ts
 * <store> <vat> <bundle>`.
 */
import { writeSync } from 'node:fs'
import { argv } from 'node:process'
import { openController } from '../../src/host/index.ts'

const [, , directory = '', vat = '', bundle = ''] = argv
const controller = await openController({ directory, make: 'never', verify: 'lazy' })
for (;;) {
  const report = controller.prepareUpgrade(vat, bundle)
  writeSync(1, 'under way\n')
  writeSync(1, `${(await report).outcome}\n`)
}
