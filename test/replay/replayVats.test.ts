/** Histories replayed on other workers and bundles: each class, and that the store stays as it is. */
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { CodedError, exportStore, type Controller } from '../../src/host/index.ts'
import {
  replayVats,
  reportPage,
  type ReplayOptions,
  type ReplayProgress,
  type VatReplay,
  type WorkerParts,
} from '../../src/replay/index.ts'
import type { Code } from '../../src/protocol/codes.ts'
import { supervisorBytes, workerCode } from '../../src/release/release.ts'
import { versionOf } from '../../src/release/workerIdOf.ts'
import { forTheFile, openWorld, puppet, temporaryDirectory, type World } from '../kit/world.ts'
import { work } from '../host/teller.ts'

/** It says to its console what it does, and sends a message before it answers. */
const clerk = (fee: string, start = '') => ({
  source: `export function buildRootObject() {
    ${start}
    let count = 0n
    return Far('clerk', {
      add(n) { count += n; return count },
      fee(whom, amount) {
        console.log('the fee of', amount)
        void E(whom).echo(amount)
        const fee = ${fee}
        console.log('it is', fee)
        return fee
      },
    })
  }`,
})

const world = await openWorld(forTheFile, {
  vats: { friend: puppet, clerk: clerk('amount / 100n') },
  config: { snapshotInterval: 5 },
})
for (let n = 1n; n <= 6n; n += 1n) await world.ask('clerk', 'add', n)
const beforeFee = (await world.transcript('clerk')).length
await world.ask('clerk', 'fee', await world.root('friend'), 1_000n)
await world.ask('clerk', 'add', 7n)
await world.controller.commit()
/** The store is open in this process while it is replayed. */
const { directory } = world
const other = await world.install(clerk('amount / 50n'))
const silent = await world.install(clerk('amount / 100n', '/* the same */'))
const throwing = await world.install(clerk('amount', "throw new Error('not today')"))
const endless = await world.install(clerk('(() => { for (;;); })()'))
const deep = await world.install(clerk('amount / 100n', 'globalThis.x = 1; null.x'))
await world.controller.commit()

const refusedWith =
  (code: Code) =>
  (error: unknown): boolean =>
    error instanceof CodedError && error.code === code

const wasm = (name: string): Uint8Array =>
  readFileSync(join(import.meta.dirname, '..', '..', 'node_modules', name, 'quickjs.wasm'))

const replayClerk = async (options: Partial<ReplayOptions> = {}): Promise<VatReplay> => {
  const { vats } = await replayVats({ directory, worker: 'quickjs-wasi-3.6.2', vats: ['clerk'], ...options })
  assert.equal(vats.length, 1)
  return vats[0]!
}

test('the same code on the same worker is identical, by id, by the beginning of an id, and by engine', async () => {
  const { worker } = await world.controller.vat('clerk')
  for (const named of [worker, worker.slice(0, 12), 'quickjs-wasi-3.6.2']) {
    const report = await replayVats({ directory, worker: named })
    assert.deepEqual(report.vats.map((vat) => [vat.name, vat.class]), [
      ['vatAdmin', 'identical'],
      ['friend', 'identical'],
      ['clerk', 'identical'],
    ].filter(([name]) => report.vats.some((vat) => vat.name === name)))
    assert.equal(report.passed, true)
    assert.equal(report.worker, worker)
    for (const { matched, deliveries, computrons } of report.vats) {
      assert.ok(matched > 0 && matched === deliveries)
      assert.ok(computrons.recorded > 0n && computrons.recorded === computrons.replayed)
    }
  }
})

test('x', async () => {
  for (const worker of ['quickjs-wasi-3.5.0'] as const) {
    const r = await replayVats({ directory, worker })
    console.log(r.ms, r.vats, r.rollout)
  }
  for (const bundle of [other, silent, throwing, endless, deep]) console.log(await replayClerk({ bundle }))
  console.log(await replayClerk({ worker: {engine: wasm('quickjs-wasi-3.6.2'), supervisor: Buffer.concat([await supervisorBytes(), Buffer.from('\n// more')])} }))
  console.log(await replayClerk({ worker: {engine: Buffer.from('garbage') }}))
  console.log(await replayClerk({ worker: {engine: wasm('quickjs-wasi-3.6.2'), supervisor: Buffer.from('garbage')} }))
  console.log(beforeFee)
})
