/** The ports of the host: which are open, and how far the items of vats were taken. */
import type { Controller } from '../../host/controller.ts'
import { CodedError } from '../../base/errors.ts'
import { ledgerPort, takeRequest } from '../modules/ledger/ledger.ts'
import type { Context } from '../modules/module.ts'
import { publishPort, takePublication } from '../modules/publishing/publishing.ts'
import type { Draft, StateReader } from '../state/hostState.ts'
import { counterOf, tableOf } from '../state/table.ts'

const opened = tableOf<true>('port')
const received = (port: string) => counterOf(`received.${port}`)

/** Items of vats that a block takes from each port. */
const perBlock = 1_000

const receivers: Readonly<Record<string, (context: Context, number: number, item: unknown) => void>> = {
  [ledgerPort]: takeRequest,
  [publishPort]: takePublication,
}

export const openPorts = (state: StateReader): readonly string[] => opened.ids(state)

/** Notes which of the ports of a new store are the host's. */
export function notePorts(state: Draft, ports: readonly string[]): void {
  for (const port of ports) if (Object.hasOwn(receivers, port)) opened.set(state, port, true)
}

/** The number of the last item of a vat that was taken. */
export const receivedFrom = (state: StateReader, port: string): number => received(port).get(state)

/** Items of vats that are not taken yet: what the last block has sent. */
export interface Received {
  readonly port: string
  readonly number: number
  readonly item: unknown
}

export async function receiveItems(controller: Controller, state: StateReader): Promise<readonly Received[]> {
  const all: Received[] = []
  for (const port of openPorts(state)) {
    const after = receivedFrom(state, port)
    for (const { number, item } of await itemsAfter(controller, port, after)) all.push({ port, number, item })
  }
  return all
}

/** A kernel that is too old for ports, or one that migrates, has sent nothing. */
async function itemsAfter(controller: Controller, port: string, after: number) {
  try {
    return await controller.port(port).receive({ after, limit: perBlock })
  } catch (error) {
    if (error instanceof CodedError && error.code.startsWith('kernel/')) return []
    throw error
  }
}

/** Takes the items, each once. */
export function takeItems(context: Context, items: readonly Received[]): void {
  for (const { port, number, item } of items) {
    receivers[port]?.(context, number, item)
    received(port).set(context.state, number)
  }
}
