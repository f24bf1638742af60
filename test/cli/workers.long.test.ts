/** Worker versions through the command line: installing, listing, retiring, and moving one vat. */
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openController } from '../../src/host/index.ts'
import { releasedIds, supervisorBytes } from '../../src/release/release.ts'
import {
  emptyStore,
  fileWith,
  fixture,
  heirloom,
  prepareStore,
  takeSteps,
  temporaryDirectory,
  well,
  type Step,
} from './support.ts'

const module = fileURLToPath(import.meta.resolve('quickjs-wasi-3.5.0/quickjs.wasm'))

const installed = /^w1-[0-9a-f]{64} is installed as older\n {2}engine +quickjs-wasi-3\.5\.0, b1-.*\n/

const way: readonly Step[] = [
  [['worker', 'list'], 0, /^ID .*\nw1-\w{12} {2}- {6}quickjs-wasi-3\.7\.0 .* default +1 +with the store\n$/],
  [['worker', 'install'], 2, /^$/, /worker install needs --engine/],
  [['worker', 'install', '--engine', 'quickjs-wasi-3.5'], 2, /^$/, /did you mean quickjs-wasi-3\.5\.0\?/],
  [['worker', 'install', '--engine', fixture('counter')], 3, /^$/, /^heirloom: engine\/not-wasm: /],
  [['worker', 'install', '--engine', dirname(fixture('counter'))], 2, /^$/, /there is no \.wasm file in /],
  [['worker', 'install', '--engine', module, '--supervisor', 'none.js'], 2, /^$/, /none\.js cannot be read/],
  [['worker', 'install', '--engine', module, '--use', 'always'], 2, /^$/, /one of default, on-demand/],
  [['worker', 'install', '--engine', dirname(module), '--label', 'older', '--timeout', '600'], 0, installed],
  [
    ['worker', 'install', '--engine', 'quickjs-wasi-3.5.0', '--label', 'old'],
    0,
    /^w1-[0-9a-f]{64} was installed before; its label is old\n(?:.*\n)*.* use +on-demand\n/,
  ],
  [['worker', 'show', 'older'], 3, /^$/, /worker\/unknown: no worker version "older" .*did you mean old\?/],
  [['worker', 'show', 'old'], 0, /^label +old\nengine +quickjs-wasi-3\.5\.0, b1-(?:.*\n)*vats +0\n$/m],
  [['worker', 'show', 'default'], 0, /^vats +1: counters\n$/m],
  [['worker', 'retire', 'default'], 1, /^$/, /^heirloom: worker-in-use: .*it is the default; counters runs on it/],
  [['upgrade-worker', 'counters', 'olf'], 3, /^$/, /^heirloom: worker\/unknown: .*did you mean old\?/],
  [['upgrade-worker', 'counters', 'old', '--mode', 'fast'], 2, /^$/, /one of replay, restart, auto/],
  [
    ['upgrade-worker', 'counters', 'old'],
    0,
    /^counters continues as incarnation 0 on old \(w1-\w{12}\), before on w1-\w{12}\n {2}1 delivery replayed identically, with other computrons than before: [\d,]+\n$/,
  ],
  [['upgrade-worker', 'counters', 'old'], 0, /^counters is on old \(w1-\w{12}\) already; nothing was done\n$/],
  [['vats'], 0, / old \(w1-\w{12}\) /],
  [
    ['upgrade-worker', 'counters', 'default', '--mode', 'restart'],
    0,
    /^counters is incarnation 1 now, on w1-\w{12}, before on old \(w1-\w{12}\)\n {2}0 ephemeral exports abandoned/,
  ],
  [
    ['history', 'counters'],
    0,
    /^0 +worker replay +done .* old \(w1-\w{12}\) .*\n1 +worker restart +done .* kept \w+ +host$/m,
  ],
  [['send', 'counters', 'increment', '1n'], 0, /^6n\n$/],
  [['worker', 'default', 'old'], 0, /^old \(w1-\w{12}\) is the default now\n$/],
  [['worker', 'default', 'old'], 0, /^old \(w1-\w{12}\) is already the default\n$/],
  [['worker', 'retire', 'old'], 1, /^$/, /it is the default/],
  [['upgrade-worker', 'counters', 'old'], 0, /^counters continues/],
  [['worker', 'list'], 0, / on-demand +0 .*\n.* default +1 +crank \d+, by host\n$/],
]

test('worker versions are installed, listed and retired, and a vat is moved, for people', async (t) => {
  const { store } = await prepareStore(temporaryDirectory(t))
  await takeSteps(way, store)
  const [first] = JSON.parse(await well(['worker', 'list', '--json'], { store })) as [{ id: string }]
  assert.match(
    await well(['worker', 'retire', first.id.slice(0, 11)], { store }),
    /^w1-\w{12} is retired; heirloom prune --bundles frees its bytes\n$/,
  )
  const views = JSON.parse(await well(['worker', 'list', '--json'], { store })) as readonly { id: string }[]
  assert.deepEqual(views.map(({ id }) => id), [(await releasedIds()).workers['quickjs-wasi-3.5.0']])
})

