/** What the ledger must come to: computed here, from what was sent, far from any node. */
import { addressOf, type AccountMessage, type Key } from 'heirloom/client'
import { addresses, feeAccount, world } from './world.ts'

export class Model {
  readonly balances = new Map<string, bigint>(addresses.map((address) => [address, world.openingBalance]))
  /** For each account, in how many transfers it was part. */
  readonly transfers = new Map<string, number>(addresses.map((address) => [address, 0]))
  /** How many transfers were executed. */
  count = 0
  /** What a message to the host costs. */
  hostFee = 1n
  uploadFee = 100n

  /** A transaction that a block has, with the result `ok`. */
  executed(key: Key, message: AccountMessage): void {
    const from = addressOf(key)
    this.#move(from, feeAccount, this.#feeOf(message))
    if (message.kind !== 'ledger/transfer') return
    this.#move(from, message.to, BigInt(message.amount))
    this.count += 1
    for (const address of [from, message.to])
      this.transfers.set(address, (this.transfers.get(address) ?? 0) + 1)
  }

  #feeOf({ kind }: AccountMessage): bigint {
    if (kind === 'kernel/send') return 10n
    return kind === 'kernel/upload-chunk' ? this.uploadFee : this.hostFee
  }

  #move(from: string, to: string, amount: bigint): void {
    this.balances.set(from, (this.balances.get(from) ?? 0n) - amount)
    this.balances.set(to, (this.balances.get(to) ?? 0n) + amount)
  }
}
