/**
 * The final steps of every run: all vats are made to run, every promise is settled, and every vat reports.
 *
 * After them nothing waits for anything that a vat could still do, so what the model says about a message or
 * a promise is final.
 */
import { atOnce } from '../../protocol/machine/kernelUpgrades.ts'
import type { OwnCalls } from '../../protocol/machine/calls.ts'
import { encodeValue, Remote } from '../../api/values.ts'
import { assert } from '../../base/errors.ts'
import type { RunProgress } from './progress.ts'
import { isOver } from './rolloutRecords.ts'
import { computronsPerDelivery } from './storePool.ts'
import { advanceBy } from '../steps/advance.ts'
import { portName } from '../steps/port.ts'
import { isSound } from '../kernels/kernels.ts'
import { putAllBack } from '../steps/kernel.ts'
import type { World } from '../steps/step.ts'
import { run } from '../steps/run.ts'

type FinalStep = (world: World, progress: RunProgress) => void

/** A critical vat may pause the kernel repeatedly. */
const maxPauses = 50

/** A kernel without a defect is in place, and gets everything that waits. A block follows. */
const mend: FinalStep = ({ machine, kernels }) => {
  const [sound] = kernels
  assert(sound !== undefined, 'a world has the kernel of the release')
  const name = kernels.find(({ id }) => id === machine.status().kernel)?.name
  if (name === undefined || !isSound(name)) machine.upgradeKernel(sound.id, atOnce)
  assert(machine.fault() === null, 'a kernel without a defect does not fail')
}

const runToRest: FinalStep = (world) => {
  for (let pauses = 0; pauses < maxPauses; pauses += 1) {
    world.machine.resumeKernel()
    run.apply(world, { kind: 'run', limit: { kind: 'idle' } }, -1)
    if (world.machine.status().paused === null) return
    clearFaultPolicies(world)
  }
  assert(false, `the kernel is paused after ${maxPauses} tries`)
}

/** From now on no fault suspends a vat or pauses the kernel, and vats may use as much as others. */
function clearFaultPolicies({ machine }: World): void {
  for (const { name, status } of machine.vats()) {
    if (status.kind !== 'terminated' && status.kind !== 'starting')
      machine.changeVatOptions(name, { onFault: 'reject', importance: 'ordinary', computronsPerDelivery })
  }
}

/** A rollout that waits goes on. */
const goOn: FinalStep = (world, progress) => {
  const { machine } = world
  clearFaultPolicies(world)
  const state = machine.rollout()?.state
  if (state === 'paused' || state === 'stopped') machine.controlRollout('resume', '')
  runToRest(world, progress)
}

/** A rollout that has not come to its end is aborted. */
const abort: FinalStep = ({ machine }) => {
  const rollout = machine.rollout()
  if (rollout !== null && !isOver(rollout)) machine.controlRollout('abort', 'the end')
}

/** Resumes vats that were suspended on request, and upgrades those that failed to code that works. */
const heal: FinalStep = (world, progress) => {
  const { machine, bundles } = world
  clearFaultPolicies(world)
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
  runToRest(world, progress)
}

const finish: FinalStep = (world, progress) => {
  for (const vat of running(world.machine))
    world.machine.send({ kind: 'root', vat }, encodeValue(['finish', []]), 'ignore', 'ignore')
  runToRest(world, progress)
}

/** Later than any wakeup of a program. */
const longTime = 100_000

const later: FinalStep = (world, progress) => {
  advanceBy(world, longTime)
  runToRest(world, progress)
}

/** A running vat receives the items that wait at the port. */
const listen: FinalStep = (world, progress) => {
  const { machine } = world
  const vat = machine.vats().find(({ status }) => status.kind === 'running')
  if (vat !== undefined)
    machine.send(
      { kind: 'object', kref: machine.port(portName).object },
      encodeValue(['onReceive', [new Remote(vat.root)]]),
      'ignore',
      'ignore',
    )
  runToRest(world, progress)
}

const report: FinalStep = (world, progress) => {
  const { machine } = world
  // A journal may be long.
  for (const vat of running(machine)) machine.changeVatOptions(vat, { computronsPerDelivery: '1000000000' })
  for (const vat of running(machine))
    progress.reports.set(
      vat,
      machine.send({ kind: 'root', vat }, encodeValue(['report', []]), 'keep', 'ignore'),
    )
  runToRest(world, progress)
}

const running = (machine: OwnCalls): string[] =>
  machine
    .vats()
    .filter(({ status }) => status.kind === 'running')
    .map(({ name }) => name)

/** Steps are repeated: what follows the recovery of one vat can make another fail. */
export const finalSteps: readonly FinalStep[] = [
  mend,
  ({ machine }) => putAllBack(machine),
  runToRest,
  goOn,
  abort,
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
