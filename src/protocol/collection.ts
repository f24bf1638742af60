/**
 * When a vat is asked to collect its garbage: once so much has happened since it was asked last, whichever
 * comes first. What is left out is as the store has it, and there by deliveries only.
 */
export interface CollectionSchedule {
  readonly deliveries?: number | 'never'
  /** References that the kernel passed to the vat in its deliveries. */
  readonly references?: number | 'never'
  /** Computrons that the vat used, as decimal digits, or `never`. */
  readonly computrons?: string
}
