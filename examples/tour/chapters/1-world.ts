/** Chapter 1: a fresh store, an issuer, a market and 50 wallets with 1,000 purses. */
import { openController } from 'heirloom'
import { ask, heldPurses, installIssuer, installVat, settle, walletName } from '../bank.ts'
import { chapter } from '../../claims.ts'
import type { Claims } from '../../claims.ts'
import { world } from '../transfers.ts'

export async function makeWorld(directory: string, claims: Claims): Promise<void> {
  chapter('1. A world: an issuer, a market, 50 wallets with 1,000 purses')
  const controller = await openController({ directory, make: 'always' })
  const issuerBundle = await installIssuer(controller, 1)
  const marketBundle = await installVat(controller, 'market')
  const walletBundle = await installVat(controller, 'wallet')

  const began = performance.now()
  const requests = [
    await controller.createVat('issuer', issuerBundle),
    await controller.createVat('market', marketBundle),
  ]
  for (let number = 0; number < world.wallets; number += 1) {
    requests.push(await controller.createVat(walletName(number), walletBundle))
  }
  const created = []
  for (const request of requests) created.push(await settle(controller, request))
  const each = (performance.now() - began) / requests.length

  const wallets = []
  for (let number = 0; number < world.wallets; number += 1) {
    const wallet = await controller.root(walletName(number))
    wallets.push(wallet)
    await ask(
      controller,
      'issuer',
      'open',
      wallet,
      BigInt(number) * world.pursesEach,
      world.pursesEach,
      world.openingBalance,
    )
  }
  await ask(controller, 'market', 'open', wallets, world.pursesEach)
  const purses = await heldPurses(controller)
  await controller.commit()

  claims.check(
    '52 vats live',
    created.every(({ kind }) => kind === 'fulfilled'),
    `${each.toFixed(1)} ms each`,
  )
  claims.check(
    'the wallets hold 1,000 different purses',
    new Set(purses).size === world.purses,
    `${purses[0]} … ${purses.at(-1)}`,
  )
  await controller.shutdown()
}
