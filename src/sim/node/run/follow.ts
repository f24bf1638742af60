/**
 * Another node executes the blocks of a run, in weather: processes that die before, within and after a block,
 * workers that leave memory, other releases, checks and queries beside the block. Nothing of it may show
 * (Nr1).
 */
import { assert, CodedError } from '../../../base/errors.ts'
import { Random } from '../../program/random.ts'
import type { Block, BlockResult } from '../../../node/index.ts'
import type { ChainPool, Prepared } from '../world/chains.ts'
import { dieWithin, type Moment } from './interruptions.ts'
import { SimNode } from './node.ts'
import type { Halt } from './observation.ts'
import type { Played } from './play.ts'
import { isHalt, type PlayedBlock } from './player.ts'

/** How often what happens at a block, in percent. */
interface Rates {
  readonly reopen: number
  readonly before: number
  readonly within: number
  /** Of a block within which the store commits; again after each of its deaths. */
  readonly committed: number
  readonly after: number
  readonly aside: number
}

const weathers: readonly Rates[] = [
  { reopen: 5, before: 5, within: 25, committed: 50, after: 10, aside: 20 },
  { reopen: 10, before: 0, within: 60, committed: 30, after: 0, aside: 0 },
  { reopen: 2, before: 10, within: 0, committed: 90, after: 30, aside: 40 },
]

/** After a death the store is opened again, or a copy of its files is. */
type Afterwards = 'again' | 'copied'

/** How often a node dies at the commits of one block. */
const maxDeaths = 4

/** Calls of the machine in a block: few in most, hundreds in some. */
const maxCalls = [8, 20, 20, 40, 300] as const

/** Returns what differs; empty if nothing does. */
export async function follow(
  played: Played,
  seed: number,
  course: number,
  chains: ChainPool,
  prepared: Prepared,
): Promise<readonly string[]> {
  const follower = await Follower.open(played, new Random(seed, `weather ${course}`), chains, prepared)
  try {
    for (const each of played.blocks) {
      const finding = await follower.follow(each)
      if (finding !== null) return [finding]
    }
    return follower.judgeHalts()
  } finally {
    await follower.close()
  }
}

class Follower {
  readonly #random: Random
  readonly #rates: Rates
  readonly #node: SimNode
  readonly #chains: ChainPool
  readonly #halts: readonly Halt[]
  readonly #startsNewer: boolean
  #stopped = 0

  private constructor(
    played: Played,
    random: Random,
    node: SimNode,
    chains: ChainPool,
    startsNewer: boolean,
  ) {
    this.#random = random
    this.#rates = random.pick(weathers)
    this.#node = node
    this.#chains = chains
    this.#halts = played.observation.halts
    this.#startsNewer = startsNewer
  }

  static async open(
    played: Played,
    random: Random,
    chains: ChainPool,
    prepared: Prepared,
  ): Promise<Follower> {
    const startsNewer = random.chance(25)
    const directory = chains.copy(prepared.directory)
    const store = {
      eviction: random.chance(30) ? 'after-each-crank' : 'when-needed',
      residentWorkers: random.pick([1, 2, 100]),
      ...(random.chance(20) ? { traceFile: `${directory}.trace` } : {}),
    } as const
    const node = await SimNode.open(prepared, directory, startsNewer ? 'release-2' : 'release-1', store)
    return new Follower(played, random, node, chains, startsNewer)
  }

  close(): Promise<void> {
    return this.#node.close()
  }

