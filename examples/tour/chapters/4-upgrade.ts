/** Chapter 4: version 2 replaces version 1 while messages wait before and behind it. */
import { isDisconnection } from 'heirloom'
import type { Controller, Disconnection, GoneError, Remote, ResultHandle, UpgradeResult } from 'heirloom'
import { ask, askWallets, balances, drift, heldPurses, installIssuer, open, transfer } from '../bank.ts'
import { chapter } from '../../claims.ts'
import type { Claims } from '../../claims.ts'
import { applyTransfers, readTransfers, world } from '../transfers.ts'

interface Note {
  readonly text: string
  readonly number: number
  readonly version: number
}

const notesEach = 5

export async function upgradeIssuer(directory: string, claims: Claims): Promise<void> {
  chapter('4. Version 2 of the issuer, with messages waiting before and behind the upgrade')
  const controller = await open(directory)
  const bundle = await installIssuer(controller, 2)
  const before = {
    purses: await heldPurses(controller),
    balances: await balances(controller),
    drift: await drift(controller),
  }
  await askWallets(controller, 'expectDividend', await controller.root('issuer'))
  const promised = await controller.send('issuer', 'dividend')

  const notes: ResultHandle[] = []
  for (let note = 1; note <= notesEach; note += 1)
    notes.push(await controller.send('issuer', 'note', [`before ${note}`]))
  const upgrade = await controller.upgradeVat('issuer', bundle, {
    upgradeMessage: 'fees are booked as they are charged',
  })
  for (let note = 1; note <= notesEach; note += 1)
    notes.push(await controller.send('issuer', 'note', [`behind ${note}`]))
  const began = performance.now()
  await controller.run()
  const milliseconds = performance.now() - began

  await checkResult(controller, upgrade, milliseconds, claims)
  await checkNotes(controller, notes, claims)
  await checkIdentity(controller, before, claims)
  await checkEnds(controller, promised, claims)
  await checkRepair(controller, before.drift, claims)
  await controller.commit()
  await controller.shutdown()
}

async function checkResult(
  controller: Controller,
  upgrade: ResultHandle,
  milliseconds: number,
  claims: Claims,
): Promise<void> {
  const status = await controller.status(upgrade)
  const result = status.kind === 'fulfilled' ? (status.value as UpgradeResult) : undefined
  claims.check(
    'the upgrade succeeded',
    result?.incarnationNumber === 1,
    `${milliseconds.toFixed(0)} ms with 10 messages around it`,
  )
  claims.check(
    'every wallet lost one ephemeral object',
    result?.abandonedExports === world.wallets,
    `${result?.abandonedExports} abandoned`,
  )
  claims.check(
    'and one promise, and the host one',
    result?.disconnectedPromises === world.wallets + 1,
    `${result?.disconnectedPromises} disconnected`,
  )
}

async function checkNotes(
  controller: Controller,
  notes: readonly ResultHandle[],
  claims: Claims,
): Promise<void> {
  const seen: Note[] = []
  for (const note of notes) {
    const status = await controller.status(note)
    if (status.kind === 'fulfilled') seen.push(status.value as Note)
  }
  const inOrder = seen.length === notes.length && seen.every(({ number }, index) => number === index + 1)
  const byVersion = seen.every(({ version }, index) => version === (index < notesEach ? 1 : 2))
  claims.check(
    'messages before it reached version 1, those behind it version 2',
    byVersion,
    seen.map(({ version }) => version).join(' '),
  )
  claims.check('all of them once and in order', inOrder, seen.map(({ number }) => number).join(' '))
}

async function checkIdentity(
  controller: Controller,
  before: { purses: string[]; balances: bigint[] },
  claims: Claims,
): Promise<void> {
  const held = await heldPurses(controller)
  const same = held.every((kref, index) => kref === before.purses[index])
  claims.check(
    'every wallet holds the same purses',
    same && held.length === world.purses,
    `${held.length} purses`,
  )
  const found = await balances(controller)
  claims.check(
    'with the same balances',
    found.every((balance, index) => balance === before.balances[index]),
    `${found.length} balances`,
  )
  const heirs = [
    (await ask(controller, 'issuer', 'purse', 0n)) as Remote,
    (await ask(controller, 'issuer', 'purse', 999n)) as Remote,
  ]
  claims.check(
    "the heir's baggage has them too",
    heirs[0]?.kref === held[0] && heirs[1]?.kref === held.at(-1),
    heirs.map(({ kref }) => kref).join(' '),
  )
}

async function checkEnds(controller: Controller, promised: ResultHandle, claims: Claims): Promise<void> {
  const status = await controller.status(promised)
  const record = status.kind === 'rejected' && isDisconnection(status.reason) ? status.reason : undefined
  claims.check(
    "the host's promise was rejected with the disconnection record",
    record?.incarnationNumber === 0,
    `${record?.name} by incarnation ${record?.incarnationNumber}`,
  )
  // What the wallets say that they were told: the word of a vat, which `isDisconnection` does not take for
  // the kernel's.
  const dividends = (await askWallets(controller, 'dividend')) as { outcome: string; reason?: unknown }[]
  const disconnected = dividends.filter(
    ({ outcome, reason }) => outcome === 'rejected' && (reason as Disconnection).name === 'vatUpgraded',
  )
  claims.check(
    "so were the wallets'",
    disconnected.length === world.wallets,
    `${disconnected.length} wallets`,
  )
  const receipts = (await askWallets(controller, 'checkReceipt')) as { kind: string; reason?: unknown }[]
  const refused = receipts.filter(
    ({ kind, reason }) => kind === 'rejected' && (reason as GoneError).code === 'object-abandoned',
  )
  claims.check(
    'the ephemeral objects are refused with a code, and their holders live',
    refused.length === world.wallets,
    `${refused.length} × object-abandoned`,
  )
}

async function checkRepair(controller: Controller, driftBefore: bigint, claims: Claims): Promise<void> {
  const more = readTransfers().slice(0, 500)
  const expected = applyTransfers(await balances(controller), more)
  await transfer(controller, more)
  const found = await balances(controller)
  claims.check(
    '500 more transfers come out right',
    found.every((balance, index) => balance === expected[index]),
    `${found.length} balances`,
  )
  const vanished = (await drift(controller)) - driftBefore
  claims.check('and no money vanishes any more', vanished === 0n, `${vanished} units`)
}
