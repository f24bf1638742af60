/**
 * The codes of results of transactions. Their numbers are part of the consensus between nodes: they are
 * changed only by an upgrade at a height, and `golden/node/result-codes.txt` keeps them.
 */

/** The number of each code. 0: the transaction was executed. */
export const resultCodes = {
  ok: 0,
  'tx/too-large': 1,
  'tx/malformed': 2,
  'tx/not-canonical': 3,
  'tx/bad-signature': 4,
  'tx/wrong-chain': 5,
  'tx/wrong-key': 6,
  'tx/expired': 7,
  'tx/expires-too-late': 8,
  'tx/nonce-used': 9,
  'tx/fee-too-low': 10,
  'tx/cannot-pay': 11,
  'tx/not-by-account': 12,
  'ledger/insufficient': 20,
  'ledger/overflow': 21,
  'governance/not-a-member': 30,
  'governance/no-proposal': 31,
  'governance/closed': 32,
  'governance/too-many': 33,
  'governance/no-members': 34,
  'parameters/unknown': 40,
  'parameters/invalid': 41,
  'upgrade/too-early': 50,
  'upgrade/scheduled': 51,
  'upgrade/none': 52,
  'kernel/faulted': 60,
  'kernel/backlog': 61,
  'kernel/not-published': 62,
  'kernel/no-upload': 63,
  'kernel/upload-exists': 64,
  'kernel/wrong-chunk': 65,
  'kernel/wrong-hash': 66,
  'kernel/too-many-uploads': 67,
  'kernel/not-faulted': 68,
  'kernel/refused': 69,
  'accounts/wrong-key': 70,
} as const

export type ResultCode = keyof typeof resultCodes
