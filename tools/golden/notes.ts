/** The host's notes in a golden store: requests whose answers were open, in its own data. */
import type { Controller, ResultHandle } from '../../src/host/index.ts'
import { written } from './asking.ts'

/** Requests of the household. */
export const noted = ['shop.later', 'shop.deposit', 'diary.write', 'teller.tell', 'watch.nap'] as const
export type Noted = (typeof noted)[number]

export const note = (controller: Controller, name: Noted, { sequence }: ResultHandle): Promise<void> =>
  controller.setHostState(name, String(sequence))

export async function notedStatus(controller: Controller, name: Noted): Promise<string> {
  const sequence = Number(await controller.getHostState(name))
  return `the earlier ${name}: ${written(await controller.status({ sequence }))}`
}

export const notedStatuses = (controller: Controller): Promise<string[]> =>
  Promise.all(noted.map((name) => notedStatus(controller, name)))
