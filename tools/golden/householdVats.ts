/**
 * The vats of the golden stores with the content `household`. The bundles of a store are never made again:
 * a change here is one of the stores of later releases only.
 */

const shop = (inherit: string, describe: string, version: string): string => `
import { Far, M, defineKind, defineVirtualKind, makeMapStore, makeSetStore, makeWeakMapStore, provide } from 'heirloom/vat'
export const buildRootObject = (_powers, _parameters, baggage) => {
  const makeAccount = defineKind(baggage, 'Account', ${inherit}, {
    deposit: ({ state }, amount) => (state.balance += amount),
    describe: ({ state }) => ${describe},
  }${version})
  const accounts = provide(baggage, 'accounts', () => makeMapStore('accounts', { durable: true, keyShape: M.string() }))
  const labels = provide(baggage, 'labels', () => makeSetStore('labels', { durable: true }))
  const visits = provide(baggage, 'visits', () => makeWeakMapStore('visits', { durable: true }))
  const drafts = makeMapStore('drafts')
  const makeDraft = defineVirtualKind('Draft', (text) => ({ text }), { read: ({ state }) => state.text })
  let served = 0
  const settlers = []
  return Far('shop', {
    open: (owner) => { accounts.init(owner, makeAccount(owner)); return accounts.get(owner) },
    deposit: (owner, amount) => { served += 1; return accounts.get(owner).deposit(amount) },
    describe: () => [...accounts.values()].map((account) => account.describe()),
    label: (key) => labels.add(key),
    labels: () => [...labels.keys()],
    visit: (who) => {
      if (visits.has(who)) visits.set(who, visits.get(who) + 1)
      else visits.init(who, 1)
      return visits.get(who)
    },
    draft: (name, text) => { drafts.init(name, makeDraft(text)); return drafts.get(name) },
    drafts: () => [...drafts.entries()].map(([name, draft]) => [name, draft.read()]),
    served: () => served,
    later: () => new Promise((resolve) => settlers.push(resolve)),
    settle: (value) => { for (const resolve of settlers.splice(0)) resolve(value) },
  })
}`

const teller = (fee: string): string => `
import { E, Far, patched, provideKindHandle, providePromiseWatcher, watchPromise } from 'heirloom/vat'
export const buildRootObject = (_powers, parameters, baggage) => {
  const watcher = providePromiseWatcher(provideKindHandle(baggage, 'Watcher'), (value, from) => {
    baggage.init('watched', [value, from])
  })
  void patched
  let count = 0n
  const heard = []
  return Far('teller', {
    add: (n) => (count += n),
    fee: (amount) => ${fee},
    parameters: () => parameters,
    await: (shop) => {
      const promise = E(shop).later()
      promise.then((value) => heard.push(value))
      E(promise).deposit(7n).then((balance) => heard.push(balance))
      watchPromise(promise, watcher, 'shop')
    },
    heard: () => [...heard, ...(baggage.has('watched') ? baggage.get('watched') : [])],
    tell: (diary, text) => E(diary).write(text),
  })
}`

const diary = `
import { Far } from 'heirloom/vat'
export const buildRootObject = (_powers, _parameters, baggage) => {
  if (!baggage.has('notes')) baggage.init('notes', [])
  let sinceStart = 0
  return Far('diary', {
    write: (note) => { baggage.set('notes', [...baggage.get('notes'), note]); return (sinceStart += 1) },
    read: () => [...baggage.get('notes'), sinceStart],
  })
}`

const watch = `
import { E, Far, defineKind, provide } from 'heirloom/vat'
export const buildRootObject = (_powers, _parameters, baggage) => {
  const makeAlarm = defineKind(baggage, 'Alarm', () => ({ rang: [] }), {
    wake: ({ state }, time) => { state.rang = [...state.rang, time.absValue] },
    rang: ({ state }) => state.rang,
  })
  const once = provide(baggage, 'once', makeAlarm)
  const often = provide(baggage, 'often', makeAlarm)
  return Far('watch', {
    set: (timer, when) => E(timer).setWakeup(when, once),
    repeat: (timer, interval) => E(timer).repeatAfter(0n, interval, often),
    nap: async (timer, interval) => (await E(timer).delay(interval)).absValue,
    rang: () => [once.rang(), often.rang()],
  })
}`

const clerk = `
import { E, Far, defineKind, provide } from 'heirloom/vat'
export const buildRootObject = (_powers, _parameters, baggage) => {
  const makeLedger = defineKind(baggage, 'Ledger', () => ({ got: [] }), {
    receive: ({ state }, item, number) => {
      if (item === 'no') throw RangeError('not this one')
      state.got = [...state.got, [number, item]]
    },
    read: ({ state }) => state.got,
  })
  const ledger = provide(baggage, 'ledger', makeLedger)
  return Far('clerk', {
    listen: (port) => E(port).onReceive(ledger),
    send: (port, item) => E(port).send(item),
    read: () => ledger.read(),
  })
}`

const keeper = `
import { E, Far } from 'heirloom/vat'
export const buildRootObject = (_powers, _parameters, baggage) => {
  const ends = []
  return Far('keeper', {
    employ: async (vatAdmin, bundle, name) => {
      const meter = await E(vatAdmin).createMeter(1_000_000_000n, 10n)
      const { root, adminNode } = await E(vatAdmin).createVatByName(bundle, { name, meter })
      baggage.init(name, [root, adminNode, meter])
      E(adminNode).done().then((end) => ends.push(['done', end]), (end) => ends.push(['failed', end.message]))
    },
    tell: (name, text) => E(baggage.get(name)[0]).write(text),
    status: async (name) => (await E(baggage.get(name)[1]).status()).status,
    refill: async (name) => {
      const meter = baggage.get(name)[2]
      await E(meter).addRemaining(5n)
      return E(meter).get()
    },
    dismiss: (name, why) => E(baggage.get(name)[1]).terminateWithFailure(Error(why)),
    ends: () => ends,
  })
}`

/** By the label of their bundle. */
export const householdSources: Readonly<Record<string, string>> = {
  shop: shop('(owner) => ({ owner, balance: 0n })', "state.owner + ' ' + state.balance", ''),
  'shop of two units': shop(
    "(owner) => ({ owner, balance: 0n, unit: 'mark' })",
    "state.owner + ' ' + state.balance + ' ' + state.unit",
    ", { stateVersion: 2, migrate: { 1: (old) => ({ ...old, unit: 'thaler' }) } }",
  ),
  'shop without kinds': `
import { Far } from 'heirloom/vat'
export const buildRootObject = () => Far('shop', {})`,
  teller: teller('amount / 100n'),
  'dear teller': teller("patched('dear') ? amount / 10n : amount / 100n"),
  diary,
  watch,
  clerk,
  keeper,
}

/** Modules of an archive of `@endo/bundle-source`, by their paths; without libraries. */
export const guestModules: Readonly<Record<string, string>> = {
  'main.js': `
import { count, increment } from './counter.js'
const root = (methods) => Object.freeze(Object.setPrototypeOf(methods, Object.create(Object.prototype, {
  [Symbol.for('passStyle')]: { value: 'remotable' }, [Symbol.toStringTag]: { value: 'Alleged: guest' } })))
export const buildRootObject = ({ D }, _parameters, baggage) => root({
  arrive: () => { increment(); return count },
  keep: (cap) => { baggage.init('cap', cap) },
  kept: () => D(baggage.get('cap')).getBundleID(),
})`,
  'counter.js': 'export let count = 0n\nexport const increment = () => { count += 1n }',
}
