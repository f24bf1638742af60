/**
 * What is asked of a household (`household.ts`) when it was made, and in every later release.
 *
 * These messages and their order are part of every golden store with this content: they never change. What
 * later releases have besides goes into a content of its own.
 */
import { assert } from '../../src/base/errors.ts'
import type { Controller } from '../../src/host/index.ts'
import { ask, settled, upgraded, written } from './asking.ts'
import { notedStatus, notedStatuses } from './notes.ts'

export async function continueHousehold(controller: Controller): Promise<readonly string[]> {
  return [
    ...(await views(controller)),
    ...(await notedStatuses(controller)),
    ...(await continueShop(controller)),
    ...(await continueTellers(controller)),
    ...(await continueDiary(controller)),
    ...(await continueWatch(controller)),
    ...(await continueClerk(controller)),
    ...(await continueKeeperAndGuest(controller)),
    ...(await upgradeAll(controller)),
    ...(await notedStatuses(controller)),
    ...(await views(controller)),
  ]
}

/** What the host sees without asking a vat. */
async function views(controller: Controller): Promise<string[]> {
  const { queued, cleanups, paused, cranks } = await controller.storeStatus()
  const time = await controller.currentTime()
  return [
    ...(await viewsOfVats(controller)),
    ...(await viewsOfPorts(controller)),
    `pins: ${written(await controller.pins())}`,
    `store: ${written({ queued, cleanups, paused, cranks, time })}`,
  ]
}

async function viewsOfVats(controller: Controller): Promise<string[]> {
  const views: string[] = []
  for (const view of await controller.vats()) {
    const { vat, name, incarnation, status, parked, onFault, importance, storage, cleanup } = view
    const known = { incarnation, status, parked, onFault, importance, storage, cleanup }
    views.push(`${vat} ${name}: ${written(known)}`)
    if (status.kind === 'terminated') continue
    for (const { mode, outcome, crank, deliveries } of await controller.history(vat))
      views.push(`  ${mode}: ${written({ outcome, crank, deliveries })}`)
  }
  return views
}

async function viewsOfPorts(controller: Controller): Promise<string[]> {
  const views: string[] = []
  for (const name of await controller.ports()) {
    const port = controller.port(name)
    views.push(
      `port ${name}: ${written(await port.status())}`,
      `  items: ${written(await port.receive())}`,
      `  failures: ${written(await port.failures())}`,
    )
  }
  return views
}

async function continueShop(controller: Controller): Promise<string[]> {
  const [pin] = await controller.pins()
  const account = pin?.object
  assert(account !== undefined, 'the host has pinned an account')
  const answers = [
    await ask(controller, 'shop', 'describe'),
    await ask(controller, 'shop', 'labels'),
    await ask(controller, 'shop', 'drafts'),
    await ask(controller, 'shop', 'visit', await controller.root('clerk')),
    await ask(controller, 'shop', 'deposit', 'ann', 5n),
    await ask(controller, 'shop', 'served'),
    await ask(controller, account, 'deposit', 3n),
    await ask(controller, 'shop', 'settle', account),
  ]
  await controller.unpin(account)
  return answers
}

async function continueTellers(controller: Controller): Promise<string[]> {
  const answers: string[] = []
  for (const teller of ['teller', 'elder']) {
    answers.push(
      await ask(controller, teller, 'add', 1n),
      await ask(controller, teller, 'fee', 1_000n),
      await ask(controller, teller, 'parameters'),
      await ask(controller, teller, 'heard'),
    )
  }
  return answers
}

/** What was parked comes first. */
async function continueDiary(controller: Controller): Promise<string[]> {
  return [
    await settled(controller, 'diary resumes', await controller.resumeVat('diary')),
    await notedStatus(controller, 'diary.write'),
    await notedStatus(controller, 'teller.tell'),
    await ask(controller, 'diary', 'write', 'after'),
    await ask(controller, 'diary', 'read'),
  ]
}

async function continueWatch(controller: Controller): Promise<string[]> {
  const answers: string[] = []
  for (const now of [79n, 80n, 99n, 100n, 1_000n]) {
    await controller.advanceTime(now)
    answers.push(await ask(controller, 'watch', 'rang'), await notedStatus(controller, 'watch.nap'))
  }
  return answers
}

async function continueClerk(controller: Controller): Promise<string[]> {
  const [bank, mail] = [controller.port('bank'), controller.port('mail')]
  await bank.acknowledge(2)
  await bank.dismissFailures(2)
  await bank.deliver({ deposit: 1n }, { number: 1 })
  await bank.deliver({ deposit: 3n }, { number: 3 })
  const answers = [
    await ask(controller, 'clerk', 'listen', await mail.remote()),
    await ask(controller, 'clerk', 'read'),
    await ask(controller, 'clerk', 'send', await bank.remote(), 'third'),
  ]
  await controller.commit()
  return [...answers, `bank has sent: ${written(await bank.receive())}`]
}

async function continueKeeperAndGuest(controller: Controller): Promise<string[]> {
  return [
    await ask(controller, 'guest', 'arrive'),
    await ask(controller, 'guest', 'kept'),
    await ask(controller, 'keeper', 'ends'),
    await ask(controller, 'keeper', 'tell', 'servant', 'hello'),
    await ask(controller, 'keeper', 'tell', 'gone', 'hello'),
    await ask(controller, 'keeper', 'status', 'servant'),
    await ask(controller, 'keeper', 'refill', 'servant'),
    await ask(controller, 'keeper', 'dismiss', 'servant', 'the work is done'),
    await ask(controller, 'keeper', 'ends'),
  ]
}

/** Every vat of the host, by replay of all that it was delivered, and by durable state. */
async function upgradeAll(controller: Controller): Promise<string[]> {
  const answers: string[] = []
  for (const [vat, bundle] of [
    ['shop', 'shop of two units'],
    ['teller', 'dear teller'],
    ['elder', 'dear teller'],
    ['diary', 'diary'],
    ['watch', 'watch'],
    ['clerk', 'clerk'],
    ['keeper', 'keeper'],
    ['guest', 'guest'],
  ] as const) {
    answers.push(
      await upgraded(controller, vat, bundle, { mode: 'replay' }),
      await upgraded(controller, vat, bundle),
    )
  }
  return [
    ...answers,
    await ask(controller, 'shop', 'describe'),
    await ask(controller, 'shop', 'drafts'),
    await ask(controller, 'teller', 'add', 1n),
    await ask(controller, 'teller', 'heard'),
    await ask(controller, 'diary', 'read'),
    await ask(controller, 'watch', 'rang'),
    await ask(controller, 'clerk', 'read'),
  ]
}
