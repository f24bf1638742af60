/**
 * Replays the history of a store's vat on other code, to check before an upgrade whether the code does the
 * same. The store is only read, and may be in use.
 */
import { bundleVat, forkStore, isRejection, openController, type Controller } from '../host/index.ts'
import type { ReplayRefusal } from '../protocol/results.ts'
import { refuse } from '../protocol/codes.ts'
import type { VatCode } from './testKernel.ts'
import { makeWorkplace, removeWorkplace, storeIn } from './workplace.ts'

/** Whether the code would have done the same. */
export type TranscriptVerdict =
  /** The code repeats everything that the old one did: it could take over by replay. */
  | { readonly kind: 'same'; readonly deliveries: number }
  | { readonly kind: 'differs'; readonly refusal: ReplayRefusal }

/** Replays the current incarnation of the vat, as of the store's last block. */
export async function replayTranscript(
  directory: string,
  vat: string,
  code: VatCode,
): Promise<TranscriptVerdict> {
  const bundle = typeof code === 'string' ? await bundleVat(code) : code
  const workplace = makeWorkplace('disk')
  try {
    forkStore(directory, storeIn(workplace))
    const controller = await openController({ directory: storeIn(workplace), make: 'never' })
    try {
      return await verdictOf(controller, vat, (await controller.installBundle(bundle)).id)
    } finally {
      await controller.shutdown()
    }
  } finally {
    removeWorkplace(workplace)
  }
}

async function verdictOf(controller: Controller, vat: string, bundle: string): Promise<TranscriptVerdict> {
  const request = await controller.upgradeVat(vat, bundle, { mode: 'replay' })
  await controller.run()
  const status = await controller.status(request)
  if (status.kind === 'fulfilled')
    return { kind: 'same', deliveries: (status.value as { deliveries: number }).deliveries }
  const reason =
    status.kind === 'rejected' && isRejection(status.reason) && 'reason' in status.reason
      ? status.reason.reason
      : undefined
  if (reason !== undefined && 'divergence' in reason) return { kind: 'differs', refusal: reason }
  return refuse(
    'testing/pending',
    `the replay of ${vat} has not finished: other work of the store is blocking it`,
  )
}
