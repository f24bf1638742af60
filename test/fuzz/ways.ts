/** Valid syscalls of every kind, made of what a vat knows at the moment: the stuff that is mutated. */
import type { VatId, Vref } from '../../src/base/ids.ts'
import type { Delivery } from '../../src/protocol/worker/delivery.ts'
import type { SyscallKind } from '../../src/protocol/worker/syscall.ts'
import type { Tables } from '../../src/kernel/tables/tables.ts'
import type { Dice } from '../store/support.ts'

/** What a vat can name, by what it may do with it. */
export interface Knowledge {
  readonly imports: readonly string[]
  readonly dropped: readonly string[]
  readonly exports: readonly string[]
  /** Exports that nobody reaches. */
  readonly released: readonly string[]
  /** Unresolved promises that the vat decides. */
  readonly deciding: readonly string[]
  readonly promises: readonly string[]
  /** Kept promises that the vat was told of. */
  readonly kept: readonly string[]
  /** All of these. */
  readonly names: readonly string[]
}

export function knowledgeOf(tables: Tables, vat: VatId): Knowledge {
  const objects = [...tables.objectImports(vat), ...tables.exports(vat)]
  const isReachable = (vref: Vref): boolean => {
    const kref = tables.krefOf(vat, vref)
    return kref !== undefined && tables.entryOf(vat, kref)?.reachable === true
  }
  const promises = [...tables.promiseEntries(vat)].map((kref) => ({
    vref: tables.entryOf(vat, kref)?.vref ?? '',
    mark: tables.entryOf(vat, kref)?.mark,
    record: tables.promise(kref),
  }))
  return {
    imports: objects.filter((vref) => vref[1] === '-' && isReachable(vref)),
    dropped: objects.filter((vref) => vref[1] === '-' && !isReachable(vref)),
    exports: objects.filter((vref) => vref[1] === '+' && isReachable(vref)),
    released: objects.filter((vref) => vref[1] === '+' && !isReachable(vref)),
    deciding: promises
      .filter(({ record }) => record.state === 'unresolved' && record.decider === vat)
      .map(({ vref }) => vref),
    promises: promises.map(({ vref }) => vref),
    kept: promises.filter(({ mark }) => mark === 'T').map(({ vref }) => vref),
    names: [...objects, ...promises.map(({ vref }) => vref)],
  }
}

/** Bodies of messages to a port and to the timer. */
const portBodies: readonly string[] = [
  '#["send",["$0"]]',
  '#["send",[{"due":"+5","to":"$0"}]]',
  '#["send",["&0"]]',
  '#["send",[]]',
  '#["onReceive",["$0"]]',
  '#["onReceive",["#undefined"]]',
  '#["onReceive",["&0"]]',
]
const timerBodies: readonly string[] = [
  '#["getCurrentTimestamp",[]]',
  '#["setWakeup",["+5","$0"]]',
  '#["setWakeup",["+50","$0","$1"]]',
  '#["setWakeup",["-5","$0"]]',
  '#["wakeAt",["+7"]]',
  '#["wakeAt",["+70","$0"]]',
  '#["delay",["+3","$0"]]',
  '#["delay",["+18446744073709551615"]]',
  '#["repeatAfter",["+1","+4","$0"]]',
  '#["repeatAfter",["+0","+9","$0","$1"]]',
  '#["makeRepeater",["+2","+3"]]',
  '#["makeRepeater",["+0","+0"]]',
  '#["schedule",["$0"]]',
  '#["disable",[]]',
  '#["cancel",["$0"]]',
  '#["createTimerService",[]]',
  '#["setWakeup",[{"absValue":"+6","timerBrand":"$0"},"$1"]]',
  '#["delay",[{"relValue":"+6","timerBrand":"$0"}]]',
  '#["getClock",[]]',
  '#["getTimerBrand",[]]',
  '#["isMyTimerService",["$0"]]',
  '#["isMyClock",["$0"]]',
  '#["makeNotifier",["+1","+4"]]',
  '#["makeNotifier",["+1","+4","$0"]]',
  '#["getUpdateSince",[]]',
  '#["%@@asyncIterator",[]]',
  '#["next",[]]',
]

