/** Chapter 5: an upgrade of the host at a height, which the running release does not know; a newer one goes on. */
import { join } from 'node:path'
import { chapter } from '../../claims.ts'
import type { Chain } from '../chain.ts'
import { agrees, compare } from '../compare.ts'
import { heirloom } from '../nodeProcess.ts'
import { seconds, type Report } from '../report.ts'
import { addressAt, keyAt, world } from '../world.ts'
import { refusalOf } from './4-kernel.ts'

const upgrades = join(import.meta.dirname, '..', 'release-2.ts')

export async function upgradeHost(chain: Chain, report: Report): Promise<void> {
  chapter('5. A vote schedules an upgrade of the host; this release halts there, the next one goes on')
  const height = (await chain.client.status()).height + world.period + 20
  const { state } = await chain.vote('Release 2', { kind: 'upgrade/schedule', name: 'release-2', height })
  report.check('the upgrade is scheduled', state === 'done', `release-2 at height ${height}`)
  await checkHalt(chain, height, 'it halts before its height', report)
  const ended = await chain.node.end('SIGTERM')
  await chain.restart()
  await checkHalt(chain, height, 'also after a restart', report)
  report.check('SIGTERM ends it with exit code 0', ended === 0, `exit code ${ended}`)
  await chain.node.end('SIGTERM')

  const began = performance.now()
  await chain.restart('--upgrades', upgrades)
  await chain.until('the height is past', async () => (await chain.client.status()).height > height)
  report.figure('seconds from the halt to a block of the next release', seconds(began))
  const list = (await chain.query('upgrade/list')) as unknown as { readonly ended: readonly { readonly outcome: string }[] }
  report.check('the next release does the upgrade', list.ended[0]?.outcome === 'done', JSON.stringify(list.ended))
  chain.model.hostFee = 2n
  const sent = await chain.send(keyAt(3), { kind: 'ledger/transfer', to: addressAt(4), amount: '9' })
  report.check('its handler has changed the state: a transfer costs two units', sent.result.gas === 2, `${sent.result.gas} units`)
  const found = await compare(chain)
  report.check('and everyone agrees to the last unit', agrees(found), `${found.inBank} accounts, ${found.bank.transfers} transfers`)
}

async function checkHalt(chain: Chain, height: number, claim: string, report: Report): Promise<void> {
  await chain.until('it halts', async () => (await chain.client.status()).sequencer.kind === 'halted')
  const status = await chain.client.status()
  const shown = await heirloom('node', 'status', '--node', chain.node.url)
  const says = /halted for upgrade/.exec(shown)?.[0] ?? 'no halt'
  report.check(claim, status.height === height - 1 && says !== 'no halt', `${says}, at height ${status.height}`)
  const total = (await chain.query('ledger/total')) as { readonly total: string }
  const code = await refusalOf(() =>
    chain.client.send(keyAt(3), { kind: 'ledger/transfer', to: addressAt(4), amount: '1' }),
  )
  report.check('it answers, and takes no transaction', total.total !== '' && code === 'node/halted', code)
}
