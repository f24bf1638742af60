/**
 * Baggage: the durable map from which an heir finds its estate.
 *
 * It is a map store like any other (`collections/`), created with the vat and never deleted. Its keys are
 * strings.
 */
import type { Collections } from '../collections/collections.ts'
import { stringPattern } from '../collections/library.ts'

export const provideBaggage = (collections: Collections): object => collections.baggage(stringPattern)
