/**
 * The tour: the life of a small bank, on a real store on disk.
 *
 * Its vats are in `vats/`; each chapter is a file in `chapters/`. Every claim that is printed was
 * checked by the program; when one is false the tour ends with exit code 1.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeWorld } from './chapters/1-world.ts'
import { runTransfers } from './chapters/2-transfers.ts'
import { upgradeIssuer } from './chapters/4-upgrade.ts'
import { refuseUpgrade } from './chapters/5-refusal.ts'
import { compareEvictions } from './chapters/6-eviction.ts'
import { Claims } from '../claims.ts'

const workplace = mkdtempSync(join(tmpdir(), 'heirloom-tour-'))
const directory = join(workplace, 'store')
const claims = new Claims()

console.log(`The tour of Heirloom: about a minute on two ordinary cores. The store is in ${directory}`)
try {
  await makeWorld(directory, claims)
  await runTransfers(directory, claims)
  await upgradeIssuer(directory, claims)
  await refuseUpgrade(directory, claims)
  await compareEvictions(directory, claims)
} catch (error) {
  claims.check('the tour came to its end', false, String(error))
} finally {
  claims.print()
  rmSync(workplace, { recursive: true, force: true })
}
// A chapter that failed may have left its machine thread running.
process.exit(claims.allHold ? 0 : 1)
