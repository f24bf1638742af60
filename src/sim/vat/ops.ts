/** The ops of programs: one function for each, in one table. */
import { E, canBeDurable, harden } from 'heirloom/vat'
import { workerLabel, type Answer, type Given, type Message, type Op, type Place } from '../program/program.ts'
import { cancel, listen, post, wakeup } from './channels.ts'
import { hold, newPromise, thing, thingAt, watchPromise, type Player, type Self } from './holding.ts'
import { describe } from './outcomes.ts'

type Performer<Kind extends Op['kind']> = (
  player: Player,
  self: Self,
  op: Extract<Op, { kind: Kind }>,
) => void
type Performers = { readonly [Kind in Op['kind']]: Performer<Kind> }

const performers: Performers = {
  send, settle, create, upgrade, move, rule, watch, keep, fetch, post, listen, wakeup, cancel,
  promise: (player, _self, { n }) => void newPromise(player, n),
  make: (player, _self, { n, object }) => {
    for (const given of player.make(object, `o${n}`)) {
      player.journal.write('made', given.u, object)
      hold(player, given)
    }
  },
  drop: ({ held }, _self, { at }) => void held.splice(1 + (at % held.length), 1),
  let: (player, self, { place, key }) => {
    if (dropped[place](player, self, key)) player.journal.write('let', where(self, place), key)
  },
  write: ({ journal }, { u, state }, { value }) => {
    if (state === undefined) return
    state.value = value
    journal.write('wrote', baseOf(u), value)
  },
  exit: ({ powers }, { u }, { end }) =>
    end === 'completed' ? powers.exitVat(u) : powers.exitVatWithFailure(Error(u)),
  provoke: () => {},
  junk: (_player, _self, { size }) => void Array.from({ length: size }, (_, index) => ({ index })),
  burn: () => {
    for (;;);
  },
  blow: () => {
    const all: unknown[] = []
    for (;;) all.push(new Uint8Array(1 << 20))
  },
}

export function perform(player: Player, self: Self, op: Op): void {
  const performer = performers[op.kind] as (player: Player, self: Self, op: Op) => void
  performer(player, self, op)
}

/** Facets of one object have one state. */
export const baseOf = (u: string): string => u.split('.')[0] ?? u

// --- messages

function send(
  player: Player,
  self: Self,
  { n, to, give, go, result, then }: Extract<Op, { kind: 'send' }>,
): void {
  const { journal } = player
  const target = targetOf(player, to)
  player.lastTarget = target
  const message: Message = harden({ n, go: JSON.stringify(go), give: give.map((at) => thingAt(player, at)) })
  journal.write('sent', n, target.u, result, identityOf(target.r))
  const receiver = target.r as { go(message: Message): unknown }
  if (result === 'ignore') return E.sendOnly(receiver).go(message)
  const promise = E(receiver).go(message)
  if (result === 'hold') hold(player, harden({ u: `m${n}`, r: promise }))
  promise.then(
    (value) => settled(player, self, n, value, then),
    (reason: unknown) => settled(player, self, n, reason, then),
  )
}

/** Identifies a promise of this heap: two of them may represent the same promise, under one name. */
const identities = new WeakMap<object, number>()
let lastIdentity = 0
function identityOf(value: unknown): number {
  if (!(value instanceof Promise)) return 0
  const identity = identities.get(value) ?? ++lastIdentity
  identities.set(value, identity)
  return identity
}

const targetOf = (player: Player, to: Extract<Op, { kind: 'send' }>['to']): Given =>
  to === 'again' ? (player.lastTarget ?? thing(player, 0)) : thingAt(player, to)

function settled(player: Player, self: Self, n: number, value: unknown, then: readonly Op[]): void {
  const { names, journal } = player
  const how = describe(names, value)
  journal.write('got', n, how)
  if (how === 'o:?') {
    const asked = E(value as { who(): string }).who()
    asked.then(
      (u) => {
        journal.write('who', n, `o:${u}`)
        hold(player, harden({ u, r: value }))
      },
      (reason: unknown) => journal.write('who', n, describe(names, reason)),
    )
  }
  // The object of the message may be deleted by now: continuations write to no state.
  for (const op of then) perform(player, { ...self, state: undefined }, op)
}

// --- promises

