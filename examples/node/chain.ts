/** The chain seen by its clients: transactions, votes, uploads, and messages to vats, all by HTTP. */
import { hash } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { decodeResult, encodeArguments, NodeClient } from 'heirloom/client'
import type { AccountMessage, JsonValue, Key, MessageOutcome } from 'heirloom/client'
import { Model } from './model.ts'
import { NodeProcess } from './nodeProcess.ts'
import { keyAt, world } from './world.ts'

/** What the query `governance/show` says. */
export interface Proposal {
  readonly id: number
  readonly state: string
  readonly reason: string | null
  readonly report: string | null
}

/** How the members vote: with these weights, 7 of 10 are for it. */
const choices = ['yes', 'yes', 'no', 'abstain'] as const

const chunkBytes = 300_000

export class Chain {
  readonly home: string
  readonly model = new Model()
  #node: NodeProcess
  client: NodeClient

  private constructor(home: string, node: NodeProcess) {
    this.home = home
    this.#node = node
    this.client = new NodeClient(node.url)
  }

  static async open(home: string): Promise<Chain> {
    return new Chain(home, await NodeProcess.start(home))
  }

  get node(): NodeProcess {
    return this.#node
  }

  get store(): string {
    return join(this.home, 'data', 'store')
  }

  /** Starts the node again, at the same address. */
  async restart(...words: readonly string[]): Promise<void> {
    this.#node = await NodeProcess.start(this.home, this.#node.port, ...words)
  }

  /** Sends a message, which must succeed. */
  async send(key: Key, message: AccountMessage): Promise<MessageOutcome & { readonly kind: 'included' }> {
    const outcome = await this.client.send(key, message)
    if (outcome.kind !== 'included' || outcome.result.code !== 'ok')
      throw new Error(`${message.kind} came to ${JSON.stringify(outcome)}`)
    this.model.executed(key, message)
    return outcome
  }

  /** What a vat answers. */
  async ask(to: string, method: string, ...args: readonly unknown[]): Promise<unknown> {
    const sent = await this.send(keyAt(5), { kind: 'kernel/send', to, method, args: encodeArguments(...args) })
    const settled = await this.client.answer(sent.hash)
    if (settled.kind === 'rejected') throw new Error(`${method}: ${String(decodeResult(settled.reason))}`)
    return decodeResult(settled.value)
  }

  async query(path: string): Promise<JsonValue> {
    return (await this.client.query(path)).value
  }

  /** Waits until it is so. */
  async until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    for (const end = performance.now() + 60_000; !(await isSo()); await sleep(25))
      if (performance.now() > end) throw new Error(`after a minute still not so: ${what}`)
  }

  /** Waits for so many blocks. */
  async blocks(count: number): Promise<void> {
    const { height } = await this.client.status()
    await this.until(`${count} blocks`, async () => (await this.client.status()).height >= height + count)
  }

  /** Proposes messages. */
  async propose(title: string, ...messages: readonly JsonValue[]): Promise<number> {
    const proposed = await this.send(keyAt(0), { kind: 'governance/propose', title, messages })
    return (proposed.result.data as { readonly proposal: number }).proposal
  }

  /** All members vote; resolves when the proposal is over. */
  async decide(proposal: number): Promise<Proposal> {
    const votes = choices.map((choice, member) =>
      this.send(keyAt(member), { kind: 'governance/vote', proposal, choice }),
    )
    await Promise.all(votes)
    const show = async () => (await this.query(`governance/show/${proposal}`)) as unknown as Proposal
    const isOver = async () => !['voting', 'executing'].includes((await show()).state)
    await this.until(`proposal ${proposal} is over`, isOver)
    return show()
  }

  async vote(title: string, ...messages: readonly JsonValue[]): Promise<Proposal> {
    return this.decide(await this.propose(title, ...messages))
  }

  /** Uploads code by transactions; resolves to its id when it is installed. */
  async upload(bytes: Uint8Array, kind: 'vat' | 'kernel', label: string): Promise<string> {
    const { height } = await this.client.status()
    const digest = hash('sha256', bytes)
    await this.send(keyAt(4), { kind: 'kernel/begin-upload', hash: digest, for: kind, bytes: bytes.length, label })
    for (let index = 0; index * chunkBytes < bytes.length; index += 1) {
      const chunk = bytes.subarray(index * chunkBytes, (index + 1) * chunkBytes)
      const data = Buffer.from(chunk).toString('base64')
      await this.send(keyAt(4), { kind: 'kernel/upload-chunk', hash: digest, index, data })
    }
    for await (const { data } of this.client.events({ after: height, kinds: ['operation'] })) {
      if (data['upload'] !== digest) continue
      if (data['code'] !== null) throw new Error(`${label} is not installed: ${String(data['code'])}`)
      return (data['data'] as { readonly id: string }).id
    }
    throw new Error('the events have ended')
  }
}

/** Does the work for each item, so many at once. */
export async function inFlight<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
  atOnce: number = world.inFlight,
): Promise<void> {
  const left = items.values()
  const lane = async (): Promise<void> => {
    for (const item of left) await work(item)
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
}
