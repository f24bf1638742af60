/**
 * The player of a script: it makes each block on one node, undisturbed, and records what is seen, so that
 * other nodes can be given the same blocks.
 */
import { assert, CodedError } from '../../../base/errors.ts'
import type { JsonValue } from '../../../protocol/node/fields.ts'
import type { Application, Block, BlockResult } from '../../../node/index.ts'
import type { Entry, ScriptBlock } from '../script/script.ts'
import type { ChainPool, Prepared } from '../world/chains.ts'
import { commitsOf } from './interruptions.ts'
import { SimNode } from './node.ts'
import type { BlockSeen, Delivered, Halt, KernelSeen, ProposalSeen, ResultSeen } from './observation.ts'
import { upgradeKindOf } from './releases.ts'
import { Signer, type Known, type Made } from './signing.ts'

export interface PlayedBlock {
  readonly block: Block
  readonly result: BlockResult
  /** How many commits the store made within the block, before that of its end. */
  readonly commits: number
}

export class Player {
  readonly node: SimNode
  readonly #signer: Signer
  readonly #proposals = new Map<string, number>()
  readonly #keys = new Map<number, number>()
  readonly #pendingKeys = new Map<string, readonly [who: number, key: number]>()
  readonly #labels = new Map<string, string>()
  readonly #addresses = new Set<string>()
  readonly blocks: PlayedBlock[] = []
  readonly seen: BlockSeen[] = []
  readonly halts: Halt[] = []

  private constructor(node: SimNode, chains: ChainPool) {
    this.node = node
    this.#signer = new Signer(chains)
  }

  static async open(chains: ChainPool, prepared: Prepared): Promise<Player> {
    const node = await SimNode.open(prepared, chains.copy(prepared.directory), 'release-1')
    const player = new Player(node, chains)
    for (const { address } of prepared.genesis.accounts) player.#addresses.add(address)
    return player
  }

  get app(): Application {
    return this.node.app
  }

  /** Whether the transaction was accepted into a block. */
  delivered(): ReadonlyMap<string, Delivered> {
    return this.#signer.all()
  }

  async play({ after, isChosen, entries }: ScriptBlock): Promise<BlockSeen> {
    const { height, time } = this.app.info
    const made = entries.flatMap((entry) => this.#make(entry, height + 1))
    const first = made[0]
    const checked = first === undefined ? null : this.app.check(first.bytes).code
    const given = isChosen ? this.#chosen(made) : made
    const transactions = given.map(({ bytes }) => bytes)
    const block: Block = { height: height + 1, time: time + after, transactions }
    const before = commitsOf(this.node.directory)
    const result = await this.#deliver(block)
    const commits = commitsOf(this.node.directory) - before
    await this.app.commit()
    this.blocks.push({ block, result, commits })
    this.#learn(given, result)
    const seen = this.#look(block, given, checked, isChosen, result)
    this.seen.push(seen)
    return seen
  }

  #chosen(made: readonly Made[]): readonly Made[] {
    const rest = [...made]
    return this.app.propose(made.map(({ bytes }) => bytes)).map((bytes) => {
      const at = rest.findIndex((each) => each.bytes === bytes)
      const [found] = rest.splice(at, 1)
      assert(found !== undefined, 'what is chosen was proposed')
      return found
    })
  }

