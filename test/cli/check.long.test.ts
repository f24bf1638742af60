/** `heirloom upgrade --check` and `heirloom signature`, for people and for programs. */
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { unpackStore } from '../../tools/golden/store.ts'
import { fixture, heirloom, prepareStore, takeSteps, temporaryDirectory, well, type Step } from './support.ts'

const way: readonly Step[] = [
  [['install', 'heir', fixture('counter-2')], 0, /^heir is /],
  [
    ['upgrade', 'counters', 'heir', '--check'],
    0,
    /^counters would be incarnation 1\n  \d+ ephemeral exports? would be abandoned, .*\n[^]*nothing was changed\n$/,
  ],
  [
    ['upgrade', 'counters', 'counter', '--check', '--mode', 'replay'],
    0,
    /^counters would continue as incarnation 0 on the new code: \d+ deliver(y|ies) replay identically\n  the upgrade takes [\d,]+ computrons; nothing was changed\n$/,
  ],
  [
    ['upgrade', 'counters', 'forgetful', '--check'],
    1,
    /^$/,
    /^heirloom: start\/kinds-missing: vat counters \(v1\) would keep incarnation 0: [^]*it was a check[^]*concerned: Counter\n[^]*by comparison: start\/kinds-missing: .*Counter/,
  ],
  [['upgrade', 'counters', 'throwing', '--check'], 1, /^$/, /^heirloom: start\/threw: [^]*not compared: /],
  [['upgrade', 'counters', 'nothing', '--check'], 3, /^$/, /^heirloom: bundle\/unknown: /],
  [['upgrade', 'nobody', 'heir', '--check'], 3, /^$/, /^heirloom: vat\/unknown: /],
  [['upgrade', 'counters', 'heir', '--check', '--mode', 'soon'], 2, /^$/, /durable, replay, auto/],
  [
    ['signature', 'counter'],
    0,
    /^durable kinds\n +TAG +FACETS +FIELDS +VERSION +TAKES FROM\n +Counter [^]*\nbaggage: [^]*\nnamed exports: none\n$/,
  ],
  [['signature', 'forgetful'], 0, /^no durable kinds\nbaggage: none\nnamed exports: none\n$/],
  [
    ['signature', 'throwing'],
    1,
    /^$/,
    /^heirloom: start\/threw: throwing does not start with an empty baggage/,
  ],
  [['signature', 'nothing'], 3, /^$/, /^heirloom: bundle\/unknown: /],
  [['signature'], 2, /^$/, /^heirloom: cli\/usage: .*<bundle>/],
]

test('an upgrade is checked, and a signature read, for people; the store is as it was', async (t) => {
  const { store } = await prepareStore(temporaryDirectory(t))
  // Memory is that of the process that reports it: it may have a spare instance by then, or not.
  const status = async (): Promise<unknown> => ({
    ...(JSON.parse(await well(['status', '--json'], { store })) as object),
    residentBytes: 'any',
  })
  let before: unknown
  await takeSteps(way, store, async ([verb]) => {
    if (verb === 'install') before = await status()
  })
  assert.deepEqual(await status(), before)
})

test('what a check and a signature print as JSON', async (t) => {
  const { store } = await prepareStore(temporaryDirectory(t))
  const { check, ...vat } = JSON.parse(
    await well(['upgrade', 'counters', 'counter', '--check', '--json'], { store }),
  ) as { check: Record<string, unknown> }
  assert.deepEqual(vat, { vat: 'v1', name: 'counters' })
  assert.deepEqual(
    [check['kind'], check['expected'], (check['result'] as Record<string, unknown>)['incarnationNumber']],
    ['accepted', { kind: 'compared', findings: [] }, 1],
  )
  const { kind, kinds } = JSON.parse(await well(['signature', 'counter', '--json'], { store })) as {
    kind: string
    kinds: Record<string, unknown>[]
  }
  assert.deepEqual(
    [kind, kinds.map(({ tag, stateVersion, migratesFrom }) => [tag, stateVersion, migratesFrom])],
    ['known', [['Counter', 1, 1]]],
  )
  const refused = await heirloom(['upgrade', 'counters', 'forgetful', '--check', '--json'], { store })
  const { error } = JSON.parse(refused.out || refused.err) as { error: Record<string, unknown> }
  assert.equal(error['code'], 'start/kinds-missing')
})

test('an upgrade is made on a kernel that cannot look ahead, too', async (t) => {
  const store = join(temporaryDirectory(t), 'store')
  mkdirSync(store)
  unpackStore('0.1.0', store)
  const [vat] = JSON.parse(await well(['vats', '--json'], { store })) as readonly {
    readonly name: string
    readonly bundle: string
  }[]
  assert.ok(vat !== undefined)
  const { code, err } = await heirloom(['upgrade', vat.name, vat.bundle, '--check'], { store })
  assert.deepEqual([code, err.split(': ')[1]], [4, 'kernel/too-old'])
  const upgraded = await heirloom(['upgrade', vat.name, vat.bundle, '--json'], { store })
  const { warnings } = JSON.parse(upgraded.out) as { readonly warnings?: readonly unknown[] }
  assert.deepEqual([upgraded.code, warnings], [0, []], upgraded.err)
})
