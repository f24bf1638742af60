/** Recorded blocks, run again under the kernels that ran them and under others. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { bundleKernel, CodedError, forkStore } from '../../src/host/index.ts'
import { kernelBytes } from '../../src/release/release.ts'
import { replayBlocks, type BlockReplayReport } from '../../src/replay/index.ts'
import { kernelThatCannotAccept, kernelThatCannotRun, kernelWith, sameKernel } from '../kit/kernelVariants.ts'
import { checksumOf } from '../../src/store/sql/rowFormat.ts'
import { query, tamper, unconstrained } from '../kit/rows.ts'
import { forTheFile, openWorld, preparedStore, temporaryDirectory } from '../kit/world.ts'
import { busyStore } from './busyStore.ts'

const busy = await busyStore(forTheFile)

const replay = (options: Omit<Parameters<typeof replayBlocks>[0], 'directory'>): Promise<BlockReplayReport> =>
  replayBlocks({ directory: busy.directory, ...options })

/** The last copy, behind which the marked item comes. */
const lastCopy = (): string => busy.copies.at(-1)?.directory ?? ''

const heightOf = async (): Promise<number> => (await busy.world.controller.storeStatus()).height

// --- the same

// Brp1, Irc4, Rca1.
test('from its beginning and from every copy, the store is reproduced, and the same kernel does the same', async () => {
  const kernel = await sameKernel()
  const height = await heightOf()
  assert.equal(busy.copies.length, 4)
  const bases = [{ directory: null, height: 0 }, ...busy.copies]
  for (const { directory: base, height: first } of bases) {
    const report = await replay({ kernel, ...(base === null ? {} : { base }) })
    assert.deepEqual(
      [report.passed, report.difference, report.otherHash, report.firstBlock, report.lastBlock],
      [true, null, null, first + 1, height],
      `from block ${first}`,
    )
  }
})

test('the kernels that ran are named in order, and the installed and the bundled one are found', async () => {
  const { kernel: inPlace } = await busy.world.controller.storeStatus()
  const ran = (await busy.world.controller.kernelHistory()).filter(({ refused }) => refused === null)
  const report = await replay({ kernel: inPlace.slice(0, 12) })
  assert.deepEqual(report.originals, [ran[0]?.from, ...ran.map(({ to }) => to)])
  assert.equal(report.kernel, inPlace)
  const bundled = await bundleKernel(join(import.meta.dirname, '..', '..', 'src', 'kernel', 'main.ts'))
  assert.deepEqual(Buffer.from(bundled.bytes), Buffer.from(await kernelBytes()))
})

test('only the blocks that are asked for are compared', async () => {
  const { block } = busy.marked
  const kernel = await kernelThatCannotRun('marked')
  const sound = await replay({ kernel, lastBlock: block - 1 })
  assert.deepEqual([sound.passed, sound.lastBlock], [true, block - 1])
  const after = await replay({ kernel, base: lastCopy(), firstBlock: block + 1 })
  assert.deepEqual([after.passed, after.firstBlock], [true, block + 1])
})

// --- another kernel

const marked = 'event.item.kind === "send" && event.item.methargs.body.includes("marked")'
const accepting = (code: string): Promise<Uint8Array> =>
  kernelWith('case "accept":', `case "accept": if (${marked}) { ${code} }`)

type Planted = readonly [kernel: () => Promise<Uint8Array>, expected: Readonly<Record<string, unknown>>]

const planted: Readonly<Record<string, Planted>> = {
  'a row of the kernel that was not there': [
    () => accepting('this.#state.set("kernel", "planted.x", "1")'),
    { kind: 'row', space: 'kernel', table: 'planted', key: 'planted.x', original: null, modified: '1' },
  ],
  'a row of a vat': [
    () => accepting('this.#state.set("vat/v1", "planted", "2")'),
    { kind: 'row', space: 'vat/v1', table: 'planted', key: 'planted', original: null, modified: '2' },
  ],
}

for (const [what, [kernel, expected]] of Object.entries(planted)) {
  test(`a kernel that leaves ${what} differs at exactly that crank`, async () => {
    for (const base of [{}, { base: lastCopy() }]) {
      const { passed, difference } = await replay({ kernel: await kernel(), ...base })
      assert.ok(!passed && difference?.kind === 'differs')
      assert.deepEqual(difference.differences, [expected])
      assert.deepEqual(
        [difference.block, difference.event, difference.input, difference.found],
        [busy.marked.block, 'accept', busy.marked.sequence, 1],
      )
    }
  })
}

