/**
 * The supervisor: what runs inside a worker, below the user's code.
 *
 * This file is the entry of the bundle. Evaluated in a fresh engine, it locks the realm down, puts
 * the parts of the vat together and leaves two functions for the engine (`protocol/worker.ts`).
 * The heap right after is the base image of the worker version, so nothing here may depend on the vat.
 *
 * The way of a message: `dispatch` → `Messenger.deliver` → the user's method → jobs → `finish`.
 */
import './lockdown.ts'
import { unreachable } from '../base/errors.ts'
import { isDurableVref } from '../base/ids.ts'
import type { Delivery } from '../protocol/delivery.ts'
import type { DeliveryResult } from '../protocol/results.ts'
import { command, finishText } from './channel.ts'
import { makeCodec } from './codec.ts'
import type { Codec } from './codec.ts'
import { makeEnvironment } from './environment.ts'
import { Kinds } from './kinds.ts'
import { Messenger } from './messenger.ts'
import { Pins } from './pins.ts'
import { Slots } from './slots.ts'
import { Start } from './start.ts'

const slots = new Slots()
const pins = new Pins()
const kinds: Kinds = new Kinds(slots, () => codec)
const codec: Codec = makeCodec(slots, pins, {
  exportPromise: (promise) => messenger.exportPromise(promise),
  importPromise: (vref) => messenger.importPromise(vref),
  makePresence: (vref, interfaceName) => messenger.makePresence(vref, interfaceName),
  representative: (vref) => kinds.representative(vref),
})
const messenger = new Messenger(slots, codec)
const environment = makeEnvironment(slots, kinds)

/** Set while a `startVat` is under way. */
let start: Start | undefined

function handle(delivery: Delivery, source: string): void {
  switch (delivery.kind) {
    case 'startVat':
      Reflect.deleteProperty(globalThis, 'hostEntries')
      start = new Start()
      return start.begin(environment, codec, source, delivery.parameters)
    case 'message':
      return messenger.deliver(delivery)
    case 'notify':
      return messenger.notify(delivery.resolutions)
    case 'dropExports':
      return delivery.exports.forEach((vref) => slots.releaseExport(vref))
    case 'retireExports':
      return delivery.exports.filter((vref) => !isDurableVref(vref)).forEach((vref) => slots.forget(vref))
    case 'retireImports':
      return delivery.imports.forEach((vref) => slots.forget(vref))
    case 'bringOutYourDead':
      return bringOutYourDead()
    default:
      return unreachable(delivery, 'a delivery of a kind that this supervisor does not know')
  }
}

/** The engine has just collected all garbage. */
function bringOutYourDead(): void {
  const { dropped, retired } = slots.takeDead((vref) => pins.has(vref))
  if (dropped.length > 0) command({ kind: 'dropImports', imports: dropped })
  if (retired.length > 0) command({ kind: 'retireImports', imports: retired })
}

function takeResult(): DeliveryResult {
  const result: DeliveryResult = start === undefined ? { kind: 'ok' } : start.outcome(slots, kinds)
  start = undefined
  return result
}

globalThis.hostEntries = {
  dispatch(delivery, source) {
    handle(JSON.parse(delivery) as Delivery, source)
  },
  finish() {
    const result = takeResult()
    kinds.flush()
    return finishText(result)
  },
}
