/**
 * A store with something of everything: what the golden stores of releases since 0.2.0 hold.
 *
 * | vat      | what it holds                                                                             |
 * |----------|-------------------------------------------------------------------------------------------|
 * | `shop`   | durable and virtual kinds and collections; upgraded by durable state, once refused; a record not yet migrated; an open promise |
 * | `teller` | a count in its heap; upgraded by replay; waits for the open promise, by a watcher too      |
 * | `elder`  | the same code on the other engine                                                         |
 * | `diary`  | suspended, with messages of the host and of `teller` parked                               |
 * | `watch`  | a wakeup, a repetition and a promise of the timer, all waiting                            |
 * | `clerk`  | a port with items that nobody has acknowledged or received, and a failure                 |
 * | `keeper` | two vats that it created, with meters: one lives, one has ended and is not cleaned up     |
 * | `guest`  | code from an archive of `@endo/bundle-source`, and the cap of that bundle                  |
 *
 * Also pins, the host's own data, and a message that was accepted and not run.
 * `householdContinued.ts` goes on with it.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { assert } from '../../src/base/errors.ts'
import { bundleVat, Remote, type Controller } from '../../src/host/index.ts'
import { published } from '../../test/kit/published.ts'
import { ask, upgraded } from './asking.ts'
import { note } from './notes.ts'
import { guestModules, householdSources } from './householdVats.ts'

/** Small: every vat has snapshots, entries after them and collections, and a cleanup takes several cranks. */
export const householdConfig = { snapshotInterval: 7, collectionInterval: 11, cleanupBudget: 4 } as const

/** `workplace`: a directory from which sources find `heirloom/vat`. */
export async function makeHousehold(controller: Controller, workplace: string): Promise<void> {
  await installAndCreate(controller, workplace)
  await controller.commit()
  await work(controller)
  await controller.commit()
  await upgrade(controller)
  await controller.commit()
  await leaveOpen(controller)
  await controller.commit()
}

async function installAndCreate(controller: Controller, workplace: string): Promise<void> {
  for (const [label, source] of Object.entries(householdSources)) {
    const file = join(workplace, `${label.replaceAll(' ', '-')}.js`)
    writeFileSync(file, source)
    await controller.installBundle(await bundleVat(file), label)
  }
  await installGuest(controller)
  const other = await controller.installWorker('quickjs-wasi-3.5.0')
  const parameters = { name: 'first', rates: [1n, 2n] }
  await controller.createVat('shop', 'shop', { importance: 'critical' })
  await controller.createVat('teller', 'teller', { parameters })
  await controller.createVat('elder', 'teller', { parameters, worker: other.id })
  await controller.createVat('diary', 'diary', { onFault: 'suspend', storageLimit: 1_000_000 })
  for (const name of ['watch', 'clerk', 'keeper', 'guest']) await controller.createVat(name, name)
  await controller.run()
}

async function installGuest(controller: Controller): Promise<void> {
  const ends: (() => void | Promise<void>)[] = []
  const archive = await published({ after: (end) => void ends.push(end) }, guestModules)
  await controller.installBundle(archive, 'guest')
  for (const end of ends) await end()
}

async function work(controller: Controller): Promise<void> {
  for (const owner of ['ann', 'bob', 'cem']) await objectOf(controller, 'shop', 'open', owner)
  for (let amount = 1n; amount <= 9n; amount += 1n) {
    await ask(controller, 'shop', 'deposit', amount % 2n === 0n ? 'ann' : 'bob', amount)
    await ask(controller, 'teller', 'add', amount)
    await ask(controller, 'elder', 'add', amount)
  }
  for (const key of ['cheap', 5n, -0, true, null]) await ask(controller, 'shop', 'label', key)
  await ask(controller, 'shop', 'visit', await controller.root('clerk'))
  await ask(controller, 'diary', 'write', 'first')
  const vatAdmin = await controller.vatAdmin()
  for (let visit = 0; visit < 4; visit += 1) await ask(controller, 'guest', 'arrive')
  await ask(controller, 'guest', 'keep', await objectOf(controller, vatAdmin, 'getNamedBundleCap', 'guest'))
  for (const name of ['servant', 'gone']) await ask(controller, 'keeper', 'employ', vatAdmin, 'diary', name)
}

async function upgrade(controller: Controller): Promise<void> {
  await upgraded(controller, 'shop', 'shop without kinds')
  await upgraded(controller, 'shop', 'shop of two units')
  await ask(controller, 'shop', 'deposit', 'ann', 10n)
  await ask(controller, 'shop', 'draft', 'letter', 'dear heir')
  for (const vat of ['teller', 'elder']) await upgraded(controller, vat, 'dear teller', { mode: 'replay' })
  await ask(controller, 'teller', 'fee', 1_000n)
}

async function leaveOpen(controller: Controller): Promise<void> {
  await leaveItems(controller)
  const timer = await controller.timer()
  await controller.advanceTime(10n)
  await ask(controller, 'watch', 'set', timer, 100n)
  await ask(controller, 'watch', 'repeat', timer, 40n)
  await note(controller, 'watch.nap', await controller.send('watch', 'nap', [timer, 70n]))
  await ask(controller, 'teller', 'await', await controller.root('shop'))
  await note(controller, 'shop.later', await controller.send('shop', 'later'))
  const account = await objectOf(controller, 'shop', 'open', 'dov')
  await controller.pin(account)
  await controller.pin(account)
  await controller.suspendVat('diary', 'the family is away')
  await note(controller, 'diary.write', await controller.send('diary', 'write', ['by the host']))
  const diary = await controller.root('diary')
  await note(controller, 'teller.tell', await controller.send('teller', 'tell', [diary, 'by the teller']))
  await controller.run()
  await controller.commit()
  await controller.terminateVat('gone', 'no work')
  await controller.run({ cleanups: 0 })
  await note(controller, 'shop.deposit', await controller.send('shop', 'deposit', ['bob', 1_000n]))
}

async function leaveItems(controller: Controller): Promise<void> {
  const port = await controller.openPort('bank')
  const remote = await port.remote()
  await ask(controller, 'clerk', 'listen', remote)
  await port.deliver({ deposit: 1n })
  await port.deliver('no')
  await controller.run()
  for (const pay of [1n, 2n]) await ask(controller, 'clerk', 'send', remote, { pay, to: 'ann' })
  await controller.commit()
  await port.acknowledge(1)
  const mail = await controller.openPort('mail')
  await mail.deliver('to whom it may concern')
  await controller.run()
}

/** The object that is answered. */
async function objectOf(
  controller: Controller,
  target: string | Remote,
  method: string,
  ...args: readonly unknown[]
): Promise<Remote> {
  const request = await controller.send(target, method, args)
  await controller.run()
  const status = await controller.status(request)
  assert(status.kind === 'fulfilled' && status.value instanceof Remote, `${method} gives no object`)
  return status.value
}
