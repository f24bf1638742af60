/** Questions to a golden store, and what came of them as text. */
import type { Controller, Remote, ResultHandle, UpgradeOptions } from '../../src/host/index.ts'

/** A value on one line. */
export const written = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner === 'bigint') return `${inner}n`
    return inner instanceof Error ? { error: inner.message } : inner
  }) ?? 'undefined'

/** Sends, runs to the end, and says what was asked and how it ended. */
export async function ask(
  controller: Controller,
  target: string | Remote,
  method: string,
  ...args: readonly unknown[]
): Promise<string> {
  const whom = typeof target === 'string' ? target : written(target)
  const question = `${whom}.${method}(${args.map(written).join(', ')})`
  return settled(controller, question, await controller.send(target, method, args))
}

/** Runs to the end and says how the request ended. */
export async function settled(
  controller: Controller,
  question: string,
  request: ResultHandle,
): Promise<string> {
  await controller.run()
  return `${question}: ${written(await controller.status(request))}`
}

export async function upgraded(
  controller: Controller,
  vat: string,
  bundle: string,
  options: UpgradeOptions = {},
): Promise<string> {
  const question = `${vat} becomes ${bundle}, by ${options.mode ?? 'durable'}`
  return settled(controller, question, await controller.upgradeVat(vat, bundle, options))
}
