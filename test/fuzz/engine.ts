/**
 * Fuzzing through the real engine: a malicious supervisor sends the mutations of `players.ts` over the real
 * channel.
 *
 * Fe1. Whatever she sends, no call of the host fails, and the kernel goes on.
 * Fe2. What is illegal is a coded fault of hers: the message is rejected with it, and the vat it names is
 *      mallory.
 *      Her heap, names and data are as they were.
 * Fe3. The other vats run, have what they wrote, and answer.
 * Fe4. The audit finds nothing, but what is in mallory's own data.
 */
import assert from 'node:assert/strict'
import { vatId, type BundleId, type PromiseVref, type VatId, type Vref } from '../../src/base/ids.ts'
import { CodedError, isRejection, type Remote, type Status } from '../../src/host/index.ts'
import type { Mark, PlatformState } from '../../src/protocol/kernel/platform.ts'
import { Tables } from '../../src/kernel/tables/tables.ts'
import type { Delivery } from '../../src/protocol/worker/delivery.ts'
import { deviationsOf } from '../kit/audit.ts'
import type { MalloryStore } from '../kit/mallory.ts'
import { readRows } from '../kit/rows.ts'
import { openWorld, puppet, type Scope, type World } from '../kit/world.ts'
import { Dice } from '../store/support.ts'
import { Mallory, type Play } from './players.ts'
import { Ways } from './ways.ts'

export interface EngineTally {
  spoilt: number
  mutations: number
  legal: number
  illegal: number
  suspended: number
  ended: number
  audits: number
}

export interface EngineFuzzing {
  readonly seed: number
  /** Things that are wrong, in all deliveries together. */
  readonly count: number
  readonly onAudit?: (tally: EngineTally) => void
}

/** The name of a message's own result in what is played; mallory puts hers in its place. */
const ownResult = 'p-RESULT' as PromiseVref
const message: Delivery = {
  kind: 'message',
  target: 'o+0' as Vref,
  methargs: { body: '#["play",[]]', slots: [] },
  result: ownResult,
}
const others = ['notify', 'dropExports', 'retireExports', 'retireImports', 'bringOutYourDead'] as const
/** After so many deliveries what mallory knows is read again, and the vats and the tables are looked at. */
const knowEvery = 8
const inspectEvery = 40

export async function fuzzEngine(
  scope: Scope,
  { directory, worker }: MalloryStore,
  { seed, count, onAudit = () => {} }: EngineFuzzing,
): Promise<EngineTally> {
  const world = await openWorld(scope, { from: directory, vats: { alice: puppet, bob: puppet } })
  const arena = new EngineArena(world, worker, seed)
  await arena.begin()
  for (let deliveries = 1; arena.tally.mutations < count; deliveries += 1) {
    await arena.attack()
    if (deliveries % inspectEvery !== 0) continue
    await arena.inspect()
    onAudit(arena.tally)
  }
  await arena.inspect()
  await arena.leave()
  return arena.tally
}

class EngineArena {
  readonly tally: EngineTally = {
    spoilt: 0,
    mutations: 0,
    legal: 0,
    illegal: 0,
    suspended: 0,
    ended: 0,
    audits: 0,
  }
  readonly #world: World
  readonly #worker: MalloryStore['worker']
  readonly #dice: Dice
  #bundle = '' as BundleId
  #vat: VatId = vatId(1)
  #name = ''
  #generation = 0
  #attacks = 0
  #pings = 0n
  #mallory: Mallory | undefined

  constructor(world: World, worker: MalloryStore['worker'], seed: number) {
    this.#world = world
    this.#worker = worker
    this.#dice = new Dice(Math.imul(seed, 0x9e37_79b1))
    for (let roll = 0; roll < 20; roll += 1) this.#dice.roll(2)
  }

  async begin(): Promise<void> {
    this.#bundle = (await this.#world.install()) as BundleId
    await this.#world.controller.openPort('bank')
    await this.#newMallory()
  }

  /** A new one, who knows alice, bob, the kernel's services and a port. */
  async #newMallory(): Promise<void> {
    const { controller } = this.#world
    this.#generation += 1
    this.#name = `mallory${this.#generation}`
    await this.#world.create(this.#name, { worker: this.#worker })
    this.#vat = (await controller.vat(this.#name)).vat
    const known: Remote[] = [
      await this.#world.root('alice'),
      await this.#world.root('bob'),
      await controller.vatAdmin(),
      await controller.port('bank').remote(),
      await controller.timer(),
    ]
    await controller.sendOnly(this.#name, 'finish', ['[]', ...known])
    await controller.run()
    await this.#know()
  }

