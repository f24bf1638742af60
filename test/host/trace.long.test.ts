/** The trace: what it tells, and that it has no effect, on or off, rotated, full, deleted or unwritable. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { traceKinds, type TraceLine } from '../../src/protocol/reports/trace.ts'
import type { Controller } from '../../src/host/index.ts'
import type { TraceOptions } from '../../src/protocol/machine/traceSettings.ts'
import { CLists } from '../../src/kernel/objects/clists.ts'
import { BundleRegistry } from '../../src/kernel/objects/bundles.ts'
import { Promises } from '../../src/kernel/objects/promises.ts'
import { References } from '../../src/kernel/objects/references.ts'
import { RunQueue } from '../../src/kernel/objects/runQueue.ts'
import { VatSyscalls } from '../../src/kernel/delivery/syscalls.ts'
import { Tables } from '../../src/kernel/tables/tables.ts'
import { Trace } from '../../src/machine/trace/trace.ts'
import { vatId } from '../../src/base/ids.ts'
import { bundleSalvageSource } from '../kit/bundles.ts'
import { forTheFile, openWorld, puppet, temporaryDirectory, type World } from '../kit/world.ts'
import { newStore } from '../store/support.ts'

const linesOf = (file: string): TraceLine[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as TraceLine)
const of = <Kind extends TraceLine['kind']>(
  lines: readonly TraceLine[],
  kind: Kind,
): Extract<TraceLine, { kind: Kind }>[] =>
  lines.filter((line): line is Extract<TraceLine, { kind: Kind }> => line.kind === kind)

const vats = { asker: puppet, keeper: puppet, faulty: { computronsPerDelivery: 5_000_000n } }
const config = { snapshotInterval: 3 }

/**
 * Everything that is told happens: an upgrade, a fault, a suspension, a pause, an end, snapshots, evictions.
 */
async function play(world: World, between: (round: number) => unknown = () => {}): Promise<void> {
  for (let round = 0; round < 6; round += 1) {
    await world.run(
      'asker',
      'console.log("round", args[1]); return E(args[0]).run("baggage.init(String(args[0]), 1)", args[1])',
      await world.root('keeper'),
      BigInt(round),
    )
    await between(round)
    await world.controller.commit()
  }
  await world.outcome('faulty', 'run', 'for (;;);')
  await world.run('faulty', 'E(args[0]).same(1n).then(() => { for (;;); })', await world.root('keeper'))
  const looking = await world.installBundle(
    await bundleSalvageSource('export const salvage = (root: any): unknown => root.echo(1n)'),
  )
  await world.upgrade('keeper', puppet, { salvage: await world.controller.salvage('keeper', looking) })
  await world.settle(await world.controller.send('keeper', 'throws', ['no'], { onRejection: 'log' }))
  await world.settle(await world.controller.resumeVat('faulty'))
  await world.settle(await world.controller.terminateVat('faulty', 'it is of no use'))
  await world.controller.pauseKernel('for a while')
  await world.controller.resumeKernel()
  await world.controller.commit()
}

const told = join(temporaryDirectory(forTheFile), 'trace.jsonl')
const world = await openWorld(forTheFile, {
  vats,
  config,
  open: { trace: { file: told }, residentWorkers: 1 },
})
await play(world)
const played = await hashes(world)
const { bundle } = await world.controller.vat('asker')
await world.controller.prepareUpgrade('asker', bundle)
await world.settle(await world.controller.upgradeVat('asker', bundle, { mode: 'replay' }))
await world.controller.commit()
const lines = linesOf(told)

test('it begins with its version, and tells of every kind but a fault of the kernel', () => {
  assert.deepEqual({ ...lines[0], at: 0, pid: 0 }, { at: 0, kind: 'trace', version: 1, pid: 0 })
  const met = new Set(lines.map(({ kind }) => kind))
  assert.deepEqual(
    Object.keys(traceKinds).filter((kind) => !met.has(kind as TraceLine['kind'])),
    ['kernelFault'],
  )
  assert.ok(lines.every(({ at }, index) => at >= (lines[index - 1]?.at ?? 0) && at > 1.5e12))
})

test('each crank begins and ends under its number, with its hash, and what happens in it stands between', async () => {
  const ended = of(lines, 'crankEnded')
  assert.deepEqual(of(lines, 'crankBegan').map(({ crank }) => crank), ended.map(({ crank }) => crank))
  assert.deepEqual(ended.map(({ crank }) => crank), ended.map((_, index) => index + (ended[0]?.crank ?? 0)))
  const last = of(lines, 'commit').at(-1)
  const { height, cranks, activityHash } = await world.controller.storeStatus()
  assert.deepEqual([last?.height, last?.cranks, last?.activityHash], [height, cranks, activityHash])
  assert.equal(ended.at(-1)?.activityHash, activityHash)
  let open: number | undefined
  for (const line of lines) {
    if (line.kind === 'crankBegan') open = line.crank
    else if (line.kind === 'delivery' || line.kind === 'syscall' || line.kind === 'console')
      assert.equal(line.crank, open)
    else if (line.kind === 'crankEnded') open = undefined
  }
})