test('a kernel that delivers something else differs in the transcript of the vat, with both entries', async () => {
  const kernel = await kernelWith(
    '#sendToVat(vat2, target, { methargs, result }) {',
    '#sendToVat(vat2, target, { methargs, result }) { methargs = { ...methargs, body: methargs.body.replace("marked", "merked") };',
  )
  const { difference } = await replay({ kernel, base: lastCopy() })
  assert.ok(difference?.kind === 'differs')
  assert.deepEqual([difference.block, difference.item, difference.event], [busy.marked.block, 'send', 'crank'])
  const { vat } = await busy.world.controller.vat('one')
  assert.equal(difference.vat, vat)
  const entry = difference.differences.find(({ kind }) => kind === 'entry')
  assert.ok(entry?.kind === 'entry' && entry.vat === vat)
  assert.match(entry.original ?? '', /marked/)
  assert.match(entry.modified ?? '', /merked/)
})

test('a kernel that does not run what was run is reported with what is missing', async () => {
  const kernel = await kernelWith('case "crank":', 'case "crank": if (event.crank === globalThis.at) return { kind: "idle" };')
  const same = await replay({ kernel, base: lastCopy() })
  assert.ok(same.passed)
  const thrown = await replay({ kernel: await kernelThatCannotRun('marked'), base: lastCopy() })
  const crank = thrown.difference?.crank ?? 0
  const idle = await kernelWith('case "crank":', `case "crank": if (event.crank === ${crank}) return { kind: "idle" };`)
  const { difference } = await replay({ kernel: idle, base: lastCopy() })
  assert.ok(difference?.kind === 'differs' && difference.crank === crank)
  assert.deepEqual(difference.ran, { item: null, vat: null })
})

// Ccm1.
test('a kernel that writes what is there differs in its hash alone', async () => {
  const again = 'const vats = this.#state.get("kernel", "vats"); if (vats !== undefined) this.#state.set("kernel", "vats", vats);'
  const report = await replay({ kernel: await accepting(again), base: lastCopy() })
  assert.ok(report.passed)
  assert.equal(report.otherHash?.block, busy.marked.block)
})

test('a kernel that throws is reported with its crank and its error', async () => {
  const accepts = (await replay({ kernel: await kernelThatCannotAccept('marked'), base: lastCopy() })).difference
  assert.ok(accepts?.kind === 'threw')
  assert.match(accepts.error, /planted: accept/)
  assert.deepEqual([accepts.block, accepts.event, accepts.input], [busy.marked.block, 'accept', busy.marked.sequence])
  const runs = (await replay({ kernel: await kernelThatCannotRun('marked'), base: lastCopy() })).difference
  assert.ok(runs?.kind === 'threw' && runs.event === 'crank' && runs.crank > accepts.crank)
  assert.match(runs.error, /planted: run/)
})

// --- refusals

async function refusalOf(promise: Promise<unknown>, code: string): Promise<CodedError> {
  const error = await promise.then(() => undefined, (thrown: unknown) => thrown)
  assert.ok(error instanceof CodedError, String(error))
  assert.equal(error.code, code, error.message)
  return error
}

// Brp3.
test('a kernel with other tables, an older one and one that is none are refused', async () => {
  const other = await kernelWith('tablesVersion: () => tablesVersion', 'tablesVersion: () => 7')
  await refusalOf(replay({ kernel: other, base: lastCopy() }), 'kernel/tables-differ')
  const older = await kernelWith('interfaceLevel: () => interfaceLevel', 'interfaceLevel: () => 1')
  await refusalOf(replay({ kernel: older, base: lastCopy() }), 'kernel/interface-too-old')
  await refusalOf(replay({ kernel: Buffer.from('1') }), 'kernel/broken-bundle')
  await refusalOf(replay({ kernel: 'b1-0000' }), 'kernel/unknown')
})

// Bba1.
test('a copy of another store, and one that is not behind the store, are refused', async (t) => {
  const other = await openWorld(t, { from: await preparedStore(), vats: { one: { setup: 'me.count = 7n' } } })
  await other.controller.commit()
  await refusalOf(replay({ kernel: 'release', base: other.directory }), 'inputs/other-base')
  const later = join(temporaryDirectory(t), 'later')
  forkStore(busy.directory, later)
  const error = await refusalOf(replay({ kernel: 'release', base: later }), 'inputs/later-base')
  assert.equal(error.detail['last'], await heightOf())
  await refusalOf(replay({ kernel: 'release', base: lastCopy(), firstBlock: 1 }), 'api/bad-argument')
  await refusalOf(replay({ kernel: 'release', lastBlock: 9_999 }), 'api/bad-argument')
})