function settle(player: Player, self: Self, { at, to }: Extract<Op, { kind: 'settle' }>): void {
  const { resolvers, journal } = player
  const place =
    typeof at === 'number' ? at % (resolvers.length || 1) : resolvers.findIndex(({ u }) => u === at)
  const [resolver] = place < 0 ? [] : resolvers.splice(place, 1)
  if (resolver === undefined) return
  try {
    resolver.resolve(answerTo(player, self, to, (how) => journal.write('decided', resolver.u, how)))
  } catch (error) {
    resolver.reject(error)
  }
}

/** Returns or throws the answer; `tell` receives its notation before. */
export function answerTo(player: Player, self: Self, answer: Answer, tell: (how: string) => void): unknown {
  switch (answer.kind) {
    case 'data':
      tell(`d:${answer.value}`)
      return answer.value
    case 'self':
      tell(`o:${self.u}`)
      return self.object
    case 'held': {
      const { u, r } = thingAt(player, answer.at)
      tell(r instanceof Promise ? `p:${u}` : `o:${u}`)
      return r
    }
    case 'throw':
      tell(`e:Error:${answer.n}`)
      throw Error(String(answer.n))
    case 'deep':
      tell('e:RangeError')
      return endless(0)
  }
}

const endless = (depth: number): number => 1 + endless(depth + 1)

function watch(
  { journal, watcher, held }: Player,
  _self: Self,
  { n, at }: Extract<Op, { kind: 'watch' }>,
): void {
  const promises = held.filter(({ r }) => r instanceof Promise)
  const found =
    typeof at === 'number'
      ? promises[at % (promises.length || 1)]
      : promises.findLast(({ u }) => at === 'last-promise' || u === at)
  if (found === undefined) return
  watchPromise(found.r as Promise<unknown>, watcher, n)
  journal.write('watched', n, found.u)
}

// --- durable places

/** The name of the place in the journal; the state is that of one object. */
const where = ({ u }: Self, place: Place): string => (place === 'state' ? `state ${baseOf(u)}` : place)
const baggageKey = (key: number): string => `thing ${key}`

function keep(player: Player, self: Self, { at, place, key }: Extract<Op, { kind: 'keep' }>): void {
  const given = thingAt(player, at)
  if (given.r instanceof Promise || !canBeDurable(given.r)) return
  const { baggage, map, journal } = player
  if (place === 'state') {
    if (self.state === undefined || !canBeDurable(self.object)) return
    self.state.kept = given
  } else if (place === 'map') {
    if (map.has(key)) map.set(key, given)
    else map.init(key, given)
  } else if (baggage.has(baggageKey(key))) baggage.set(baggageKey(key), given)
  else baggage.init(baggageKey(key), given)
  journal.write('kept', where(self, place), key, given.u)
}

const kept: { readonly [Each in Place]: (player: Player, self: Self, key: number) => Given | undefined } = {
  baggage: ({ baggage }, _self, key) =>
    baggage.has(baggageKey(key)) ? (baggage.get(baggageKey(key)) as Given) : undefined,
  map: ({ map }, _self, key) => (map.has(key) ? map.get(key) : undefined),
  state: (_player, { state }) => state?.kept,
}

const dropped: { readonly [Each in Place]: (player: Player, self: Self, key: number) => boolean } = {
  baggage: ({ baggage }, _self, key) => {
    const has = baggage.has(baggageKey(key))
    if (has) baggage.delete(baggageKey(key))
    return has
  },
  map: ({ map }, _self, key) => {
    const has = map.has(key)
    if (has) map.delete(key)
    return has
  },
  state: (_player, { state }) => {
    const has = state?.kept !== undefined
    if (has) state.kept = undefined
    return has
  },
}

function fetch(player: Player, self: Self, { place, key }: Extract<Op, { kind: 'fetch' }>): void {
  const given = kept[place](player, self, key)
  if (given !== undefined) hold(player, given)
}

// --- vats

