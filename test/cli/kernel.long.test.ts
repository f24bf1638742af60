/** Kernels and their faults through the command line: replacing the kernel, and the ways out of a fault. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { openController } from '../../src/host/index.ts'
import {
  kernelThatCannotAccept,
  kernelThatCannotDeliver,
  kernelThatCannotMigrate,
  kernelThatCannotRun,
  kernelWith,
  sameKernel,
} from '../kit/kernelVariants.ts'
import { query, tamper } from '../kit/rows.ts'
import { fixture, heirloom, prepareStore, takeSteps, temporaryDirectory, well } from './support.ts'

interface Kernels {
  readonly store: string
  /** Writes the kernel to a file. */
  file(bytes: Uint8Array): string
  /** Installs the kernel and returns its id. */
  install(bytes: Uint8Array): Promise<string>
}

async function prepare(t: TestContext): Promise<Kernels> {
  const { store, directory } = await prepareStore(temporaryDirectory(t))
  let files = 0
  const file = (bytes: Uint8Array): string => {
    const path = join(directory, `kernel-${(files += 1)}.js`)
    writeFileSync(path, bytes)
    return path
  }
  return {
    store,
    file,
    async install(bytes) {
      const out = await well(['kernel', 'install', file(bytes), '--json'], { store })
      return (JSON.parse(out) as { kernel: string }).kernel
    },
  }
}

/** A store whose kernel has the defect, and a vat `counters`. */
async function faulty(t: TestContext, bytes: Uint8Array): Promise<string> {
  const { store, install } = await prepare(t)
  await well(['kernel', 'upgrade', await install(bytes)], { store })
  await endTrial(store)
  return store
}

/** The next block makes the new kernel final. */
async function endTrial(directory: string): Promise<void> {
  const controller = await openController({ directory, make: 'never' })
  await controller.commit()
  await controller.shutdown()
}

const poison = ['send', 'counters', 'poison'] as const
const planted = (what: string): RegExp =>
  new RegExp(`^heirloom: kernel/fault: the kernel failed at crank \\d+, after block \\d+: Error: planted: ${what}\n.*fault show`)

test('a kernel is installed, checked, put in place and found in the history', async (t) => {
  const { store, file } = await prepare(t)
  const same = file(await sameKernel())
  await takeSteps(
    [
      [['kernel', 'show'], 0, /^kernel +b1-.*\nversion +0\.3\.0\nof this release +yes\n.*2\n.*1\nworker wires +0, 1\nin place +since the store was made\nstate +ready\n$/],
      [['kernel', 'history'], 0, /^the kernel was never upgraded\n$/],
      [['kernel', 'install', same], 0, /^b1-[0-9a-f]{64} is installed \([\d,]+ bytes\)\n$/],
      [['kernel', 'install', same], 0, /was installed before/],
      [['kernel', 'install', 'none.js'], 2, /^$/, /none\.js cannot be read/],
      [['kernel', 'install', fixture('counter')], 3, /^$/, /kernel\/broken-bundle: .*\n {2}Nothing was installed/],
      [['kernel', 'check', 'release'], 0, /^b1-\w{12} is in place: version 0\.3\.0, interface level 2, tables of version 1, worker wires 0, 1\n$/],
      [['kernel', 'upgrade', 'b1-000000000'], 3, /^$/, /^heirloom: kernel\/unknown: no kernel b1-000000000 is installed\n/],
      [['kernel', 'upgrade', 'release'], 0, /is in place already; nothing was done\n$/],
    ],
    store,
  )
  const kernels = JSON.parse(await well(['kernel', 'list', '--json'], { store })) as readonly { id: string; use: string }[]
  const id = kernels.find(({ use }) => use === 'installed')?.id ?? ''
  await takeSteps(
    [
      [['kernel', 'check', id.slice(0, 15)], 0, /could take over/],
      [['kernel', 'upgrade', id.slice(0, 15)], 0, /^b1-\w{12} is in place since block \d+, before it b1-\w{12}\n {2}0 rows migrated/],
      [['kernel', 'show'], 0, /of this release +no, that is b1-.*\n(?:.*\n)*in place +after block \d+\n/],
      [['kernel', 'list'], 0, /^ID .*\n(?:b1-.* in-place .* elsewhere\nb1-.* installed .* this release|b1-.* installed .* this release\nb1-.* in-place .* elsewhere)\n$/],
      [['send', 'counters', 'increment', '1n'], 0, /^6n\n$/],
      [['kernel', 'upgrade', 'release'], 0, /is in place since block/],
      [['kernel', 'history'], 0, /^AFTER BLOCK .*\n\d+ .* done\n\d+ .* done\n$/],
    ],
    store,
  )
})