/** A closed copy of the busy store. */
function closedCopy(t: TestContext): string {
  const directory = join(temporaryDirectory(t), 'store')
  forkStore(busy.directory, directory)
  return directory
}

// Bin1.
test('where inputs were pruned, the first block is named, and a later copy is a base all the same', async (t) => {
  const world = await openWorld(t, { from: closedCopy(t) })
  await world.controller.setRetention({ inputs: 3 })
  const { inputs } = await world.controller.prune({ inputs: 3 })
  assert.ok(inputs > 10)
  const { height } = await world.controller.storeStatus()
  assert.equal((await world.controller.storeSize()).parts.inputs.rows, 3)
  const { directory } = world
  const error = await refusalOf(replayBlocks({ directory, kernel: 'release' }), 'inputs/not-kept')
  assert.deepEqual([error.detail['block'], error.detail['first']], [1, height - 2])
  const base = join(temporaryDirectory(t), 'base')
  forkStore(directory, base)
  await world.run('one', 'return ++me.count')
  await world.controller.commit()
  assert.equal((await world.controller.storeSize()).parts.inputs.rows, 3)
  assert.ok((await replayBlocks({ directory, base, kernel: 'release' })).passed)
})

test('code that was pruned since is named', async (t) => {
  const directory = closedCopy(t)
  const [image] = query<{ id: string }>(directory, "SELECT id FROM bundle WHERE kind = 'image' ORDER BY id")
  tamper(directory, (database) => {
    database.prepare('DELETE FROM trusted WHERE bundle = ?').run(image?.id ?? '')
    database.prepare('DELETE FROM bundle WHERE id = ?').run(image?.id ?? '')
  })
  const error = await refusalOf(replayBlocks({ directory, kernel: 'release' }), 'inputs/code-pruned')
  assert.deepEqual(error.detail['names'], [`the image ${image?.id}`])
})

/** Changes the inputs of a block of a closed copy, with the right checksum. */
function forged(t: TestContext, height: number, change: (text: string) => string): string {
  const directory = closedCopy(t)
  const [row] = query<{ inputs: string }>(directory, 'SELECT inputs FROM block_input WHERE height = ?', height)
  const inputs = change(row?.inputs ?? '')
  assert.notEqual(inputs, row?.inputs)
  tamper(directory, (database) =>
    database
      .prepare('UPDATE block_input SET inputs = ?, checksum = ? WHERE height = ?')
      .run(inputs, checksumOf('block_input', [height, inputs]), height),
  )
  return directory
}

// Brp1.
test('inputs that were changed do not reproduce the block, which is said before any difference', async (t) => {
  const { block } = busy.marked
  const base = lastCopy()
  const changes: Readonly<Record<string, (text: string) => string>> = {
    'another text': (text) => text.replace('marked', 'merked'),
    'a crank less': (text) => text.replace(/^c\d+$/m, ''.padEnd(0)).replace('\n\n', '\n'),
    'a crank of the host': (text) => `${text}h["place","x"]\ns\n`,
  }
  for (const [what, change] of Object.entries(changes)) {
    const directory = forged(t, block, change)
    const kernel = await kernelThatCannotAccept('merked')
    const error = await refusalOf(replayBlocks({ directory, base, kernel }), 'inputs/not-reproduced')
    assert.equal(error.detail['block'], block, what)
  }
})

test('damaged inputs are refused as damage of the store', async (t) => {
  const { block } = busy.marked
  const base = lastCopy()
  for (const sql of [
    "UPDATE block_input SET inputs = inputs || 's' || char(10) WHERE height = ?",
    "UPDATE block_input SET inputs = NULL WHERE height = ?",
  ]) {
    const directory = closedCopy(t)
    tamper(directory, (database) => {
      if (sql.includes('NULL')) unconstrained(database, 'block_input', () => void database.prepare(sql).run(block))
      else database.prepare(sql).run(block)
    })
    await refusalOf(replayBlocks({ directory, base, kernel: 'release' }), 'store/corrupt-block')
  }
})
