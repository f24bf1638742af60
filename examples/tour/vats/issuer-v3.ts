/** Version 3 forgets that there are payments. It is never let in. */
import { issuer } from './issuer.ts'

export const buildRootObject = issuer({
  number: 3,
  payments: 'forgotten',
  feeOf: () => ({ charged: 0n, booked: 0n }),
})