  /** Fe1, Fe2. */
  async attack(): Promise<void> {
    await this.#ready()
    this.#attacks += 1
    if (this.#attacks % knowEvery === 0) await this.#know()
    const play = this.#mallory?.play(this.#vat, message)
    assert.ok(play !== undefined)
    const armed = this.#dice.roll(10) === 0
    const before = armed || this.#dice.roll(10) > 0 ? undefined : await this.#stillImage()
    const texts = JSON.stringify([...play.batches, play.finish])
    const status = await this.#settled(
      armed ? await this.#arm(play) : await this.#world.controller.send(this.#name, 'play', [texts]),
    )
    this.#count(play, this.#judged(status, play))
    if (before !== undefined && isFault(status))
      assert.equal(await this.#world.imageOf(this.#name), before, `Fe2: ${texts}`)
  }

  /** What mallory is, if nothing else is on its way to her. */
  async #stillImage(): Promise<string | undefined> {
    const { ended } = await this.#world.controller.run({ cranks: 500 })
    const status = (await this.#world.controller.vats()).find(({ vat }) => vat === this.#vat)?.status.kind
    return ended === 'idle' && status === 'running' ? this.#world.imageOf(this.#name) : undefined
  }

  /** The next delivery of another kind ends as the play does. */
  async #arm({ finish }: Play): ReturnType<World['controller']['send']> {
    return this.#world.controller.send(this.#name, 'arm', [
      this.#dice.pick(others),
      finish.replaceAll(ownResult, 'p-99'),
    ])
  }

  async #settled(request: Awaited<ReturnType<World['controller']['send']>>): Promise<Status> {
    const { controller } = this.#world
    // A message of hers may have others work for her without end.
    await controller.run({ cranks: 200 })
    const status = await controller.status(request).catch(assertAnswerOfNobody)
    await controller.forget(request)
    return status
  }

  #judged(status: Status, play: Play): 'legal' | 'illegal' {
    if (!isFault(status) || status.kind !== 'rejected' || !isRejection(status.reason)) return 'legal'
    const said = `${JSON.stringify(status.reason)} of ${JSON.stringify(play)}`
    assert.ok('vat' in status.reason && status.reason.vat === this.#vat, `Fe2: ${said}`)
    return 'illegal'
  }

  #count({ mutations }: Play, verdict: 'legal' | 'illegal'): void {
    if (mutations === 0) return
    this.tally.spoilt += 1
    this.tally.mutations += mutations
    this.tally[verdict] += 1
  }

  /** Mallory is there and runs; what she did before may have been her end. */
  async #ready(): Promise<void> {
    const { controller } = this.#world
    if ((await controller.storeStatus()).paused !== null) await controller.resumeKernel()
    const status = (await controller.vats()).find(({ vat }) => vat === this.#vat)?.status.kind ?? 'terminated'
    if (status === 'running') return
    if (status === 'suspended') {
      this.tally.suspended += 1
      // What was armed is so again whenever her heap comes back.
      await controller.terminateVat(this.#vat, 'enough')
      await controller.run()
    } else this.tally.ended += 1
    await this.#newMallory()
  }

  async #know(): Promise<void> {
    await this.#world.controller.commit()
    const tables = new Tables(asRead(readRows(this.#world.directory, 'kernel')))
    this.#mallory = new Mallory(tables, this.#dice, new Ways(this.#dice, this.#bundle))
  }

  /** Fe3, Fe4. */
  async inspect(): Promise<void> {
    const { controller } = this.#world
    this.tally.audits += 1
    await controller.port('bank').deliver(this.tally.audits)
    await controller.advanceTime((await controller.currentTime()) + 3n)
    await controller.run({ cranks: 2_000 })
    await this.#ready()
    this.#pings += 1n
    for (const peer of ['alice', 'bob']) {
      assert.equal((await controller.vat(peer)).status.kind, 'running', `Fe3: ${peer} runs`)
      const pings = await this.#world.run(
        peer,
        'const n = baggage.has("pings") ? baggage.get("pings") + 1n : 1n; if (n === 1n) baggage.init("pings", n); else baggage.set("pings", n); return n',
      )
      assert.equal(pings, this.#pings, `Fe3: the data of ${peer}`)
    }
    await this.#world.forgetAll()
    const deviations = await deviationsOf(controller)
    assert.deepEqual(deviations.filter((line) => !line.startsWith('vatstore/')), [], 'Fe4')
  }

  /** So that the last audit of the world is of what is left without her. */
  async leave(): Promise<void> {
    const { controller } = this.#world
    for (const { vat, name, status } of await controller.vats()) {
      if (name !== 'alice' && name !== 'bob' && status.kind !== 'terminated')
        await controller.terminateVat(vat, 'the end').catch(() => {})
    }
    await controller.run()
    assert.deepEqual(await deviationsOf(controller), [], 'nothing of her is left')
  }
}

/** What the kernel rejects a message with when its delivery was undone. */
const faults: readonly string[] = [
  'illegal-syscall',
  'worker-trapped',
  'heap-exhausted',
  'computrons-exhausted',
]
const isFault = (status: Status): boolean =>
  status.kind === 'rejected' && isRejection(status.reason) && faults.includes(status.reason.code)

/** An answer is hers to choose, also one that does not decode: the host is told so with a code. */
function assertAnswerOfNobody(error: unknown): Status {
  assert.ok(error instanceof CodedError && error.code === 'value/not-passable', String(error))
  return { kind: 'pending' }
}

/** The rows of a block as the kernel's tables read them. */
function asRead(rows: ReadonlyMap<string, string>): PlatformState {
  const keys = [...rows.keys()]
  const never = (): never => assert.fail('a block that is read is not written')
  return {
    get: (_space, key) => rows.get(key),
    nextKey: (_space, prefix, after) => keys.find((key) => key > after && key.startsWith(prefix)),
    set: never,
    delete: never,
    mark: (): Mark => never(),
    undo: never,
  }
}
