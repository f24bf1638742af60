/**
 * The closing of a course: every vat is brought to its feet, every promise is settled, and every vat reports.
 *
 * After it nothing in the world waits for anything that a vat could still do. So what the model says of a
 * message or a promise is final.
 */
import type { OwnCalls } from '../../protocol/machine/calls.ts'
import { encodeValue, Remote } from '../../api/values.ts'
import { assert } from '../../base/errors.ts'
import type { Place } from './place.ts'
import { advanceBy } from '../steps/advance.ts'
import { portName } from '../steps/port.ts'
import type { Stage } from '../steps/step.ts'
import { run } from '../steps/run.ts'

type Closing = (stage: Stage, place: Place) => void

/** A critical vat may pause the kernel again and again. */
const mostPauses = 50

const rest: Closing = (stage) => {
  for (let pauses = 0; pauses < mostPauses; pauses += 1) {
    stage.machine.resumeKernel()
    run.apply(stage, { kind: 'run', limit: { kind: 'idle' } }, -1)
    if (stage.machine.status().paused === null) return
    appease(stage)
  }
  assert(false, `the kernel is paused after ${mostPauses} tries`)
}

/** No fault stops anything any more. */
function appease({ machine }: Stage): void {
  for (const { name, status } of machine.vats()) {
    if (status.kind !== 'terminated' && status.kind !== 'starting')
      machine.changeVatOptions(name, { onFault: 'reject', importance: 'ordinary' })
  }
}

/**
 * A vat that was asked to wait is resumed; one that failed is upgraded to code that works. What waits for it
 * is delivered then.
 */
const heal: Closing = (stage, place) => {
  const { machine, bundles } = stage
  appease(stage)
  for (const { name, status } of machine.vats()) {
    if (status.kind !== 'suspended') continue
    if (status.cause === 'requested') machine.resumeVat(name)
    else
      machine.upgradeVat(
        name,
        bundles[0] ?? '',
        encodeValue({ name, mode: 'good', bundles, tag: 'healed' }),
        { upgradeMessage: 'healed' },
        null,
      )
  }
  rest(stage, place)
}

const finish: Closing = (stage, place) => {
  for (const vat of running(stage.machine))
    stage.machine.send({ kind: 'root', vat }, encodeValue(['finish', []]), 'ignore', 'ignore')
  rest(stage, place)
}

/** Later than any time that a program waits for. */
const longTime = 100_000

const later: Closing = (stage, place) => {
  advanceBy(stage, longTime)
  rest(stage, place)
}

/** Somebody who lives receives what waits at the port. */
const listen: Closing = (stage, place) => {
  const { machine } = stage
  const vat = machine.vats().find(({ status }) => status.kind === 'running')
  if (vat !== undefined)
    machine.send(
      { kind: 'object', kref: machine.port(portName).object },
      encodeValue(['onReceive', [new Remote(vat.root)]]),
      'ignore',
      'ignore',
    )
  rest(stage, place)
}

const report: Closing = (stage, place) => {
  const { machine } = stage
  // A journal may be long.
  for (const vat of running(machine)) machine.changeVatOptions(vat, { computronsPerDelivery: '1000000000' })
  for (const vat of running(machine))
    place.reports.set(vat, machine.send({ kind: 'root', vat }, encodeValue(['report', []]), 'keep', 'ignore'))
  rest(stage, place)
}

const running = (machine: OwnCalls): string[] =>
  machine
    .vats()
    .filter(({ status }) => status.kind === 'running')
    .map(({ name }) => name)

/** What is done when a vat has come to its feet or has settled a promise can bring another to its knees. */
export const closing: readonly Closing[] = [
  rest,
  heal,
  heal,
  listen,
  later,
  finish,
  heal,
  finish,
  heal,
  listen,
  finish,
  heal,
  heal,
  later,
  heal,
  report,
]
