/**
 * The demonstration of a node: a chain with a ledger, votes, and a bank in a vat behind it, which is killed,
 * upgraded, broken and repaired while its clients go on.
 *
 * The nodes are processes of `heirloom node start`, and this program is their client. Every claim that is printed
 * was checked by the program; when one is false it ends with exit code 1.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beginChain } from './chapters/1-genesis.ts'
import { runTransfers } from './chapters/2-transfers.ts'
import { upgradeBank } from './chapters/3-code.ts'
import { swapKernel } from './chapters/4-kernel.ts'
import { upgradeHost } from './chapters/5-release.ts'
import { endAll } from './nodeProcess.ts'
import { Report, seconds } from './report.ts'

const workplace = mkdtempSync(join(tmpdir(), 'heirloom-node-'))
const report = new Report()
process.on('exit', () => rmSync(workplace, { recursive: true, force: true, maxRetries: 10 }))
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => void endAll().finally(() => process.exit(1)))

/** After which it gives up, in milliseconds: clients would wait for ever for a node that is gone. */
const patience = 600_000

async function runChapters(): Promise<void> {
  const chain = await beginChain(workplace, report)
  await runTransfers(chain, report)
  await upgradeBank(chain, report)
  await swapKernel(chain, workplace, report)
  await upgradeHost(chain, report)
}

const began = performance.now()
console.log(`A node of Heirloom: about a minute on two ordinary cores. Its directory is ${workplace}`)
try {
  const late = sleep(patience).then(() => Promise.reject(new Error('it takes too long')))
  await Promise.race([runChapters(), late])
} catch (error) {
  report.check('the demonstration came to its end', false, error instanceof Error ? (error.stack ?? '') : String(error))
} finally {
  await endAll()
  report.figure('seconds in all', seconds(began))
  report.print()
}
process.exit(report.allHold ? 0 : 1)