/** Bodies of messages: to vats, to the services of the kernel, and garbage; `$0` is the first slot. */
const bodies: readonly string[] = [
  '#["touch",["$0"]]',
  '#["touch",["&0"]]',
  '#["touch",[]]',
  '#["touch",["$0","$1"]]',
  '#[]',
  '#"$0"',
  '#"&0"',
  '#"$9"',
  '#{}',
  '#',
  '',
  'garbage',
  '["touch",[]]',
  '#["touch"]',
  '#[5,[]]',
  '#["%own",[]]',
  '#["createVatAdminService",["$0"]]',
  '#["createVat",["$0",{}]]',
  '#["createVat",["BUNDLE",{"name":"child"}]]',
  '#["createVat",["BUNDLE",{"parameters":"$0"}]]',
  '#["createVatByName",["code",{}]]',
  '#["getBundleCap",["BUNDLE"]]',
  '#["waitForBundleCap",["BUNDLE"]]',
  '#["waitForBundleCap",["b1-0000000000000000000000000000000000000000000000000000000000000000"]]',
  '#["getNamedBundleCap",["code"]]',
  '#["getBundleIDByName",["code"]]',
  '#["createMeter",["+100000","+50"]]',
  '#["createUnlimitedMeter",[]]',
  '#["addRemaining",["+5"]]',
  '#["setThreshold",["+7"]]',
  '#["get",[]]',
  '#["notify",[]]',
  '#["getNotifier",[]]',
  '#["getUpdateSince",["+1"]]',
  '#["createVat",["BUNDLE",{"meter":"$0"}]]',
  '#["suspend",["why"]]',
  '#["resume",[]]',
  '#["status",[]]',
  '#["done",[]]',
  '#["changeOptions",[{"onFault":"suspend"}]]',
  ...portBodies,
  ...timerBodies,
  '#["terminateWithFailure",["$0"]]',
  '#["terminateWithFailure",[{"#error":"over","name":"Error"}]]',
  '#["upgrade",["BUNDLE",{}]]',
  '#["upgrade",["BUNDLE",{"parameters":"&0","upgradeMessage":"x"}]]',
]

/** Keys of a vat's own data, some as a supervisor would write them. */
const keys: readonly string[] = [
  'a',
  'b',
  'a.1',
  'a.2',
  '~',
  ' ',
  'idCounters',
  'vom.o+d1/1',
  'vc.1.sfoo',
  'baggageID',
  'k'.repeat(512),
]

export class Ways {
  readonly #dice: Dice
  readonly #bundle: string

  constructor(dice: Dice, bundle: string) {
    this.#dice = dice
    this.#bundle = bundle
  }

  /**
   * A syscall that is valid for a vat which knows this, or would be had it not settled, dropped or named it
   * already.
   */
  syscall(known: Knowledge, delivery: Delivery): Record<string, unknown> & { kind: SyscallKind } {
    return this.#make[this.#dice.pick(kinds)](known, delivery)
  }