test('what a crank cost is told', () => {
  const ended = of(lines, 'crankEnded')
  assert.ok(ended.every(({ ms }) => ms >= 0))
  assert.ok(
    ended.filter(({ vat, item, computrons }) => vat !== null && item === 'send' && Number(computrons) > 1_000)
      .length > 10,
  )
})

test('a fault, a suspension and an upgrade are told with their vat', () => {
  assert.deepEqual(
    of(lines, 'fault').map(({ vat, cause }) => `${vat} ${cause}`),
    ['v3 computrons-exhausted', 'v3 computrons-exhausted', 'v3 computrons-exhausted'],
  )
  assert.deepEqual(
    of(lines, 'suspended').map(({ vat, cause }) => `${vat} ${cause}`),
    ['v3 computrons-exhausted', 'v3 computrons-exhausted'],
    'resumed, it fails again',
  )
  assert.deepEqual(
    of(lines, 'terminated').map(({ vat, end }) => `${vat} ${end}`),
    ['v3 failed'],
  )
  assert.deepEqual(
    of(lines, 'paused').map(({ vat, cause }) => `${vat} ${cause}`),
    ['null requested'],
  )
  assert.deepEqual(
    of(lines, 'upgrade').map(({ vat, incarnation, outcome }) => `${vat} ${incarnation} ${outcome}`),
    ['v2 1 done', 'v1 0 done'],
  )
  assert.match(of(lines, 'console').find(({ vat }) => vat === 'v1')?.line.text ?? '', /^round 0/)
})

// --- no effect

async function hashes({ controller }: World): Promise<string> {
  return `${(await controller.storeStatus()).activityHash} ${await controller.heapHash('asker')} ${await controller.heapHash('keeper')}`
}

type Disturbance = (controller: Controller, directory: string, round: number) => unknown
interface Way {
  readonly trace?: (directory: string) => TraceOptions
  readonly between?: Disturbance
  readonly after?: (directory: string, lost: number) => void
}

const file = (directory: string): string => join(directory, 'trace.jsonl')

const ways: Readonly<Record<string, Way>> = {
  'switched off': {},
  'of two kinds': {
    trace: (directory) => ({ file: file(directory), kinds: ['commit', 'upgrade'] }),
    after: (directory) =>
      assert.deepEqual([...new Set(linesOf(file(directory)).map(({ kind }) => kind))].sort(), [
        'commit',
        'trace',
        'upgrade',
      ]),
  },
  'rotated at every block': {
    trace: (directory) => ({ file: file(directory), rotateBytes: 1_000, keep: 3 }),
    after(directory) {
      assert.deepEqual(readdirSync(directory).sort(), [
        'trace.jsonl',
        'trace.jsonl.1',
        'trace.jsonl.2',
        'trace.jsonl.3',
      ])
      for (const name of readdirSync(directory))
        assert.equal(linesOf(join(directory, name))[0]?.kind ?? 'trace', 'trace', name) // just rotated, it is empty
      const numbers = ['.3', '.2', '.1'].flatMap((end) =>
        of(linesOf(file(directory) + end), 'crankEnded').map(({ crank }) => crank ?? 0),
      )
      assert.deepEqual(
        numbers,
        numbers.map((_, index) => (numbers[0] ?? 0) + index),
        'nothing between the files is missing',
      )
    },
  },
  'that cannot be rotated': {
    trace: (directory) => ({ file: file(directory), rotateBytes: 1_000, keep: 1 }),
    between: (_controller, directory, round) =>
      round === 0 && mkdirSync(join(file(directory) + '.1', 'full'), { recursive: true }),
    after: (directory) => assert.ok(statSync(file(directory)).size > 5_000),
  },
  'into a device, which is not rotated': {
    trace: (directory) => {
      symlinkSync('/dev/null', file(directory))
      return { file: file(directory), rotateBytes: 1_000, keep: 3 }
    },
    after(directory) {
      assert.deepEqual(readdirSync(directory), ['trace.jsonl'])
      assert.ok(statSync(file(directory)).isCharacterDevice())
    },
  },
  'on a full disk': {
    trace: () => ({ file: '/dev/full' }),
    after: (_directory, lost) => assert.ok(lost > 50, `${lost} are lost`),
  },
  'deleted underneath': {
    trace: (directory) => ({ file: file(directory) }),
    between: (_controller, directory, round) => round === 3 && rmSync(file(directory)),
    after(directory, lost) {
      assert.equal(lost, 0)
      assert.equal(linesOf(file(directory))[0]?.kind, 'trace')
      assert.equal(of(linesOf(file(directory)), 'upgrade').length, 1)
    },
  },
  'whose directory is deleted underneath': {
    trace: (directory) => ({ file: join(directory, 'inner', 'trace.jsonl') }),
    between: (_controller, directory, round) => {
      if (round === 2) rmSync(join(directory, 'inner'), { recursive: true })
      if (round === 4) mkdirSync(join(directory, 'inner'))
    },
    after(directory, lost) {
      assert.ok(lost > 0)
      const [first, second] = linesOf(join(directory, 'inner', 'trace.jsonl'))
      assert.equal(first?.kind, 'trace')
      assert.equal(second?.kind === 'lost' && second.events, lost, 'what is lost is told where it goes on')
    },
  },
  'switched on, over and off meanwhile': {
    between: (controller, directory, round) =>
      controller.setTrace(
        round === 1
          ? { file: file(directory) }
          : round === 2
            ? { file: `${file(directory)}.other` }
            : round === 4
              ? null
              : { file: `${file(directory)}.other` },
      ),
    after(directory) {
      assert.ok(existsSync(file(directory)) && existsSync(`${file(directory)}.other`))
    },
  },
}

