/**
 * The closing of a course: every vat is brought to its feet, every promise is settled, and every vat reports.
 *
 * After it nothing in the world waits for anything that a vat could still do. So what the model says of a
 * message or a promise is final.
 */
import type { OwnCalls } from '../controller/calls.ts'
import { encodeValue } from '../controller/values.ts'
import type { Place } from './place.ts'
import type { Stage } from './steps/step.ts'
import { run } from './steps/run.ts'

type Closing = (stage: Stage, place: Place) => void

const rest: Closing = (stage) => run.apply(stage, { kind: 'run', limit: { kind: 'idle' } }, -1)

/** A vat that is suspended is upgraded to code that works: what waits for it is delivered then. */
const heal: Closing = (stage, place) => {
  const { machine, bundles } = stage
  for (const { name, status } of machine.vats()) {
    if (status.kind !== 'suspended') continue
    machine.upgradeVat(name, bundles[0] ?? '', encodeValue({ name, mode: 'good', bundles }), 'healed', 'durable')
  }
  rest(stage, place)
}

const finish: Closing = (stage, place) => {
  for (const vat of running(stage.machine)) stage.machine.send({ kind: 'root', vat }, encodeValue(['finish', []]), 'ignore', 'ignore')
  rest(stage, place)
}

const report: Closing = (stage, place) => {
  const { machine } = stage
  for (const vat of running(machine)) place.reports.set(vat, machine.send({ kind: 'root', vat }, encodeValue(['report', []]), 'keep', 'ignore'))
  rest(stage, place)
}

const running = (machine: OwnCalls): string[] => machine.vats().filter(({ status }) => status.kind === 'running').map(({ name }) => name)

/** What is done when a vat has come to its feet or has settled a promise can bring another to its knees. */
export const closing: readonly Closing[] = [rest, heal, heal, finish, heal, finish, heal, finish, heal, heal, report]
