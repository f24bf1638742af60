/** Version 1, with a defect: it charges fees rounded up and books them rounded down. Money vanishes. */
import { issuer } from './issuer.ts'

const permille = 3n

export const buildRootObject = issuer({
  number: 1,
  payments: 'kept',
  feeOf: (amount) => ({ charged: (amount * permille + 999n) / 1000n, booked: (amount * permille) / 1000n }),
})