function create(
  player: Player,
  _self: Self,
  { n, name, by, meter, mode }: Extract<Op, { kind: 'create' }>,
): void {
  const { held, bundles, journal, names } = player
  const admin = held.find(({ u }) => u === 'vatAdmin')
  if (admin === undefined) return
  journal.write('asked', n, name)
  const parameters = { name, mode, bundles, tag: `op ${n}` }
  const service = admin.r as VatAdmin
  const code = by === 'id' ? Promise.resolve(bundles[0]) : E(service).getBundleCap(bundles[0])
  const metered =
    meter === 0
      ? Promise.resolve({})
      : E(service)
          .createMeter(BigInt(meter), 0n)
          .then((own: object) => {
            player.baggage.init(`meter ${n}`, own)
            return { meter: own }
          })
  const asked = Promise.all([code, metered]).then(([bundle, options]) =>
    E(service).createVat(bundle, harden({ name, parameters, ...options })),
  )
  asked.then(
    ({ root, adminNode }) => {
      journal.write('got', n, `v:${name}`)
      hold(player, harden({ u: `root:${name}`, r: root }))
      hold(player, harden({ u: `admin:${name}`, r: adminNode }))
    },
    (reason: unknown) => journal.write('got', n, describe(names, reason)),
  )
}

interface VatAdmin {
  getBundleCap(id: unknown): object
  createVat(bundle: unknown, options: object): { root: object; adminNode: object }
  createMeter(remaining: bigint, threshold: bigint): object
}

interface AdminNode {
  upgrade(bundle: unknown, options: object): { incarnationNumber: number }
  upgradeWorker(label: string, options: object): { incarnationNumber: number; mode: string }
  suspend(reason: string): unknown
  resume(): unknown
  terminateWithFailure(reason: unknown): unknown
  changeOptions(options: object): unknown
}

/** A held admin node, by index, and the name of its vat. */
function nodeAt(
  { held }: Pick<Player, 'held'>,
  at: number,
): { readonly name: string; readonly node: AdminNode } | undefined {
  const nodes = held.filter(({ u }) => u.startsWith('admin:'))
  const found = nodes[at % (nodes.length || 1)]
  return found === undefined
    ? undefined
    : { name: found.u.slice('admin:'.length), node: found.r as AdminNode }
}

function rule(player: Player, _self: Self, { n, at, ruling }: Extract<Op, { kind: 'rule' }>): void {
  const ruled = nodeAt(player, at)
  if (ruled === undefined) return
  player.journal.write('asked', n, ruled.name)
  const node = E(ruled.node)
  const { kind, ...policy } = ruling
  const asked: Promise<unknown> =
    kind === 'suspend'
      ? node.suspend(`op ${n}`)
      : kind === 'resume'
        ? node.resume()
        : kind === 'terminate'
          ? node.terminateWithFailure(Error(`op ${n}`))
          : node.changeOptions(harden(policy))
  asked.then(
    () => player.journal.write('got', n, 'd:done'),
    (reason: unknown) => player.journal.write('got', n, describe(player.names, reason)),
  )
}

function upgrade(
  player: Player,
  _self: Self,
  { n, at, bundle, mode, from, onFailure, drain }: Extract<Op, { kind: 'upgrade' }>,
): void {
  const { bundles, journal, names } = player
  const ruled = nodeAt(player, at)
  if (ruled === undefined) return
  const { name, node } = ruled
  journal.write('asked', n, name)
  const parameters =
    from === 'kept' ? { parametersFrom: from } : { parameters: { name, mode, bundles, tag: `op ${n}` } }
  const waiting = drain === 0 ? {} : { drain: { maxCranks: drain } }
  const asked = E(node).upgrade(
    bundles[bundle % bundles.length],
    harden({ ...parameters, ...waiting, onFailure }),
  )
  asked.then(
    ({ incarnationNumber }) => journal.write('got', n, `u:${incarnationNumber}`),
    (reason: unknown) => journal.write('got', n, describe(names, reason)),
  )
}

function move(
  { journal, held, names }: Player,
  _self: Self,
  { n, at, worker, mode, onDivergence }: Extract<Op, { kind: 'move' }>,
): void {
  const ruled = nodeAt({ held }, at)
  if (ruled === undefined) return
  journal.write('asked', n, ruled.name)
  const asked = E(ruled.node).upgradeWorker(workerLabel(worker), harden({ mode, onDivergence }))
  asked.then(
    (moved) => journal.write('got', n, `w:${moved.mode}:${moved.incarnationNumber}`),
    (reason: unknown) => journal.write('got', n, describe(names, reason)),
  )
}
