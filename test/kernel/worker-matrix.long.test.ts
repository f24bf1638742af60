/**
 * What becomes of a vat and of all that it has when it is moved from any worker version to any other
 * (`worker-matrix.ts`).
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { divergencePolicies, workerModes } from '../../src/protocol/worker/versions.ts'
import { forTheFile } from '../kit/world.ts'
import { labelOf, outcomeOf, prepareVersions, versions, walk, type Cell, type Version } from './worker-matrix.ts'

const prepared = await prepareVersions(forTheFile)

/** To each version in each mode, with the policies in turn. */
const everywhere: readonly Cell[] = versions.flatMap((to, place) =>
  workerModes.map((mode, index) => ({
    to,
    mode,
    onDivergence: divergencePolicies[(place + index) % divergencePolicies.length]!,
    standing: 'running',
    heir: 'starts',
  })),
)

for (const from of versions) {
  test(`from ${labelOf(from)} to every version, in every mode`, async (t) => {
    assert.deepEqual(await walk(t, prepared, from, everywhere), [])
  })
}

/** One pair that repeats everything, and one of either direction that does not. */
const pairs: readonly (readonly [Version, Version])[] = [
  [
    { engine: 'quickjs-wasi-3.7.0', supervisor: 'release' },
    { engine: 'quickjs-wasi-3.5.0', supervisor: 'longer' },
  ],
  [
    { engine: 'quickjs-wasi-3.6.2', supervisor: 'release' },
    { engine: 'quickjs-wasi-3.7.0', supervisor: 'noting' },
  ],
  [
    { engine: 'quickjs-wasi-3.5.0', supervisor: 'noting' },
    { engine: 'quickjs-wasi-3.6.2', supervisor: 'longer' },
  ],
]

/**
 * In each mode with each policy: of vats that run and that are suspended, with and without heirs; and of some
 * that collect garbage.
 */
const inEveryWay = (to: Version): readonly Cell[] =>
  workerModes.flatMap((mode, index) => [
    ...divergencePolicies.flatMap((onDivergence) =>
      (['running', 'suspended'] as const).flatMap((standing) =>
        (['starts', 'throws'] as const).map((heir) => ({ to, mode, onDivergence, standing, heir })),
      ),
    ),
    {
      to,
      mode,
      onDivergence: divergencePolicies[(index + 2) % divergencePolicies.length]!,
      standing: 'collecting',
      heir: 'starts',
    },
  ])

for (const [from, to] of pairs) {
  test(`from ${labelOf(from)} to ${labelOf(to)}, in every mode with every policy`, async (t) => {
    assert.deepEqual(await walk(t, prepared, from, inEveryWay(to)), [])
  })
}

test('the table has moves of every outcome', () => {
  const outcomes = new Set([
    ...versions.flatMap((from) => everywhere.map((cell) => outcomeOf(from, cell))),
    ...pairs.flatMap(([from, to]) => inEveryWay(to).map((cell) => outcomeOf(from, cell))),
  ])
  assert.deepEqual([...outcomes].sort(), ['durable', 'none', 'replay', 'replay/diverged', 'start/threw'])
})
