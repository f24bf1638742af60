/**
 * The supervisor: the code inside a worker below the user's code.
 *
 * This file is the entry of the bundle. Evaluated in a fresh engine, it locks the realm down, assembles the
 * parts of the vat and exposes its functions to the engine (`protocol/worker/worker.ts`). The heap right
 * after is
 * the base image of the worker version, so nothing here may depend on the vat.
 *
 * A message passes through: `dispatch` → `Messenger.deliver` → the user's method → jobs → `finish`.
 */
import './realm/lockdown.ts'
import './realm/endowPassStyle.ts'
import { assert, AssertionFault, CodedError, unreachable } from '../base/errors.ts'
import type { Delivery } from '../protocol/worker/delivery.ts'
import { frameName, salvageFrameName } from '../protocol/worker/frames.ts'
import type { DeliveryResult } from '../protocol/results.ts'
import type { SalvageResult } from '../protocol/worker/salvage.ts'
import { putSalvagedIntoBaggage } from './vat/salvagedBaggage.ts'
import { makeBundleReader } from './vat/bundleCaps.ts'
import { finishText } from './wire/channel.ts'
import { makeCodec, type Codec } from './values/codec.ts'
import { nameCode, testLog } from './realm/console.ts'
import { Collections } from './collections/collections.ts'
import { collectGarbage } from './memory/garbageSources.ts'
import { makeEnvironment } from './environment.ts'
import { Kinds } from './kinds/kinds.ts'
import { DeadVirtualObjects } from './kinds/stored/deadVirtualObjects.ts'
import { Messenger } from './promises/messenger.ts'
import { NamedExports } from './vat/namedExports.ts'
import { beginRoom } from './memory/quota.ts'
import { References } from './memory/references.ts'
import { Salvaging } from './vat/salvage.ts'
import { Slots } from './wire/slots.ts'
import { evaluateBundle, Start, type EvaluatedBundle } from './vat/start.ts'
import { endCrank } from './memory/store.ts'
import { UnreachableDurables } from './memory/unreachableDurables.ts'
import { makeVatData } from './vat/vatData.ts'
import { Watchers } from './vat/watchers.ts'
import { makeWeakCollections } from './memory/weak.ts'

// Vats can reach errors of ours; shared objects must be immutable.
harden([CodedError, AssertionFault])

const slots = new Slots()
const references = new References(slots)
const kinds: Kinds = new Kinds(slots, references, () => codec)
const codec: Codec = makeCodec(slots, references, {
  exportPromise: (promise) => messenger.exportPromise(promise),
  importPromise: (vref) => messenger.importPromise(vref),
  makePresence: (vref, interfaceName) => messenger.makePresence(vref, interfaceName),
})
const messenger = new Messenger(slots, codec)
const deadVirtualObjects = new DeadVirtualObjects(references)
const unreachableDurables = new UnreachableDurables(references)
const collections = new Collections({ slots, references, codec })
const watchers = new Watchers({ slots, references, codec, messenger, kinds })
const namedExports = new NamedExports(slots, references)
/** The first argument of `buildRootObject`: powers of the vat over itself. */
const powers = harden({
  nameExport: (label: string, remotable: object) => namedExports.nameExport(label, remotable),
  reconnectExport: (label: string, remotable: object) => namedExports.reconnectExport(label, remotable),
  releaseExport: (label: string) => namedExports.releaseExport(label),
  D: makeBundleReader(slots),
  testLog,
  exitVat: (completion: unknown) => messenger.exit('completed', completion),
  exitVatWithFailure: (reason: unknown) => messenger.exit('failed', reason),
})
const environment = makeEnvironment({
  vatData: makeVatData({ collections, kinds, watchers }),
  weak: makeWeakCollections(slots, references),
})

/** Set during a `startVat`. */
let start: Start | undefined
/** The bundle, if it was evaluated before the start. */
let evaluated: EvaluatedBundle | undefined
/** Set in a copy of the heap that a salvage bundle searches. */
let salvaging: Salvaging | undefined
/** How much of the garbage the delivery collected. */
let collected: 'all' | 'some' = 'all'

function handle(delivery: Delivery, source: string): void {
  beginRoom('room' in delivery ? delivery.room : undefined)
  switch (delivery.kind) {
    case 'startVat':
      assert(start === undefined, 'a vat is started during its start')
      nameBundle(frameName(delivery.bundle))
      start = new Start(delivery.abandonKinds ?? [])
      deadVirtualObjects.begin()
      if (delivery.incarnation > 0) unreachableDurables.begin()
      if (delivery.incarnation > 0) collections.abandonVirtual()
      if (delivery.incarnation > 0) watchers.revive()
      if (delivery.probe === true) kinds.beginProbe()
      if (delivery.salvage !== undefined) start.expect(putSalvagedIntoBaggage(collections, delivery.salvage))
      return start.begin(() => takeEvaluated(source), codec, collections, powers, delivery.parameters)
    case 'message':
      return messenger.deliver(delivery)
    case 'notify':
      return messenger.notify(delivery.resolutions)
    case 'dropExports':
      return references.dropExports(delivery.exports)
    case 'retireExports':
      return references.retireExports(delivery.exports)
    case 'retireImports':
      return references.retireImports(delivery.imports)
    case 'bringOutYourDead':
      // The engine has just collected all garbage, unless this continues with earlier findings.
      messenger.retireForgotten()
      collected = collectGarbage([
        references,
        collections,
        deadVirtualObjects,
        kinds.abandonedRecords,
        unreachableDurables,
      ])
      return references.endCollection(collected)
    default:
      return unreachable(delivery, 'a delivery of a kind that this supervisor does not know')
  }
}

/** Before any code of the vat runs. */
function nameBundle(name: string): void {
  Reflect.deleteProperty(globalThis, 'hostEntries')
  nameCode(name)
}

function takeEvaluated(source: string): EvaluatedBundle {
  const bundle = evaluated ?? evaluateBundle(environment, source)
  evaluated = undefined
  return bundle
}

function takeResult(): DeliveryResult | SalvageResult {
  if (salvaging !== undefined) return salvaging.outcome()
  if (start !== undefined) {
    const outcome = start.outcome(slots, kinds, namedExports)
    if (outcome.kind === 'started') kinds.endProbe()
    start = undefined
    return outcome
  }
  const result: DeliveryResult = collected === 'all' ? { kind: 'ok' } : { kind: 'ok', garbage: 'left' }
  collected = 'all'
  return result
}

globalThis.hostEntries = {
  dispatch(delivery, source) {
    assert(salvaging === undefined, 'Slv3: a copy of the heap gets a delivery')
    handle(JSON.parse(delivery) as Delivery, source)
  },
  salvage(source) {
    assert(salvaging === undefined && start === undefined, 'a copy of the heap is searched once')
    nameCode(salvageFrameName)
    salvaging = new Salvaging({ environment, slots, codec })
    salvaging.begin(source)
  },
  evaluate(name, source) {
    assert(evaluated === undefined && start === undefined, 'a bundle is evaluated once, before its start')
    nameBundle(name)
    evaluated = evaluateBundle(environment, source)
  },
  beforeCollection() {
    messenger.beforeCollection()
  },
  finish() {
    const result = takeResult()
    kinds.flush()
    endCrank()
    return finishText(result)
  },
}
