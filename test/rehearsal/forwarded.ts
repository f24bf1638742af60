/** A store that goes on after a copy was made of it, for rehearsals that fast-forward. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { forkStore } from '../../src/host/index.ts'
import {
  rehearse,
  type FastForwardReport,
  type RehearsalOptions,
  type RehearsalReport,
} from '../../src/rehearsal/index.ts'
import { openWorld, temporaryDirectory, type World } from '../kit/world.ts'

/** A counter that can be of three kinds: 1 and 2 are the same to the outside, 3 counts by ten. */
export const counter = (version: 1 | 2 | 3): { readonly source: string } => ({
  source: `
export const buildRootObject = (powers, parameters, baggage) => {
  const step = ${version === 3 ? '10n' : '1n'}
  if (!baggage.has('count')) baggage.init('count', 0n)
  return Far('root', {
    add: () => {
      baggage.set('count', baggage.get('count') + step)
      return baggage.get('count')
    },
    hello: (name) => 'hello ' + name,
    version: () => 'of no interest'${version === 1 ? '' : `, more: () => ${version}`},
    use: (given) => baggage.init('port', given),
    tell: (item) => E(baggage.get('port')).send({ item, count: baggage.get('count') }),
    fresh: () => Far('fresh', { get: () => baggage.get('count'), same: (other) => other }),
    die: () => { ${version === 3 ? '' : "powers.exitVatWithFailure(Error('it ends'))"} },
  })
}
`,
})

export interface Ready {
  readonly world: World
  readonly plan: object
  /** A copy of the block before the messages. */
  readonly copy: string
  readonly rehearseFrom: (options?: Partial<RehearsalOptions>) => Promise<RehearsalReport>
}

/** A store with a counter `one` and one `two`, and a plan that upgrades `one` to a version. */
export async function ready(t: TestContext, version: 2 | 3, ...more: readonly object[]): Promise<Ready> {
  const world = await openWorld(t, { vats: { one: counter(1), two: counter(1) } })
  const { controller } = world
  await controller.openPort('out')
  await world.ask('one', 'use', await controller.port('out').remote())
  const next = await world.install(counter(version))
  const other = await world.install(counter(2))
  await controller.commit()
  const copy = join(temporaryDirectory(t), 'copy')
  forkStore(world.directory, copy)
  const steps = [
    // It moves the numbers of the kernel, so that names differ afterwards.
    { kind: 'create', name: 'extra', vat: 'extra', bundle: other },
    { kind: 'vat', name: 'next', vat: 'one', bundle: next },
    { kind: 'probe', name: 'asked', to: 'one', method: 'hello', args: ['you'], answer: 'hello you' },
    ...more,
  ]
  const plan = JSON.parse(JSON.stringify({ id: 'upgrade', onFailure: 'continue', steps })) as object
  return {
    world,
    plan,
    copy,
    rehearseFrom: (options = {}) =>
      rehearse({ directory: world.directory, plan, from: copy, fastForward: true, ...options }),
  }
}

/** The fast-forward of a plan that was done. */
export function forwardOf({ fastForward, findings, run }: RehearsalReport): FastForwardReport {
  assert.equal(run?.state, 'done', JSON.stringify([run, findings]))
  assert.ok(fastForward !== null)
  return fastForward
}

/** The differences, but for their places. */
export const listed = ({ differences }: FastForwardReport): unknown[] =>
  differences.map(({ kind, vat, method, port, store, fork }) => [kind, vat, method ?? port, store, fork])