  #one(names: readonly string[], sort: 'o' | 'p' = 'o'): string {
    return names.length === 0 ? `${sort}+${1 + this.#dice.roll(9)}` : this.#dice.pick(names)
  }

  #few(names: readonly string[]): string[] {
    return names.length === 0
      ? []
      : [...new Set(Array.from({ length: this.#dice.roll(3) + 1 }, () => this.#one(names)))]
  }

  /** A name that the vat may make up, or one that it has. */
  #slot({ imports, exports, promises }: Knowledge): string {
    const number = 1 + this.#dice.roll(12)
    switch (this.#dice.roll(7)) {
      case 0:
        return `o+${number}`
      case 1:
        return `o+d${1 + this.#dice.roll(3)}/${number}${this.#dice.pick(['', ':0', ':1'])}`
      case 2:
        return `o+v${1 + this.#dice.roll(3)}/${number}`
      case 3:
        return `p+${number}`
      case 4:
        return this.#one(promises, 'p')
      default:
        return this.#one([...imports, ...exports])
    }
  }

  #data(known: Knowledge): { body: string; slots: string[] } {
    const slots = Array.from({ length: this.#dice.roll(4) }, () => this.#slot(known))
    return { body: this.#dice.pick(bodies).replaceAll('BUNDLE', this.#bundle), slots }
  }

  /**
   * A message to a port or to the timer, which mallory was given after alice, bob and the service that makes
   * vats, with a handler that may be anybody's.
   */
  #aimed(known: Knowledge): { target: string; methargs: { body: string; slots: string[] } } {
    const [, , , bank, clock] = known.imports
    const isPort = this.#dice.roll(2) === 0
    const slots = [this.#dice.pick(['o+0', 'o+1', ...known.imports.slice(0, 2)]), this.#slot(known)]
    return {
      target: (isPort ? bank : clock) ?? 'o+1',
      methargs: { body: this.#dice.pick(isPort ? portBodies : timerBodies), slots },
    }
  }

  #resolution(known: Knowledge, promise: string): Record<string, unknown> {
    return {
      promise,
      outcome: this.#dice.pick(['fulfilled', 'rejected']),
      data: this.#data(known),
      ...(this.#dice.roll(4) === 0 ? { keep: true } : {}),
    }
  }

  readonly #make: {
    readonly [Kind in SyscallKind]: (
      known: Knowledge,
      delivery: Delivery,
    ) => Record<string, unknown> & { kind: Kind }
  } = {
    send: (known) => ({
      kind: 'send',
      ...(this.#dice.roll(3) === 0
        ? this.#aimed(known)
        : {
            target: this.#one([...known.imports, ...known.imports, ...known.promises, ...known.exports]),
            methargs: this.#data(known),
          }),
      result: this.#dice.roll(3) === 0 ? null : `p+${1 + this.#dice.roll(200)}`,
    }),
    subscribe: (known) => ({
      kind: 'subscribe',
      promise: this.#one([...known.promises, `p+${1 + this.#dice.roll(50)}`]),
    }),
    resolve: (known, delivery) => {
      const own =
        delivery.kind === 'message' && delivery.result !== null
          ? [{ promise: delivery.result, outcome: 'fulfilled', data: this.#data(known) }]
          : []
      const others = this.#few(known.deciding).filter((promise) => promise !== own[0]?.promise)
      return {
        kind: 'resolve',
        resolutions: [...own, ...others.map((promise) => this.#resolution(known, promise))],
      }
    },
    vatstoreSet: () => ({
      kind: 'vatstoreSet',
      key: this.#dice.pick(keys),
      value: this.#dice.pick(['', 'v', '{}', '\u0000', 'ü'.repeat(100)]),
    }),
    vatstoreDelete: () => ({ kind: 'vatstoreDelete', key: this.#dice.pick(keys) }),
    vatstoreWrite: () => ({
      kind: 'vatstoreWrite',
      entries: Array.from({ length: this.#dice.roll(4) }, () => [
        this.#dice.pick(keys),
        this.#dice.pick(['v', null, '[]']),
      ]).flat(),
    }),
    dropImports: ({ imports }) => ({ kind: 'dropImports', imports: this.#few(imports.slice(5)) }),
    retireImports: ({ dropped }) => ({ kind: 'retireImports', imports: this.#few(dropped) }),
    retirePromises: ({ kept }) => ({ kind: 'retirePromises', promises: this.#few(kept) }),
    abandonExports: ({ exports }) => ({ kind: 'abandonExports', exports: this.#few(exports.slice(1)) }),
    retireExports: ({ released }) => ({ kind: 'retireExports', exports: this.#few(released) }),
    exit: (known) => ({
      kind: 'exit',
      end: this.#dice.pick(['completed', 'failed']),
      data: this.#data(known),
    }),
    vatstoreGet: () => ({ kind: 'vatstoreGet', key: this.#dice.pick(keys) }),
    vatstoreGetSeveral: () => ({
      kind: 'vatstoreGetSeveral',
      keys: [this.#dice.pick(keys), this.#dice.pick(keys)],
    }),
    vatstoreNextKey: () => ({
      kind: 'vatstoreNextKey',
      prefix: this.#dice.pick(keys),
      after: this.#dice.pick(keys),
    }),
    vatstoreRange: () => ({
      kind: 'vatstoreRange',
      from: this.#dice.pick(keys),
      to: this.#dice.pick(keys),
      limit: 1 + this.#dice.roll(1_000),
    }),
    getBundle: ({ imports }) => ({
      kind: 'getBundle',
      cap: this.#one(imports),
      part: this.#dice.pick(['id', 'text']),
    }),
    patched: () => ({ kind: 'patched', id: this.#dice.pick(['x', 'patch', 'ü'.repeat(200)]) }),
  }
}

/** How often each kind is made: what changes the tables of the kernel more often, ends rarely. */
const weights: { readonly [Kind in SyscallKind]: number } = {
  send: 12,
  subscribe: 4,
  resolve: 10,
  vatstoreSet: 2,
  vatstoreDelete: 2,
  vatstoreWrite: 3,
  dropImports: 6,
  retireImports: 6,
  retirePromises: 4,
  abandonExports: 4,
  retireExports: 6,
  exit: 1,
  vatstoreGet: 2,
  vatstoreGetSeveral: 2,
  vatstoreNextKey: 2,
  vatstoreRange: 2,
  getBundle: 2,
  patched: 1,
}
const kinds = Object.entries(weights).flatMap(([kind, weight]) =>
  Array.from({ length: weight }, () => kind as SyscallKind),
)