test('a kernel that cannot take over is refused, and one that fails to is taken back and recorded', async (t) => {
  const { store, install } = await prepare(t)
  const old = await install(await kernelWith('interfaceLevel: () => interfaceLevel', 'interfaceLevel: () => 1'))
  const failing = await install(await kernelThatCannotMigrate())
  const { kernel } = JSON.parse(await well(['status', '--json'], { store })) as { kernel: string }
  await takeSteps(
    [
      [['kernel', 'check', old], 1, /cannot take over: .*\n {2}kernel\/interface-too-old: /],
      [['kernel', 'upgrade', old], 1, /^$/, /^heirloom: kernel\/interface-too-old: /],
      [['kernel', 'upgrade', failing], 1, /^$/, /^heirloom: kernel\/upgrade-failed: .*planted: migrate\n(?!.*do not repeat)/],
      [['kernel', 'history'], 0, /failed: .*planted: migrate\n$/],
      [['send', 'counters', 'increment', '1n'], 0, /^6n\n$/],
    ],
    store,
  )
  assert.equal((JSON.parse(await well(['status', '--json'], { store })) as { kernel: string }).kernel, kernel)
})

test('every command says that the kernel failed and what to do, until the kernel is upgraded', async (t) => {
  const store = await faulty(t, await kernelThatCannotRun('poison'))
  await well(['port', 'in', 'open'], { store })
  await takeSteps(
    [
      [poison, 4, /^$/, planted('run')],
      [['run'], 4, /^$/, planted('run')],
      [['time', '7'], 4, /^$/, planted('run')],
      [['port', 'in', 'deliver', '1'], 4, /^$/, planted('run')],
      [['send', 'counters', 'increment', '1n'], 4, /^$/, /kernel\/faulted: .*planted: run\n.*was not accepted/],
      [['status'], 0, /state +faulted at crank \d+, after block \d+: Error: planted: run \(see `heirloom fault show`\)\n$/],
      [
        ['fault', 'show'],
        0,
        /^error +Error: planted: run\n(?:.*\n)*while it +was running\nsort +replicated.*\nITEM .*\n\d+ +send +ko\d+ poison +waits\n\d+ +advanceTime +7 +waits\n\d+ +deliver +in 1 +waits\nThe ways out/,
      ],
      [['fault', 'retry'], 4, /^$/, planted('run')],
      [['kernel', 'upgrade', 'release'], 0, / {2}the fault is over; 3 items waited \(`heirloom run` continues\)\n$/],
      [['run'], 0, /nothing waits\n$/],
      [['time'], 0, /^7\n$/],
      [['fault', 'show'], 0, /^the kernel is not faulted\na local fault is recorded nowhere/],
      [['fault', 'retry'], 0, /nothing was done \(after a local fault, repeat/],
      [['fault', 'set-aside', '1'], 3, /^$/, /^heirloom: kernel\/not-faulted: /],
    ],
    store,
  )
})

test('an item at which the kernel fails is set aside, the vats go on, and it is put back after an upgrade', async (t) => {
  const store = await faulty(t, await kernelThatCannotAccept('poison'))
  await takeSteps([[poison, 4, /^$/, planted('accept')]], store)
  const { code, out } = await heirloom(['run', '--json'], { store })
  const { error } = JSON.parse(out) as { error: { code: string; detail: { input: number } } }
  assert.deepEqual([code, error.code], [4, 'kernel/fault'])
  const number = String(error.detail.input)
  await takeSteps(
    [
      [['result', number], 0, /^pending: .*\n {2}the kernel failed before it accepted the request; /],
      [['fault', 'show'], 0, new RegExp(`accepted item ${number}\nsort .*\n.*\n${number} +send .* waits; the kernel failed at it\n`)],
      [['suspend', 'counters'], 0, /^counters is suspended/],
      [['resume', 'counters'], 4, /^$/, /kernel\/faulted/],
      [['fault', 'set-aside', '999'], 3, /^$/, /kernel\/no-item/],
      [['fault', 'set-aside', 'one'], 2, /^$/, /the number of an item/],
      [['fault', 'set-aside', number], 0, new RegExp(`^item ${number} is set aside; `)],
      [['fault', 'retry'], 0, /^the fault is over; \d+ cranks?, height \d+\n$/],
      [['resume', 'counters'], 0, /^counters is running/],
      [['send', 'counters', 'increment', '1n'], 0, /^6n\n$/],
      [['result', number], 0, /it was set aside; `heirloom fault put-back \d+` continues\n$/],
      [['kernel', 'upgrade', 'release'], 0, /is in place/],
      [['fault', 'put-back', number], 0, /is item \d+ now; `heirloom run` continues\n$/],
      [['run'], 0, /nothing waits/],
      [['fault', 'show'], 0, /send .* put back as \d+\n$/],
      [['fault', 'put-back', number], 3, /^$/, /kernel\/no-item/],
    ],
    store,
  )
  const { setAside } = JSON.parse(await well(['fault', 'show', '--json'], { store })) as {
    setAside: [{ putBack: number; kind: string }]
  }
  assert.equal(setAside[0].kind, 'send')
  const answer = await heirloom(['result', String(setAside[0].putBack)], { store })
  assert.match(answer.out, /^rejected: TypeError: target has no method "poison"/)
})

test('the vat that provokes the fault with committed work is suspended, and the others go on', async (t) => {
  const { store, install } = await prepare(t)
  const defective = await install(await kernelThatCannotDeliver('poison'))
  await takeSteps(
    [
      [['create', 'other', 'counter'], 0, /^other is vat/],
      [[...poison, '--queue'], 0, /^queued/],
      [['kernel', 'upgrade', defective], 0, /is in place/],
    ],
    store,
  )
  await endTrial(store)
  await takeSteps(
    [
      [['run'], 4, /^$/, planted('deliver')],
      [['fault', 'show'], 0, /while it +was running\nsort +replicated.*\nThe ways out/],
      [['suspend', 'counters'], 0, /^counters is suspended/],
      [['fault', 'show'], 0, /ITEM .*\n\d+ +forget +result \d+ +waits\nThe/],
      [['fault', 'retry'], 0, /^the fault is over; /],
      [['send', 'other', 'increment', '1n'], 0, /^1n\n$/],
      [['kernel', 'upgrade', 'release'], 0, /is in place/],
      [['resume', 'counters'], 0, /1 delivery waited and comes first\n$/],
      [['run'], 0, /nothing waits\n$/],
    ],
    store,
  )
})

test('a kernel on trial is shown with what is left of it, and its failure takes the store back', async (t) => {
  const { store, install } = await prepare(t)
  const defective = await install(await kernelThatCannotRun('poison'))
  const returned = /^heirloom: kernel\/returned: the kernel b1-\w+ failed on trial, at crank \d+; the store is back on b1-\w+, as after block \d+: Error: planted: run\n.*do not repeat it/
  await takeSteps(
    [
      [['kernel', 'upgrade', defective, '--probation', 'none'], 2, /^$/, /--probation/],
      [['kernel', 'upgrade', defective], 0, /is in place/],
      [['status'], 0, /kernel on trial +until the next block; if it fails, b1-\w{12} is back, as after block \d+\nstate +ready\n$/],
      [poison, 1, /^$/, returned],
      [['kernel', 'history'], 0, /returned: Error: planted: run\n$/],
      [['run'], 0, /nothing waits\n$/],
      [['kernel', 'upgrade', defective, '--probation', '1_000'], 0, /\n {2}it is on probation for 1,000 cranks\n$/],
      [['kernel', 'show'], 0, /trial +for 1,000 more cranks; if it fails, b1-/],
      [['send', 'counters', 'increment', '1n'], 0, /^pending: .*\n {2}it is settled, and withheld while the kernel is on probation; it lasts 99\d more cranks\n$/],
      [['prune', '--bundles'], 3, /^$/, /^heirloom: kernel\/on-trial: /],
      [['kernel', 'upgrade', 'release'], 3, /^$/, /^heirloom: kernel\/on-trial: /],
      [poison, 1, /^$/, returned],
      [['run'], 0, /nothing waits\n$/],
      [['send', 'counters', 'increment', '1n'], 0, /^7n\n$/],
      [['kernel', 'show'], 0, /of this release +yes\n(?:.*\n){3}in place +since the store was made\nstate +ready\n$/],
    ],
    store,
  )
})

test('what a run committed before the kernel failed is reported with the fault', async (t) => {
  const store = await faulty(t, await kernelThatCannotRun('poison'))
  for (const method of ['increment', 'poison']) await well(['send', 'counters', method, '--queue'], { store })
  const { code, out, err } = await heirloom(['run', '--block', '1', '--json'], { store })
  const { detail } = (JSON.parse(out) as { error: { detail: Record<string, unknown> } }).error
  assert.deepEqual([code, detail['ended'], detail['cranks'], detail['blocks']], [4, 'faulted', 1, 1])
  assert.match(err, /before that: 1 crank in 1 block/)
})

test('kernels and faults are read while another process has the store open', async (t) => {
  const { store } = await prepare(t)
  const controller = await openController({ directory: store })
  t.after(() => controller.shutdown())
  for (const words of [['kernel', 'show'], ['kernel', 'list'], ['kernel', 'check', 'release'], ['kernel', 'history'], ['fault', 'show']]) {
    const { code, err } = await heirloom(words, { store })
    assert.deepEqual([code, /another process has the store open/.test(err)], [0, true], words.join(' '))
  }
  const { code, err } = await heirloom(['kernel', 'install', 'release'], { store })
  assert.deepEqual([code, /store\/in-use/.test(err)], [3, true])
})

test('a local fault ends the command with its cause, is recorded nowhere, and the command is repeated', async (t) => {
  const { store } = await prepare(t)
  const rows = query<{ key: string; value: string }>(store, "SELECT key, value FROM state WHERE key GLOB 'c.v1.*'")
  assert.ok(rows.length > 0)
  const write = (mark: string): void =>
    tamper(store, (database) => {
      const update = database.prepare('UPDATE state SET value = ? WHERE key = ?')
      for (const { key, value } of rows) update.run(value + mark, key)
    })
  const send = ['send', 'counters', 'increment', '1n'] as const
  write(' ')
  const what = /^heirloom: machine\/failed: something below the kernel failed; .*\n.*Nothing was written.*Restore/
  await takeSteps(
    [
      [send, 4, /^$/, what],
      [['status'], 0, /state +ready\n/],
      [['fault', 'show'], 0, /^the kernel is not faulted\na local fault is recorded nowhere/],
      [['fault', 'retry'], 0, /nothing was done \(after a local fault, repeat/],
      [send, 4, /^$/, what],
    ],
    store,
  )
  write('')
  await takeSteps([[send, 0, /^6n\n$/]], store)
})