test('a directory with several modules is refused with their names', async (t) => {
  const directory = temporaryDirectory(t)
  const store = join(directory, 'store')
  await emptyStore(store)
  mkdirSync(join(directory, 'package', 'node_modules', 'other'), { recursive: true })
  for (const name of ['a.wasm', 'b.wasm', 'node_modules/other/c.wasm'])
    writeFileSync(join(directory, 'package', name), '')
  const { code, err } = await heirloom(['worker', 'install', '--engine', join(directory, 'package')], { store })
  assert.equal(code, 2)
  assert.match(err, /has several \.wasm files; name one of a\.wasm, b\.wasm\n/)
})

test('a vat that cannot follow stays where it is, and the answer has the delivery and both sides', async (t) => {
  const directory = temporaryDirectory(t)
  const store = join(directory, 'store')
  await emptyStore(store)
  // Names objects differently, so that a vat cannot send one there.
  const text = Buffer.from(await supervisorBytes()).toString('utf8')
  assert.ok(text.includes('Alleged: '))
  const supervisor = fileWith(directory, 'other.js', text.replaceAll('Alleged: ', 'Claimed: '))
  await well(['install', 'busy', fixture('busy')], { store })
  await well(['create', 'busy', 'busy'], { store })
  await well(['send', 'busy', 'thing'], { store })
  await takeSteps(
    [
      [
        ['worker', 'install', '--engine', 'quickjs-wasi-3.6.2', '--supervisor', supervisor, '--label', 'other'],
        0,
        /is installed as other\n/,
      ],
      [
        ['upgrade-worker', 'busy', 'other'],
        1,
        /^$/,
        /^heirloom: replay\/diverged: vat busy \(v1\) keeps its worker .*\n {2}The vat behaved differently there .* The vat is unchanged and stays on its version\.\n(?:.*\n)* {2}delivery: .*\n {2}recorded: .*Alleged: thing.*\n {2}new worker: .*"rejected".*\n/,
      ],
      [['history', 'busy'], 0, /^0 +worker replay +replay\/diverged .* other \(w1-\w{12}\)/m],
      [
        ['upgrade-worker', 'busy', 'other', '--on-divergence', 'suspend'],
        1,
        /^$/,
        /The vat stays on its version and is suspended/,
      ],
      [['vats'], 0, /suspended \(upgrade-refused, since crank \d+\)/],
      [
        ['upgrade-worker', 'busy', 'other', '--mode', 'auto'],
        0,
        /^busy is incarnation 1 now, on other .*\n(?:.*\n)* {2}not by replay: .*\n {4}delivery: .*\n {4}recorded: .*\n {4}new worker: .*"rejected"/,
      ],
    ],
    store,
  )
})

test('what the commands about worker versions print as JSON', async (t) => {
  const { store } = await prepareStore(temporaryDirectory(t))
  const json = async (...words: string[]): Promise<Record<string, unknown>> =>
    JSON.parse(await well([...words, '--json'], { store })) as Record<string, unknown>
  const { worker, image, engine, supervisor, milliseconds, ...rest } = await json(
    ...['worker', 'install', '--engine', 'quickjs-wasi-3.6.2', '--label', 'newer'],
  )
  assert.ok(Number(milliseconds) >= 0)
  assert.deepEqual(rest, {
    label: 'newer',
    engineName: 'quickjs-wasi-3.6.2',
    use: 'on-demand',
    change: 'new',
  })
  const { note, ...shown } = await json('worker', 'show', 'newer')
  const expected = { id: worker, engine, supervisor, image, use: 'on-demand', vats: 0, names: [] }
  assert.deepEqual(shown, { ...expected, engineName: 'quickjs-wasi-3.6.2' })
  assert.equal((note as { by: string }).by, 'host')
  const { upgraded } = (await json('upgrade-worker', 'counters', 'newer')) as {
    upgraded: Record<string, unknown>
  }
  assert.deepEqual([upgraded['mode'], upgraded['worker'], upgraded['deliveries']], ['replay', worker, 1])
  assert.deepEqual(await json('worker', 'default', 'newer'), { worker, label: 'newer', change: 'new' })
  const entries = (await json('history', 'counters')) as unknown as readonly { subject?: string }[]
  assert.deepEqual(entries.map(({ subject }) => subject), [undefined, 'worker'])
})

test('worker versions of a store that another process has open are listed', async (t) => {
  const { store } = await prepareStore(temporaryDirectory(t))
  const holder = await openController({ directory: store, make: 'never' })
  t.after(() => holder.shutdown())
  for (const words of [['worker', 'list'], ['worker', 'show', 'default'], ['rollout', 'status']]) {
    const { code, err } = await heirloom(words, { store })
    assert.equal(code, 0)
    assert.match(err, /^heirloom: another process has the store open/)
  }
})