for (const [name, { trace, between, after }] of Object.entries(ways)) {
  // Tf1, Tf2.
  test(`the hashes are the same with a trace ${name}`, async (t) => {
    const directory = temporaryDirectory(t)
    mkdirSync(join(directory, 'inner'))
    const inner = name.includes('directory')
    if (!inner) rmSync(join(directory, 'inner'), { recursive: true })
    const one = await openWorld(t, {
      vats,
      config,
      open: trace === undefined ? {} : { trace: trace(directory) },
    })
    await play(one, (round) => between?.(one.controller, directory, round))
    const status = (await one.controller.storeStatus()).trace
    after?.(directory, status.kind === 'on' ? status.lost : 0)
    assert.equal(await hashes(one), played)
  })
}

// --- refusals

// Tr1, P5.
test('a trace that cannot be opened is refused, and the one before goes on', async (t) => {
  const directory = temporaryDirectory(t)
  const one = await openWorld(t, { open: { trace: { file: file(directory) } } })
  await assert.rejects(one.controller.setTrace({ file: join(directory, 'none', 'trace') }), {
    code: 'trace/unwritable',
  })
  await assert.rejects(one.controller.setTrace({ file: directory }), { code: 'trace/unwritable' })
  assert.deepEqual((await one.controller.storeStatus()).trace, { kind: 'on', file: file(directory), lost: 0 })
  await one.controller.commit()
  assert.equal(of(linesOf(file(directory)), 'commit').length, 1)
  await one.controller.setTrace(null)
  assert.deepEqual((await one.controller.storeStatus()).trace, { kind: 'off' })
})

const garbage: Readonly<Record<string, unknown>> = {
  'a file that is none': { file: 5 },
  'no file': {},
  'a kind that is none': { file: '/dev/null', kinds: ['dance'] },
  'no kinds': { file: '/dev/null', kinds: [] },
  'a size of nothing': { file: '/dev/null', rotateBytes: 0 },
  'half a file': { file: '/dev/null', keep: 0.5 },
  'a word': 'trace',
}
for (const [name, options] of Object.entries(garbage)) {
  test(`refused: ${name}`, async () => {
    await assert.rejects(world.controller.setTrace(options as TraceOptions), { code: 'api/bad-argument' })
  })
}

// --- what it costs

// Tr2.
test('what nobody wants is not made: a syscall without a listener reaches no trace', (t) => {
  const { state } = newStore(t)
  const tables = new Tables(state)
  const references = new References(tables)
  const queue = new RunQueue(tables, references)
  const bundles = { has: () => false, putScript: () => assert.fail('no script is installed') }
  const promises = new Promises(tables, references, queue)
  const parts = {
    tables,
    state,
    queue,
    clists: new CLists(tables, references),
    promises,
    installed: new BundleRegistry({ tables, references, promises, bundles }),
  }
  const made: string[] = []
  const heard = new Trace(null)
  const syscalls = new VatSyscalls(
    vatId(1),
    { ...parts, ports: { tracing: heard.tracing, trace: ({ kind }) => void made.push(kind) } },
    'message',
  )
  syscalls.handle({ kind: 'vatstoreGet', key: 'key' })
  assert.deepEqual(made, [])
  heard.set({ file: '/dev/null', kinds: ['syscall'], rotateBytes: null, keep: 1 })
  syscalls.handle({ kind: 'vatstoreGet', key: 'key' })
  assert.deepEqual(made, ['syscall'])
  heard.close()
  syscalls.handle({ kind: 'vatstoreGet', key: 'key' })
  assert.deepEqual(made, ['syscall'])
})
