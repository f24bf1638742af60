/**
 * An arena: the real kernel on a real store, with hostile vats in the place of the engine.
 *
 * What comes up the channel goes through the host's own `Recording`, as from any worker. Only the engine
 * is left out, since a hundred times as many deliveries can be played without it.
 *
 * Fz1. The kernel throws nothing, whatever mallory sends.
 * Fz2. Whoever sends what is illegal is mallory, or a child of hers: no peer is made to.
 * Fz3. An illegal delivery leaves mallory's names and data as they were.
 * Fz4. The audit finds nothing, but what is in mallory's own data.
 * Fz5. The peers' data are what they wrote, and they answer as before.
 */
import assert from 'node:assert/strict'
import { rmSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vatId, workerId, type BundleId, type Hash, type ObjectKref, type VatId } from '../../src/base/ids.ts'
import { IllegalEnd, Recording } from '../../src/machine/engines/recording.ts'
import { Trace } from '../../src/machine/trace/trace.ts'
import { audit } from '../../src/kernel/audit/audit.ts'
import { makeKernel } from '../../src/kernel/kernel.ts'
import type { KernelReport } from '../../src/protocol/kernel/events.ts'
import type { Kernel } from '../../src/protocol/kernel/kernel.ts'
import type {
  DeliveryOutcome,
  ReplayOutcome,
  SyscallSink,
  WorkerAssignment,
  BuildOutcome,
  PlatformWorkers,
} from '../../src/protocol/kernel/platform.ts'
import { Tables } from '../../src/kernel/tables/tables.ts'
import type { Delivery } from '../../src/protocol/worker/delivery.ts'
import type { InboxItem } from '../../src/protocol/host/requests.ts'
import type { DeliveryLimits } from '../../src/protocol/worker/worker.ts'
import { createStore, type Store } from '../../src/store/store.ts'
import { Dice } from '../store/support.ts'
import { Mallory, Peer, type Play } from './players.ts'
import { Ways } from './ways.ts'

export interface Tally {
  /** Deliveries in which something was not as it should be. */
  spoilt: number
  /** What in them was not. */
  mutations: number
  /** Syscalls that the kernel was told. */
  syscalls: number
  legal: number
  illegal: number
  audits: number
  /** Items that a port sent to the host, and what handlers of ports and of the timer were given. */
  sent: number
  received: number
  woken: number
}

export const emptyTally = (): Tally => ({
  spoilt: 0,
  mutations: 0,
  syscalls: 0,
  legal: 0,
  illegal: 0,
  audits: 0,
  sent: 0,
  received: 0,
  woken: 0,
})

const zeros = '0'.repeat(64) as Hash
const nothing = { body: '#"#undefined"', slots: [] }
const maximumQueue = 500

export class Arena {
  readonly tally: Tally
  /** What mallory sent last, for a report. */
  last: { readonly vat: VatId; readonly delivery: Delivery; readonly play: Play; verdict: string } | undefined
  readonly #directory = mkdtempSync(join(tmpdir(), 'heirloom-fuzz-'))
  readonly #store: Store
  readonly #kernel: Kernel
  readonly #tables: Tables
  readonly #dice: Dice
  readonly #trace: Trace
  readonly #bundle: BundleId
  readonly #mallory: Mallory
  readonly #peers: ReadonlyMap<VatId, Peer>
  #sequence = 0
  #malloryVat: VatId
  #generation = 1

