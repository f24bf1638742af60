/** Chapter 5: version 3 forgets a kind. It is refused, and version 2 goes on as if nothing had been tried. */
import { isRejection } from 'heirloom'
import { ask, balances, installIssuer, open, settle } from '../bank.ts'
import { chapter } from '../../claims.ts'
import type { Claims } from '../../claims.ts'

export async function refuseUpgrade(directory: string, claims: Claims): Promise<void> {
  chapter('5. Version 3 forgets a kind')
  const controller = await open(directory)
  const bundle = await installIssuer(controller, 3)
  const balancesBefore = await balances(controller)
  const heapBefore = await controller.heapHash('issuer')

  const status = await settle(controller, await controller.upgradeVat('issuer', bundle))
  const reason =
    status.kind === 'rejected' && isRejection(status.reason) && status.reason.code === 'upgrade-refused'
      ? status.reason.reason
      : undefined
  const heapAfter = await controller.heapHash('issuer')

  claims.check('the upgrade is refused', reason?.code === 'start/kinds-missing', reason?.code ?? status.kind)
  claims.check(
    'with a reason that names the kind',
    reason?.names.join() === 'Payment',
    reason?.names.join() ?? '',
  )
  claims.check(
    'the heap of version 2 is what it was, to the byte',
    heapAfter === heapBefore,
    `${heapAfter.slice(0, 16)}…`,
  )
  claims.check('version 2 goes on', (await ask(controller, 'issuer', 'version')) === 2, 'version 2')
  const found = await balances(controller)
  claims.check(
    'with every balance',
    found.every((balance, index) => balance === balancesBefore[index]),
    `${found.length} balances`,
  )
  await controller.commit()
  await controller.shutdown()
}
