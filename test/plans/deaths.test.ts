/** A process that dies after any call of the machine while a plan is run (Pln2, Skn1). */
import assert from 'node:assert/strict'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { forkStore } from '../../src/host/index.ts'
import { readPlan } from '../../src/host/plans/readPlan.ts'
import { EngineCache } from '../../src/machine/engines/engines.ts'
import { callsOf } from '../../src/machine/threads/machineCalls.ts'
import type { PlanView } from '../../src/protocol/machine/plans.ts'
import type { Plan } from '../../src/protocol/plan/plan.ts'
import { kernelThatMiscounts, sameKernel } from '../kit/kernelVariants.ts'
import { openMachine } from '../kit/machines.ts'
import { openWorld, temporaryDirectory } from '../kit/world.ts'

const counter = {
  source: `
export const buildRootObject = () => {
  let count = 0
  return Far('root', { next: () => (count += 1) })
}`,
}
const cache = new EngineCache()

interface End {
  readonly history: readonly PlanView[]
  readonly hash: string
  readonly height: number
}

/** Runs a plan to its end as a host does. `afterCall` is called while the machine is open. */
function run(directory: string, plan: Plan, afterCall: () => void): End {
  const machine = openMachine(directory, cache)
  const calls = callsOf(machine)
  const noting = <Value>(value: Value): Value => {
    afterCall()
    return value
  }
  try {
    const { was } = noting(calls.startPlan(plan, null))
    if (was === 'new') noting(calls.commit())
    while (was !== 'ended') {
      const { state } = noting(calls.advancePlan({ cranks: 10_000, recordCranks: false }))
      noting(calls.commit())
      if (state !== 'running') break
    }
    const { activityHash: hash, height } = calls.status()
    return { history: calls.planHistory(), hash, height }
  } finally {
    machine.close()
  }
}

/** The end of a run without deaths, and of those of each of the copies that a death would leave. */
async function ends(t: TestContext, kernel: Uint8Array): Promise<readonly [End, ...End[]]> {
  const world = await openWorld(t, { vats: { one: counter } })
  const { id } = await world.controller.installKernel(kernel)
  await world.controller.commit()
  const plan = readPlan({
    id: 'upgrade',
    onFailure: 'continue',
    steps: [
      { kind: 'probe', name: 'before', to: 'one', method: 'next', answer: 1 },
      { kind: 'kernel', name: 'kernel', bundle: id },
      { kind: 'probe', name: 'after', to: 'one', method: 'next', answer: 2 },
    ],
  })
  const place = temporaryDirectory(t)
  const left: string[] = []
  const first = join(place, 'first')
  forkStore(world.directory, first)
  const whole = run(first, plan, () => {
    const copy = join(place, `left ${left.length}`)
    cpSync(first, copy, { recursive: true })
    left.push(copy)
  })
  return [whole, ...left.map((copy) => run(copy, plan, () => {}))]
}

// Pln2, Skn1.
for (const [what, make, outcome] of [
  ['takes over', sameKernel, 'done'],
  ['is taken back', kernelThatMiscounts, 'failed'],
] as const)
  test(`a plan whose kernel ${what} ends the same, wherever its process dies`, async (t) => {
    const [whole, ...others] = await ends(t, await make())
    const [view] = whole.history
    assert.deepEqual(
      view?.reports.map((report) => report.outcome),
      ['done', outcome, 'done'],
    )
    assert.ok(others.length >= 8)
    for (const [index, other] of others.entries()) assert.deepEqual(other, whole, `after call ${index}`)
  })