  /** Delivers the block; a node that stops at its height is started with what lets it go on. */
  async #deliver(block: Block): Promise<BlockResult> {
    for (;;) {
      try {
        return await this.app.deliver(block)
      } catch (error) {
        if (!(error instanceof CodedError) || !isHalt(error.code)) throw error
        const name = String((error.detail as { readonly name?: unknown }).name)
        const then = upgradeKindOf(name) === 'skipped' ? 'skip' : 'release-2'
        assert(this.halts.filter((halt) => halt.height === block.height).length < 20, 'a node goes on after a halt')
        this.halts.push({ height: block.height, code: error.code, name, then })
        await this.node.reopen(then === 'skip' ? { skip: `${name}@${block.height}` } : { release: 'release-2' })
      }
    }
  }

  #make(entry: Entry, height: number): readonly Made[] {
    const known: Known = {
      chain: this.app.info.chain,
      height,
      proposal: (label) => this.#proposals.get(label) ?? 999_999,
      item: (hash) => this.#itemOf(hash),
      key: (who) => this.#keys.get(who) ?? who,
    }
    const made = this.#signer.make(entry, known)
    if (made === undefined) return []
    if (entry.kind === 'sign') {
      const { action, from } = entry
      if (action.kind === 'propose') this.#labels.set(made.delivered.hash, action.label)
      if (action.kind === 'set-key') this.#pendingKeys.set(made.delivered.hash, [from, action.key])
    }
    return [made]
  }

  #itemOf(hash: string): number {
    const answer = this.#answerOf(hash) as { readonly sequence?: number | null } | null
    return answer?.sequence ?? 999_999
  }

  #answerOf(hash: string): JsonValue {
    try {
      return this.app.query(`kernel/result/${hash}`).value
    } catch (error) {
      if (error instanceof CodedError && error.code === 'node/no-query') return null
      throw error
    }
  }

  #learn(given: readonly Made[], { results }: BlockResult): void {
    for (const [at, { delivered }] of given.entries()) {
      const result = results[at]
      for (const address of addressesIn(delivered)) this.#addresses.add(address)
      if (result?.code !== 'ok') continue
      const label = this.#labels.get(delivered.hash)
      const { proposal } = (result.data ?? {}) as { readonly proposal?: number }
      if (label !== undefined && proposal !== undefined) this.#proposals.set(label, proposal)
      const key = this.#pendingKeys.get(delivered.hash)
      if (key !== undefined) this.#keys.set(...key)
    }
  }

  #look(
    { height, time }: Block,
    given: readonly Made[],
    checked: string | null,
    isChosen: boolean,
    { results, events, appHash }: BlockResult,
  ): BlockSeen {
    const ask = <Value>(path: string): Value => this.app.query(path).value as Value
    const { total } = ask<{ total: string }>('ledger/total')
    return {
      height,
      time,
      delivered: given.map(({ delivered }) => delivered),
      checked,
      isChosen,
      results: results.map(({ code, gas, data }): ResultSeen => ({ code, gas, data })),
      events,
      appHash,
      balances: Object.fromEntries(
        [...this.#addresses].map((address) => [address, ask<{ balance: string }>(`ledger/balance/${address}`).balance]),
      ),
      total,
      kernel: ask<KernelSeen>('kernel/status'),
      proposals: ask<readonly ProposalSeen[]>('governance/list').map(({ id, state, reason, ends }) => ({
        id,
        state,
        reason,
        ends,
      })),
      members: ask('governance/members'),
      parameters: ask('parameters/all'),
      published: ask('kernel/published'),
      requests: Number(this.app.state.get('counter', 'received.ledger') ?? '0'),
      owed: ask<{ waiting: number }>('ledger/owed').waiting,
      upgrades: ask('upgrade/list'),
      hasWork: this.app.hasWork,
    }
  }

  /** What became of all messages to vats. */
  answers(): Readonly<Record<string, JsonValue>> {
    const sends = this.seen.flatMap(({ delivered }) => delivered).filter(({ body }) => body.message.kind === 'kernel/send')
    return Object.fromEntries(sends.map(({ hash }) => [hash, this.#answerOf(hash)]))
  }

  answerOf(hash: string): JsonValue {
    return this.#answerOf(hash)
  }
}

export const isHalt = (code: string): boolean => code === 'node/halted' || code === 'node/upgrade-failed'

/** All addresses that a transaction names. */
const addressesIn = ({ body }: Delivered): readonly string[] =>
  JSON.stringify(body).match(/h1[0-9a-f]{40}/g) ?? []
