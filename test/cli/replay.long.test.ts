/** `heirloom replay`: its table, its document, its page and its exit codes. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { dispatch } from '../../src/cli/dispatch.ts'
import { engineNames } from '../../src/protocol/worker/engineNames.ts'
import { kernelThatCannotRun, kernelWith } from '../kit/kernelVariants.ts'
import { fileWith, heirloom, prepareStore, temporaryDirectory, well } from './support.ts'

const { store, directory } = await prepareStore(temporaryDirectory({ after }))
await well(['send', 'counters', 'increment', '37n'], { store })
/** That of new stores. */
const [own] = engineNames

const replay = (...words: readonly string[]) => heirloom(['replay', ...words], { store })

interface Document {
  readonly passed: boolean
  readonly worker: string
  readonly vats: readonly {
    readonly name: string
    readonly class: string
    readonly computrons: { readonly recorded: string; readonly replayed: string }
    readonly difference?: { readonly position: number } | null
  }[]
}

test('identical and metering-only end with 0, and the table says how many, how fast, and how long a rollout takes', async () => {
  for (const [engine, shown] of [
    [own, /^v1 +counters +identical +2 +× 1\.0000 /m],
    ['quickjs-wasi-3.5.0', /^v1 +counters +metering-only +2 +× 0\.99\d\d /m],
  ] as const) {
    const { code, out } = await replay('--all', '--worker', engine)
    assert.equal(code, 0, out)
    assert.match(out, shown)
    assert.match(out, /^rollout of 1 vat with 2 deliveries: about \d/m)
  }
})

test('a bundle that differs ends with 1, and is in the table, the document and the page', async () => {
  const page = join(directory, 'replay.html')
  const words = ['counters', '--worker', own, '--bundle', 'forgetful']
  const { code, out } = await replay(...words, '--report', page)
  assert.equal(code, 1, out)
  assert.match(out, /^v1 +counters +(divergent|cannot-load) +0 of 2 /m)
  assert.match(out, /delivery 0/)
  assert.match(readFileSync(page, 'utf8'), /^<!doctype html>[^]*Delivery 0/)
  const json = await replay(...words, '--json')
  const { passed, vats } = JSON.parse(json.out) as Document
  assert.deepEqual([json.code, passed, vats.length], [1, false, 1])
  assert.equal(vats[0]?.difference?.position, 0)
  assert.equal(vats[0].computrons.recorded, '0')
})

test('a file of an engine is built, and one that is garbage cannot load', async () => {
  const wasm = join(import.meta.dirname, '..', '..', 'node_modules', own, 'quickjs.wasm')
  const supervisor = fileWith(directory, 'supervisor.js', 'garbage')
  const built = await replay('--all', '--worker', wasm, '--json')
  assert.equal((JSON.parse(built.out) as Document).vats[0]?.class, 'identical', built.out)
  const broken = await replay('--all', '--worker', wasm, '--supervisor', supervisor)
  assert.equal(broken.code, 1)
  assert.match(broken.out, /cannot load: .*garbage is not defined/)
})

test('an installed version is found by its label, by default, and by the beginning of its id', async () => {
  await well(['worker', 'install', '--engine', 'quickjs-wasi-3.5.0', '--label', 'older'], { store })
  for (const [word, shown] of [['older', 'metering-only'], ['default', 'identical'], ['w1-', 'unknown']] as const) {
    const { out, err } = await replay('--all', '--worker', word)
    assert.match(out + err, new RegExp(shown), word)
  }
})

test('at a terminal it shows how many deliveries are done', async () => {
  let shown = ''
  const code = await dispatch(['replay', '--all', '--worker', own], {
    out: () => {},
    err: (text) => void (shown += text),
    progress: 'shown',
    env: { HEIRLOOM_STORE: store },
  })
  assert.equal(code, 0)
  assert.match(shown, /\r1 of 1 vat, 2 of 2 deliveries, about 0\.00 s left *\n$/)
})

test('blocks are replayed under a kernel, which does the same, does something else, or throws', async () => {
  await well(['send', 'counters', 'increment', '5n'], { store })
  const same = await replay('--kernel', 'release')
  assert.deepEqual([same.code, same.err], [0, ''])
  assert.match(same.out, /^every crank left the same\nblocks 1 to \d+, \d+ cranks, b1-/)
  const planted = fileWith(
    directory,
    'planted.js',
    Buffer.from(await kernelWith('case "crank":', 'case "crank": if (event.crank >= 5) this.#state.set("kernel", "planted", "1");')).toString(),
  )
  const differs = await replay('--kernel', planted)
  assert.equal(differs.code, 1)
  assert.match(differs.out, /^1 difference in one crank[^]*^ {2}crank +\d+$[^]*^ {2}kernel planted\n {4}recorded {2}nothing\n {4}replayed {2}1$/m)
  const document = JSON.parse((await replay('--kernel', planted, '--json')).out) as {
    readonly passed: boolean
    readonly difference: { readonly crank: number; readonly differences: readonly { readonly key: string }[] }
  }
  const { passed, difference } = document
  assert.deepEqual([passed, difference.differences.map(({ key }) => key)], [false, ['planted']])
  assert.ok(difference.crank >= 5)
  const broken = fileWith(directory, 'broken.js', Buffer.from(await kernelThatCannotRun('increment')).toString())
  const threw = await replay('--kernel', broken, '--blocks', '2..')
  assert.equal(threw.code, 1)
  assert.match(threw.out, /^the kernel threw\n[^]*planted: run/)
})

const refused: Readonly<Record<string, readonly [readonly string[], number, RegExp]>> = {
  'neither vats nor --all': [['--worker', own], 2, /replay needs vats, or --all/],
  'vats and --all': [['counters', '--all', '--worker', own], 2, /either vats or --all/],
  'no worker': [['--all'], 2, /needs --worker/],
  'a worker that is nothing': [['--all', '--worker', 'quickjs'], 3, /worker\/unknown: .*"quickjs"/],
  'a file that is not there': [['--all', '--worker', './none.wasm'], 2, /--worker: /],
  'a supervisor for an id': [
    ['--all', '--worker', 'w1-0000', '--supervisor', 'x'],
    2,
    /belongs to an engine/,
  ],
  'a store and an export': [
    ['--all', '--worker', own, '--store', store, '--export', 'x'],
    2,
    /alternatives/,
  ],
  'blocks without a kernel': [['--all', '--worker', own, '--blocks', '1..2'], 2, /--blocks belongs to --kernel/],
  'a kernel for vats': [['counters', '--kernel', 'release'], 2, /not single vats/],
  'a kernel and a worker': [['--kernel', 'release', '--worker', own], 2, /--worker is for vats/],
  'blocks that are none': [['--kernel', 'release', '--blocks', '7'], 2, /--blocks is A\.\.B/],
  'blocks that are not there': [['--kernel', 'release', '--blocks', '..999'], 2, /lastBlock/],
  'an unknown kernel': [['--kernel', 'b1-0000'], 3, /kernel\/unknown/],
  'an unknown worker': [['--all', '--worker', 'w1-0000'], 3, /worker\/unknown/],
  'an unknown vat': [['nobody', '--worker', own], 3, /vat\/unknown/],
  'a page that cannot be written': [
    ['--all', '--worker', own, '--report', join(directory, 'none', 'x.html')],
    2,
    /--report: /,
  ],
}
for (const [what, [words, wanted, message]] of Object.entries(refused)) {
  test(`${what} is refused`, async () => {
    const { code, err } = await replay(...words)
    assert.equal(code, wanted, err)
    assert.match(err, message)
  })
}
