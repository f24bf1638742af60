/**
 * Runs the blocks that the store has committed since on a fork on which a plan was run, one after the other,
 * and compares what the outside sees.
 *
 * Fwd1. What the store answered is found by running its recorded inputs on a copy of the block of the fork,
 *       under the code that ran them. Each block is compared with its record: what does not reproduce it is
 *       refused, and no difference of it is reported.
 * Fwd2. A block that took the store back, or in which a plan was run, ends the fast-forward before it.
 */
import { commitReproduced, runRecordedInput } from '../../machine/blockReplay/blockReplay.ts'
import { kernelLabel } from '../../machine/opening/opening.ts'
import type { InboxItem, RequestKind } from '../../protocol/host/requests.ts'
import { machineKeys } from '../../protocol/host/names.ts'
import type { BlockInput } from '../../protocol/store/inputs.ts'
import { Answers } from './answers.ts'
import { GivenInputs, type GivenItem } from './givenInputs.ts'
import type { LivingBlock } from './livingStore.ts'
import { PortItems } from './portItems.ts'
import type { Administration } from './report.ts'
import { isReadable } from './side.ts'
import type { Note, Sides } from './sides.ts'
import { VatStatuses } from './vatStatuses.ts'

/** Requests about code and vats, which the report lists. */
const administrative: ReadonlySet<RequestKind> = new Set<RequestKind>([
  'createVat', 'upgradeVat', 'installWorker', 'installWorkerPart', 'useWorker', 'retireWorker', 'retireBundle',
  'upgradeWorker', 'startRollout', 'controlRollout', 'suspendVat', 'resumeVat', 'terminateVat', 'changeVatOptions', 'pauseKernel',
  'resumeKernel',
])

/** How many cranks a side may run after the last block until it is at rest. */
const lastCranks = 10_000

export class Forwarding {
  readonly #sides: Sides
  readonly #given: GivenInputs
  readonly #answers: Answers
  readonly #items: PortItems
  readonly #statuses: VatStatuses
  readonly #appended = new Map<number, GivenItem>()
  readonly administration: Administration[] = []
  #requests = 0
  /** Whether the store was at rest after the last cranks of the block. */
  #isAtRest = true

  constructor(sides: Sides, note: Note) {
    const { store, fork } = sides
    this.#sides = sides
    const before = { last: store.replica.store.inbox.last, ports: store.read.ports() }
    this.#given = new GivenInputs(fork.replica, fork.read, sides.names, before)
    this.#answers = new Answers(sides, note)
    this.#items = new PortItems(sides, note)
    this.#statuses = new VatStatuses(sides, note)
    this.#answers.observe(store.replica.store.blocks.height)
  }

  get counts(): { readonly requests: number; readonly answers: number; readonly items: number } {
    return { requests: this.#requests, answers: this.#answers.compared, items: this.#items.compared }
  }

  get isBusy(): boolean {
    return this.#given.isBusy
  }

  /** The last block that both sides have. */
  get height(): number {
    return this.#sides.store.replica.store.blocks.height
  }

  /** Fwd1. */
  run({ height, inputs, record }: LivingBlock): void {
    const { store, fork } = this.#sides
    for (const input of inputs) this.#input(height, input)
    commitReproduced(store.replica, { record: () => record }, height)
    fork.replica.commit()
    if (!isReadable(store)) return
    this.#answers.observe(height)
    if (this.#isAtRest) this.#items.compare(height)
    this.#statuses.compare(height)
  }

  /** Lets both sides come to rest, and compares what is left. */
  finish(): void {
    if (!isReadable(this.#sides.store)) return
    for (const side of ['store', 'fork'] as const) this.#comeToRest(side)
    this.#answers.observe(this.height)
    this.#items.compare(this.height)
    this.#answers.finish()
  }

  #comeToRest(side: 'store' | 'fork'): void {
    const { replica, read } = this.#sides[side]
    for (let done = 0; done < lastCranks && read.queueLength() > 0; done += 1) {
      const ran = replica.run({ kind: 'crank', cleaning: 'leave', times: 1 })
      if (ran === null || ran.report?.kind === 'paused') return
      this.#items.ran(side, ran)
    }
  }

  #input(block: number, input: BlockInput): void {
    const { store } = this.#sides
    const inbox = store.replica.store.inbox
    for (const ran of runRecordedInput(store.replica, input)) this.#items.ran('store', ran)
    this.#listInput(block, input)
    switch (input.kind) {
      case 'append':
        return this.#append(block, inbox.last, input.item)
      case 'take':
        return this.#given.take(inbox.taken)
      case 'accept':
        return this.#accept(input)
      case 'crank':
        return this.#crank(block, input)
      case 'seal':
        return this.#given.seal()
      default:
        return this.#given.other(input)
    }
  }

  #append(block: number, number: number, text: string): void {
    const given = this.#given.append(number, text)
    const { item, notGiven } = given
    this.#appended.set(number, given)
    if (administrative.has(item.kind) || notGiven !== null)
      this.administration.push({ block, request: number, what: item.kind, notGiven })
  }

  #accept(input: Extract<BlockInput, { readonly kind: 'accept' }>): void {
    const given = this.#appended.get(input.sequence)
    this.#appended.delete(input.sequence)
    if (given !== undefined && this.#isKept(given.item)) return
    if (!this.#given.accept(input) || given === undefined || given.fork === null) return
    this.#requests += 1
    this.#answers.ask(given.item, given.store, given.fork)
  }

  /** Whether the host forgets an answer that the fork has not given yet. */
  #isKept(item: InboxItem): boolean {
    return item.kind === 'forget' && this.#answers.isOpen(item.sequence)
  }

  #crank(block: number, input: Extract<BlockInput, { readonly kind: 'crank' }>): void {
    const { read } = this.#sides.store
    this.#isAtRest =
      read.paused() === undefined && read.queueLength() === 0 && (input.cleaning === 'leave' || read.cleanups() === 0)
    for (const ran of this.#given.crank(input, this.#isAtRest)) this.#items.ran('fork', ran)
    this.#answers.observe(block)
  }

  /** What stays as the plan has left it. */
  #listInput(block: number, input: BlockInput): void {
    const isKernel = input.kind === 'name' && input.label === kernelLabel
    const what = isKernel ? 'kernel' : input.kind === 'migrate' ? 'migration' : isFault(input) ? 'fault' : undefined
    if (what === undefined) return
    const last = this.administration.at(-1)
    if (last?.block === block && last.what === what) return
    this.administration.push({ block, request: null, what, notGiven: 'the fork keeps the kernel that the plan has left' })
  }
}

const isFault = (input: BlockInput): boolean =>
  input.kind === 'host' && input.key === `${machineKeys}fault` && input.value !== null

/** Fwd2: why the block cannot be given; undefined if it can be. */
export function obstacleIn({ inputs }: LivingBlock): string | undefined {
  for (const input of inputs) {
    if (input.kind === 'undoLog' && input.what === 'return') return 'it took the store back to an earlier block'
    if (input.kind === 'host' && input.key.startsWith(`${machineKeys}plan`)) return 'a plan was run in it'
  }
  return undefined
}
