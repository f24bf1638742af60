/**
 * The closing of every script: votes repair the kernel, put back what was set aside, resume the vats and
 * restore the parameters; the chain goes on until nothing waits, and the vats report.
 */
import type { JsonValue } from '../../../protocol/node/fields.ts'
import { vatNames, type Action, type Entry, type Motion, type Script } from '../script/script.ts'
import { accountCount, richAccount } from '../world/chains.ts'
import type { BlockSeen, Line } from './observation.ts'
import type { Player } from './player.ts'
import { addressOf } from './signing.ts'

/** The numbers of the transactions of closings begin here. */
const firstNumber = 1_000_000
/** More blocks than any closing needs until nothing waits. */
const maxBlocks = 400
/** A page of a journal that has less is the last one. */
const lastPage = 50_000

const whoIs: ReadonlyMap<string, number> = new Map(
  Array.from({ length: accountCount }, (_, who) => [addressOf(who), who]),
)

class Closing {
  readonly #player: Player
  #next: number

  constructor(player: Player, first: number) {
    this.#player = player
    this.#next = first
  }

  get last(): BlockSeen | undefined {
    return this.#player.seen.at(-1)
  }

  sign(from: number, action: Action): Entry & { readonly kind: 'sign' } {
    const n = (this.#next += 1)
    return { kind: 'sign', n, from, action, flaw: 'none', nonce: n, life: 0 }
  }

  async block(...entries: readonly Entry[]): Promise<BlockSeen> {
    return this.#player.play({ after: 1_000, isChosen: false, entries })
  }

  members(): readonly number[] {
    return (this.last?.members ?? []).flatMap(({ address }) => whoIs.get(address) ?? [])
  }

  /** Makes empty blocks as long as this holds. */
  async wait(holds: (seen: BlockSeen) => boolean, blocks: number): Promise<void> {
    for (let count = 0; count < blocks; count += 1) {
      if (this.last === undefined || !holds(this.last)) return
      await this.block()
    }
  }

  async vote(...motions: readonly Motion[]): Promise<void> {
    const label = `closing ${(this.#next += 1)}`
    const members = this.members()
    await this.block(this.sign(members[0] ?? richAccount, { kind: 'propose', label, motions }))
    await this.block(...members.map((who) => this.sign(who, { kind: 'vote', label, choice: 'yes' })))
    await this.wait(isUndecided, 12)
  }
}

const isUndecided = ({ proposals }: BlockSeen): boolean => proposals.some(({ state }) => state === 'voting')

const usual: readonly Motion[] = Object.entries({
  'governance.period': 1,
  'governance.open': 100,
  'kernel.handed': 2_000,
  'kernel.computrons': 2_000_000_000,
  'kernel.backlog': 10_000,
  'kernel.queue': 2_000,
  'block.kept': 1_000_000,
}).map(([name, value]) => ({ kind: 'parameter', name, value }))

/** The messages that the votes of a script may have set aside. */
const asideIn = ({ blocks }: Script): readonly number[] => [
  ...new Set(
    blocks.flatMap(({ entries }) =>
      entries.flatMap((entry) => (entry.kind === 'sign' && entry.action.kind === 'propose' ? entry.action.motions : [])),
    ).flatMap((motion) => (motion.kind === 'set-aside' ? [motion.of] : [])),
  ),
]

export async function closingBlocks(
  player: Player,
  script: Script,
  otherKernel: (kernel: string) => 'release' | 'same',
): Promise<void> {
  const closing = new Closing(player, firstNumber)
  await closing.block(
    ...closing.members().map((to) =>
      closing.sign(richAccount, { kind: 'transfer', to, amount: '1000000', memo: null }),
    ),
  )
  await closing.wait((seen) => isUndecided(seen) || seen.kernel.state === 'migrating', 40)
  await closing.vote(...usual)
  await closing.vote({ kind: 'kernel', kernel: otherKernel(closing.last?.kernel.kernel ?? ''), rows: null })
  await closing.vote({ kind: 'unpause' })
  for (const of of asideIn(script)) await closing.vote({ kind: 'put-back', of })
  for (const vat of vatNames) await closing.vote({ kind: 'resume', vat })
  await closing.vote(...vatNames.map((vat): Motion => ({ kind: 'publish-root', name: vat, vat })))
  await closing.wait(({ hasWork }) => hasWork, maxBlocks)
}

/** The journals of the vats; null for one that does not answer. */
export async function readJournals(player: Player): Promise<Record<string, readonly Line[] | null>> {
  const closing = new Closing(player, 2 * firstNumber)
  const journals: Record<string, readonly Line[] | null> = {}
  for (const vat of vatNames) journals[vat] = await readJournal(closing, player, vat)
  return journals
}

interface Report {
  readonly kind?: string
  readonly value?: readonly string[]
}

async function readJournal(closing: Closing, player: Player, vat: string): Promise<readonly Line[] | null> {
  const lines: Line[] = []
  for (;;) {
    const seen = await closing.block(
      closing.sign(richAccount, { kind: 'send', to: vat, call: { kind: 'report', from: lines.length } }),
    )
    const hash = seen.delivered[0]?.hash ?? ''
    const isPending = (): boolean => kindOf(player.answerOf(hash)) === 'pending'
    for (let blocks = 0; blocks < 5 && isPending(); blocks += 1) await closing.block()
    const answer = player.answerOf(hash) as Report | null
    if (answer?.kind !== 'fulfilled') return null
    const page = answer.value ?? []
    lines.push(...page.map((line) => JSON.parse(line) as Line))
    if (page.join('').length < lastPage) return lines
  }
}

const kindOf = (answer: JsonValue): unknown => (answer as { readonly kind?: unknown } | null)?.kind
