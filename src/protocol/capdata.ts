/**
 * CapData: a serialized value in transit between vats.
 *
 * `body` is the smallcaps text of the value (`#` followed by JSON); each object reference or promise in it is
 * an index into `slots`. The text format is that of `@endo/marshal` with `serializeBodyFormat: 'smallcaps'`,
 * for compatibility with vats and tools written for it; its table is in `docs/wires/capdata.md`.
 */
export interface CapData<Slot extends string = string> {
  readonly body: string
  readonly slots: readonly Slot[]
}

/** The same body with every slot translated. */
export function mapSlots<From extends string, To extends string>(
  data: CapData<From>,
  translate: (slot: From) => To,
): CapData<To> {
  if (data.slots.length === 0) return { body: data.body, slots: [] }
  return { body: data.body, slots: data.slots.map(translate) }
}

/** Whether an unknown value from a wire has the shape of capdata. Does not check the grammar of its slots. */
export function isCapData(value: unknown): value is CapData {
  if (typeof value !== 'object' || value === null) return false
  const { body, slots } = value as { body?: unknown; slots?: unknown }
  return typeof body === 'string' && Array.isArray(slots) && slots.every((slot) => typeof slot === 'string')
}
