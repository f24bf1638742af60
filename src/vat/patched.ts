/** Changes of behaviour that apply from the first time the code asks for them (`patched`). */
declare const VatData: { patched(id: string): boolean }

/**
 * Whether a change of behaviour applies. Code that guards its changes with this can take over a running vat
 * by replay (the mode `replay` of an upgrade), which requires it to do in all past deliveries exactly what
 * the old code did.
 *
 * False for a delivery that happened before the code first asked for this id; true from then on, also when it
 * is replayed later. Keep the call for as long as replays may begin before it; then remove it.
 *
 * ```ts
 * import { Far, patched } from 'heirloom/vat'
 *
 * export const buildRootObject = () =>
 *   Far('shop', { fee: (amount: bigint) => (patched('no fees') ? 0n : amount / 100n) })
 * ```
 */
export const patched = (id: string): boolean => VatData.patched(id)
