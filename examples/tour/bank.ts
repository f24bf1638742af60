/** The tour's world seen through a controller: questions that several chapters ask. */
import { bundleVat, openController } from 'heirloom'
import type { Controller, Remote, ResultHandle, Status } from 'heirloom'
import { join } from 'node:path'
import { sum, world } from './transfers.ts'
import type { Transfer } from './transfers.ts'

const vats = join(import.meta.dirname, 'vats')

export const walletName = (number: number): string => `wallet${number}`

/** Runs to the end and says how the request ended. */
export async function settle(controller: Controller, request: ResultHandle): Promise<Status> {
  await controller.run()
  const status = await controller.status(request)
  await controller.forget(request)
  return status
}

/** Sends, runs to the end, and gives the answer. */
export async function ask(
  controller: Controller,
  target: string | Remote,
  method: string,
  ...args: unknown[]
): Promise<unknown> {
  const status = await settle(controller, await controller.send(target, method, args))
  if (status.kind !== 'fulfilled')
    throw new Error(`${method} was not answered: ${JSON.stringify(status, show)}`)
  return status.value
}

const show = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? `${value}n` : value instanceof Error ? String(value) : value

/** What every wallet answers to one question; the questions are on their way at the same time. */
export async function askWallets(
  controller: Controller,
  method: string,
  ...args: unknown[]
): Promise<unknown[]> {
  const asked: ResultHandle[] = []
  for (let number = 0; number < world.wallets; number += 1)
    asked.push(await controller.send(walletName(number), method, args))
  await controller.run()
  const answers: unknown[] = []
  for (const one of asked) {
    const status = await controller.status(one)
    answers.push(status.kind === 'fulfilled' ? status.value : status)
    await controller.forget(one)
  }
  return answers
}

export const balances = async (controller: Controller): Promise<bigint[]> =>
  ((await askWallets(controller, 'balances')) as bigint[][]).flat()

/** The kernel's names of all purses, as the wallets hold them. */
export const heldPurses = async (controller: Controller): Promise<string[]> =>
  ((await askWallets(controller, 'purses')) as Remote[][]).flat().map((purse) => purse.kref)

/** How much money has vanished: what was issued, less what is in purses and in the treasury. */
export async function drift(controller: Controller): Promise<bigint> {
  const { issued, fees } = (await ask(controller, 'issuer', 'totals')) as { issued: bigint; fees: bigint }
  return issued - fees - sum(await balances(controller))
}

export async function transfer(controller: Controller, transfers: readonly Transfer[]): Promise<void> {
  for (const { from, to, amount } of transfers)
    await controller.sendOnly('market', 'transfer', [from, to, amount])
  await controller.run()
}

export async function installIssuer(controller: Controller, version: 1 | 2 | 3): Promise<string> {
  return (
    await controller.installBundle(await bundleVat(join(vats, `issuer-v${version}.ts`)), `issuer-v${version}`)
  ).id
}

export async function installVat(controller: Controller, name: 'market' | 'wallet'): Promise<string> {
  return (await controller.installBundle(await bundleVat(join(vats, `${name}.ts`)), name)).id
}

export const open = (directory: string): Promise<Controller> => openController({ directory, make: 'never' })
