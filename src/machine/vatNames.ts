/** Resolves vats as the host names them: by name or by id. */
import { isVatId } from '../base/ids.ts'
import { didYouMean } from '../base/nearest.ts'
import type { KernelReader } from '../protocol/kernel/kernel.ts'
import type { VatView } from '../protocol/kernel/views.ts'
import { refuse } from '../protocol/codes.ts'
import { isVatName } from '../protocol/host/names.ts'

/** A name takes precedence over an id. */
export function vatNamed(read: KernelReader, nameOrId: string): VatView {
  const view =
    (isVatName(nameOrId) ? read.vatNamed(nameOrId) : undefined) ??
    (isVatId(nameOrId) ? read.vat(nameOrId) : undefined)
  if (view !== undefined) return view
  const meant = didYouMean(nameOrId, read.vats().map(({ name }) => name))
  return refuse('vat/unknown', `there is no vat ${JSON.stringify(nameOrId)}${meant}`, { vat: nameOrId })
}
