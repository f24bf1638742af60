/** Version 2 repairs the defect of version 1: what is charged is what is booked. */
import { issuer } from './issuer.ts'

const permille = 3n
const roundedUp = (amount: bigint): bigint => (amount * permille + 999n) / 1000n

export const buildRootObject = issuer({
  number: 2,
  payments: 'kept',
  feeOf: (amount) => ({ charged: roundedUp(amount), booked: roundedUp(amount) }),
})