  constructor(seed: number, tally: Tally) {
    this.tally = tally
    const dice = new Dice(seed)
    this.#dice = dice
    // Neighbouring seeds begin alike.
    for (let roll = 0; roll < 20; roll += 1) dice.roll(2)
    this.#store = createStore(join(this.#directory, 'store'))
    this.#trace = new Trace(
      dice.roll(3) === 0 ? { file: '/dev/null', kinds: null, rotateBytes: null, keep: 1 } : null,
    )
    const { state, transcripts, bundles, outbox } = this.#store
    const engines: PlatformWorkers = {
      start: () => {},
      discard: () => {},
      forget: () => {},
      snapshot: () => zeros,
      build: noBuild,
      replay: noReplay,
      salvage: () => ({ kind: 'too-old' }),
      deliver: (...given) => this.#deliver(...given),
    }
    this.#kernel = makeKernel({
      state,
      transcripts,
      bundles,
      outbox,
      workers: engines,
      tracing: this.#trace.tracing,
      trace: (event) => this.#trace.write(event),
    })
    this.#tables = new Tables(state)
    const put = (kind: 'vat' | 'engine' | 'supervisor' | 'image'): BundleId =>
      bundles.put(kind, new TextEncoder().encode(`(() => '${kind}')`))
    const worker = {
      id: workerId(zeros),
      engine: put('engine'),
      supervisor: put('supervisor'),
      image: put('image'),
    }
    this.#bundle = put('vat')
    this.#mallory = new Mallory(this.#tables, dice, new Ways(dice, this.#bundle))
    this.#peers = new Map([1, 2].map((number) => [vatId(number), new Peer(this.#tables, dice)]))
    this.#step({
      kind: 'initialise',
      config: {
        snapshotInterval: 100,
        collectionInterval: 5,
        computronsPerDelivery: '1000',
        heapLimitPages: 1_000,
        storageLimit: Number.MAX_SAFE_INTEGER,
        cleanupBudget: 20,
        onFault: null,
        maxVats: null,
        collection: null,
      },
      worker,
    })
    this.#accept({ kind: 'installBundle', bundle: this.#bundle, format: 'script', label: 'code' })
    for (const name of ['alice', 'bob']) this.#create(name)
    this.#accept({ kind: 'openPort', name: 'bank' })
    this.#accept({ kind: 'advanceTime', now: '0' })
    this.#malloryVat = this.#newMallory()
  }

  /** One delivery to mallory, and what follows from it. */
  attack(): void {
    this.#ready()
    const checked = this.#dice.roll(8) === 0 && this.#kernel.read.queueLength() === 0
    const before = checked ? this.#image() : ''
    const deliveries = this.tally.legal
    this.#accept({
      kind: 'send',
      target: this.#rootOf(this.#malloryVat),
      methargs: nothing,
      result: 'ignore',
    })
    this.#runSome(1)
    const { last } = this
    if (
      checked &&
      last?.vat === this.#malloryVat &&
      last.verdict !== 'legal' &&
      deliveries === this.tally.legal
    )
      assert.equal(this.#image(), before, 'Fz3: an illegal delivery has changed something')
    this.#runSome(30)
  }

  /** Mallory lives and runs; what she did before may have been her end. */
  #ready(): void {
    this.#runSome(30)
    const status = this.#tables.findVat(this.#malloryVat)?.status.kind ?? 'terminated'
    if (status === 'terminated') this.#malloryVat = this.#newMallory()
    if (status === 'suspended') this.#accept({ kind: 'resumeVat', vat: this.#malloryVat })
    if (this.#dice.roll(60) === 0)
      this.#accept({
        kind: 'upgradeVat',
        vat: this.#malloryVat,
        bundle: this.#bundle,
        parameters: nothing,
        upgradeMessage: 'new',
      })
    if (this.#dice.roll(60) === 0) this.#accept({ kind: 'collectAll' })
    if (this.#dice.roll(10) === 0) this.#useTheTimer()
    if (this.#dice.roll(10) === 0) this.#useThePort()
  }

  /**
   * The host delivers an item, and takes what vats have sent. Who receives is whoever said so last: mallory,
   * or bob, whom the host names now and then.
   */
  #useThePort(): void {
    const bank = this.#kernel.read.port('bank')
    assert.ok(bank !== undefined)
    const { delivered, sent, acknowledged, waiting, object } = bank
    if (this.#dice.roll(3) === 0)
      this.#accept({
        kind: 'send',
        target: object,
        methargs: { body: '#["onReceive",["$0"]]', slots: [this.#rootOf(vatId(2))] },
        result: 'ignore',
      })
    const slots = this.#dice.roll(2) === 0 ? [this.#rootOf(vatId(1))] : []
    if (waiting < 100)
      this.#accept({
        kind: 'deliver',
        port: 'bank',
        number: delivered + 1,
        item: { body: slots.length === 0 ? '#5' : '#"$0"', slots },
      })
    this.tally.sent += sent - acknowledged
    if (sent > acknowledged) this.#accept({ kind: 'acknowledge', port: 'bank', number: sent })
    if (this.#dice.roll(3) === 0) this.#accept({ kind: 'dismiss', port: 'bank', number: delivered })
  }

  /** Time goes on; whom it wakes is mallory's friends, and bob, for whom the host asks now and then. */
  #useTheTimer(): void {
    const { read } = this.#kernel
    const timer = read.timer()
    assert.ok(timer !== undefined)
    const at = read.now() + BigInt(this.#dice.roll(9))
    if (this.#dice.roll(3) === 0)
      this.#accept({
        kind: 'send',
        target: timer,
        methargs: { body: `#["setWakeup",["+${at}","$0"]]`, slots: [this.#rootOf(vatId(2))] },
        result: 'ignore',
      })
    if (this.#dice.roll(3) === 0)
      this.#accept({
        kind: 'send',
        target: timer,
        methargs: { body: '#["repeatAfter",["+1","+1","$0"]]', slots: [this.#rootOf(this.#malloryVat)] },
        result: 'ignore',
      })
    this.#accept({ kind: 'advanceTime', now: String(at) })
  }

  /** Whether so much is left to do that a new arena is better. */
  get isCrowded(): boolean {
    return this.#kernel.read.queueLength() > maximumQueue
  }

  /** Fz4, Fz5. */
  inspect(): void {
    this.tally.audits += 1
    const { deviations } = audit({ state: this.#store.state, bundles: this.#store.bundles })
    const own = /^vatstore\//
    assert.deepEqual(deviations.filter(({ code }) => !own.test(code)), [], 'Fz4')
    for (const [vat, peer] of this.#peers) {
      assert.equal(this.#tables.vat(vat).status.kind, 'running', `Fz5: ${vat} runs`)
      if (peer.deliveries > 0)
        assert.deepEqual(
          this.#rows(`vat/${vat}`, ''),
          [['count', String(peer.deliveries)]],
          `Fz5: the data of ${vat}`,
        )
      this.#assertAnswers(vat)
    }
  }

  /** Makes what was done a block. */
  commit(): void {
    this.#store.commit()
  }

  close(): void {
    this.#trace.close()
    this.#store.close()
    rmSync(this.#directory, { recursive: true, force: true })
  }

  #assertAnswers(vat: VatId): void {
    const number = this.#dice.roll(1_000)
    const sequence = this.#accept({
      kind: 'send',
      target: this.#rootOf(vat),
      methargs: { body: `#["ping",[${number}]]`, slots: [] },
      result: 'keep',
    })
    for (let cranks = 0; this.#kernel.read.result(sequence)?.kind === 'pending'; cranks += 1) {
      assert.ok(cranks < 20 * maximumQueue && this.#runSome(1) > 0, `Fz5: ${vat} answers`)
    }
    assert.deepEqual(
      this.#kernel.read.result(sequence),
      { kind: 'fulfilled', data: { body: `#${number + 1}`, slots: [] } },
      'Fz5',
    )
    this.#accept({ kind: 'forget', sequence })
  }

  #create(name: string): VatId {
    this.#accept({ kind: 'createVat', name, bundle: this.#bundle, parameters: nothing, options: {} })
    this.#runSome(100)
    const vat = this.#tables.vatNamed(name)
    assert.ok(vat !== undefined, `${name} was made`)
    return vat
  }

  /**
   * Mallory knows alice, bob, the service that makes vats, a port and the timer. Her start may be as bad as
   * anything else of hers.
   */
  #newMallory(): VatId {
    for (;;) {
      const name = `mallory${this.#generation++}`
      this.#accept({ kind: 'createVat', name, bundle: this.#bundle, parameters: nothing, options: {} })
      for (
        let cranks = 0;
        cranks < 20 * maximumQueue &&
        this.#tables.findVat(this.#tables.vatNamed(name) ?? vatId(1))?.status.kind === 'starting';
        cranks += 1
      )
        this.#runSome(1)
      const vat = this.#tables.vatNamed(name)
      if (vat === undefined || this.#tables.vat(vat).status.kind !== 'running') continue
      const { read } = this.#kernel
      const services = [read.vatAdmin(), read.port('bank')?.object, read.timer()].filter(
        (object) => object !== undefined,
      )
      const slots = [...[...this.#peers.keys()].map((peer) => this.#rootOf(peer)), ...services]
      this.#accept({
        kind: 'send',
        target: this.#rootOf(vat),
        methargs: { body: '#["meet",[]]', slots },
        result: 'ignore',
      })
      return vat
    }
  }

  #rootOf(vat: VatId): ObjectKref {
    return this.#tables.vat(vat).root
  }

  #accept(item: InboxItem): number {
    this.#sequence += 1
    this.#step({ kind: 'accept', crank: this.#store.blocks.cranks + 1, sequence: this.#sequence, item })
    return this.#sequence
  }

  #runSome(most: number): number {
    for (let cranks = 0; cranks < most; cranks += 1) {
      const report = this.#step({ kind: 'crank', crank: this.#store.blocks.cranks + 1, cleaning: 'do' })
      if (report.kind === 'paused') this.#accept({ kind: 'resumeKernel' })
      if (report.kind === 'idle') return cranks
    }
    return most
  }

  /** Fz1: whatever is thrown here comes out. */
  #step(event: Parameters<Kernel['step']>[0]): KernelReport {
    const report = this.#kernel.step(event)
    this.#store.sealCrank()
    return report
  }

  #deliver(
    vat: VatId,
    _assignment: WorkerAssignment,
    delivery: Delivery,
    _limits: DeliveryLimits,
    sink: SyscallSink,
  ): DeliveryOutcome {
    if (delivery.kind === 'message' && delivery.methargs.body.startsWith('#["receive",'))
      this.tally.received += 1
    if (delivery.kind === 'message' && delivery.methargs.body.startsWith('#["wake",')) this.tally.woken += 1
    const peer = this.#peers.get(vat)
    const play = peer?.play(vat, delivery) ?? this.#mallory.play(vat, delivery)
    const outcome = this.#play(vat, delivery, play, sink)
    if (peer !== undefined) {
      assert.equal(
        outcome.kind,
        'done',
        `Fz2: the peer ${vat} sent ${JSON.stringify(play)} and was told: ${outcome.kind === 'illegal' ? outcome.message : ''}`,
      )
      return outcome
    }
    this.last = { vat, delivery, play, verdict: outcome.kind === 'illegal' ? outcome.message : 'legal' }
    if (play.mutations > 0) {
      this.tally.spoilt += 1
      this.tally.mutations += play.mutations
      this.tally[outcome.kind === 'done' ? 'legal' : 'illegal'] += 1
    }
    return outcome
  }

  /** As `Workers` does with what comes from an engine. */
  #play(vat: VatId, delivery: Delivery, { batches, finish }: Play, sink: SyscallSink): DeliveryOutcome {
    const counted: SyscallSink = {
      handle: (syscall) => {
        this.tally.syscalls += 1
        return sink.handle(syscall)
      },
    }
    const record = new Recording(vat, counted, this.#trace, () => '"text"')
    try {
      for (const batch of batches)
        assert.equal(typeof JSON.stringify(record.batch(batch)), 'string', 'a question without an answer')
      const result = record.finish(finish, delivery.kind)
      return {
        kind: 'done',
        entry: { delivery, syscalls: record.syscalls, result, computrons: '7' },
        computrons: 7n,
      }
    } catch (error) {
      if (error instanceof IllegalEnd) return { kind: 'illegal', message: error.message, computrons: 7n }
      throw error
    }
  }

  #image(): string {
    return JSON.stringify([
      this.#rows(`vat/${this.#malloryVat}`, ''),
      this.#rows('kernel', `c.${this.#malloryVat}.`),
    ])
  }

  #rows(space: 'kernel' | `vat/${string}`, prefix: string): [string, string | undefined][] {
    const { state } = this.#store
    const rows: [string, string | undefined][] = []
    for (
      let key = state.nextKey(space, prefix, prefix);
      key !== undefined;
      key = state.nextKey(space, prefix, key)
    )
      rows.push([key, state.get(space, key)])
    return rows
  }
}

const noBuild = (): BuildOutcome => ({ kind: 'refused', message: 'there is no engine' })

const noReplay = (): ReplayOutcome => ({
  kind: 'differs',
  divergence: {
    position: 0,
    why: 'differs',
    delivery: '{}',
    message: 'there is no engine',
    recorded: null,
    sent: null,
  },
  computrons: 0n,
})