  async follow({ block, result, commits }: PlayedBlock): Promise<string | null> {
    const random = this.#random
    if (random.chance(this.#rates.reopen)) await this.#node.reopen({})
    if (random.chance(this.#rates.before)) await this.#dies()
    if (random.chance(this.#rates.aside)) this.#lookAround(block)
    if (random.chance(this.#rates.within)) await this.#dieAfterCalls(block)
    if (commits > 0) await this.#dieAtCommits(block, commits)
    const finding = differenceOf(await this.#deliver(block), result)
    if (finding !== null) return finding
    if (random.chance(this.#rates.after)) {
      await this.#dies()
      const again = differenceOf(await this.#deliver(block), result)
      if (again !== null) return `${again}, after a death`
    }
    await this.#node.app.commit()
    const { appHash } = this.#node.app.info
    return appHash === result.appHash ? null : `agreement (Nr1): at height ${block.height}: committed as ${appHash}`
  }

  /** Checks and queries, which change nothing. */
  #lookAround({ transactions }: Block): void {
    const { app } = this.#node
    for (const each of transactions) app.check(each)
    app.propose(transactions)
    for (const path of ['parameters/all', 'governance/list', 'kernel/status']) app.query(path)
  }

  /** The process dies now. */
  #dies(): Promise<void> {
    return this.#start(this.#afterwards())
  }

  #afterwards(): Afterwards {
    return this.#random.chance(50) ? 'again' : 'copied'
  }

  async #start(then: Afterwards): Promise<void> {
    if (then === 'again') return void (await this.#node.app.recover())
    const directory = this.#chains.copy(this.#node.directory)
    await this.#node.reopen({ directory })
  }

  async #dieAfterCalls(block: Block): Promise<void> {
    const count = this.#random.below(this.#random.pick(maxCalls))
    await this.#dieAt({ kind: 'calls', count }, block)
  }

  /** `commits`: what the store has made within the block on a node that was not disturbed. */
  async #dieAtCommits(block: Block, commits: number): Promise<void> {
    for (let deaths = 0; deaths < maxDeaths && this.#random.chance(this.#rates.committed); deaths += 1) {
      const count = 1 + this.#random.below(this.#random.pick([1, commits]))
      await this.#dieAt({ kind: 'commits', count, directory: this.#node.directory }, block)
    }
  }

  async #dieAt(moment: Moment, block: Block): Promise<void> {
    // Chosen first: whether it dies in time may differ between runs of a seed, what is random may not.
    const then = this.#afterwards()
    const isDead = await dieWithin(moment, () => this.#tryToDeliver(block))
    if (isDead) await this.#start(then)
  }

  async #tryToDeliver(block: Block): Promise<void> {
    try {
      await this.#node.app.deliver(block)
    } catch (error) {
      if (!(error instanceof CodedError) || !isHalt(error.code)) throw error
    }
  }

  async #deliver(block: Block): Promise<BlockResult> {
    for (;;) {
      try {
        return await this.#node.app.deliver(block)
      } catch (error) {
        if (!(error instanceof CodedError) || !isHalt(error.code)) throw error
        await this.#stop(block, error)
      }
    }
  }

  async #stop({ height }: Block, error: CodedError): Promise<void> {
    const name = String((error.detail as { readonly name?: unknown }).name)
    const halt = this.#halts.find((each) => each.height === height && each.name === name)
    if (halt === undefined || halt.code !== error.code) throw error
    this.#stopped += 1
    await this.#node.reopen(halt.then === 'skip' ? { skip: `${name}@${height}` } : { release: 'release-2' })
  }

  judgeHalts(): readonly string[] {
    const wanted = this.#halts.filter(({ then }) => then === 'skip' || !this.#startsNewer).length
    assert(this.#stopped >= 0, 'stops are counted')
    return this.#stopped === wanted ? [] : [`agreement (Nr1): the node has stopped ${this.#stopped} times, not ${wanted}`]
  }
}

function differenceOf(found: BlockResult, wanted: BlockResult): string | null {
  const place = `agreement (Nr1): at height ${wanted.height}`
  const agreed = ({ results }: BlockResult): string[] =>
    results.map(({ hash, number, gas, data }) => JSON.stringify([hash, number, gas, data]))
  const [one, other] = [agreed(found), agreed(wanted)]
  const at = other.findIndex((each, index) => each !== one[index])
  if (at >= 0 || one.length !== other.length) return `${place}: transaction ${at} came to ${one[at]}, not ${other[at]}`
  const events = ({ events: all }: BlockResult): string =>
    JSON.stringify(all)
  if (events(found) !== events(wanted)) return `${place}: the events are ${events(found)}, not ${events(wanted)}`
  return found.appHash === wanted.appHash ? null : `${place}: the app hash differs`
}
