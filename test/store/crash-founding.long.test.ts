/**
 * The making of a store by a whole kernel, with vats, bundles, ports and a bootstrap, is cut at the calls
 * that change a file: what is there then is no store to whoever opens one, or the whole of it. Whoever may
 * make one makes it anew, and it is the same one.
 *
 * Most of the calls are pages that are written one after the other, into SQLite's log or from there into the
 * file.
 * Of such a run the first and the last few are cut, and each that is a multiple of `stride` between.
 */
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { CodedError, openController } from '../../src/host/index.ts'
import { kernelLabel } from '../../src/machine/opening/opening.ts'
import { makeScratch } from '../../src/sim/scratch.ts'
import { openStore } from '../../src/store/store.ts'
import { deviationsOf } from '../kit/audit.ts'
import { Disk, lay, readCalls, type Call } from './crash/disk.ts'
import { foundation, foundingWork } from './crash/foundingWork.ts'
import { compileRecorder, filesOf, record } from './crash/recording.ts'

const stride = 401
const edge = 3

/**
 * In memory where there is such a place: what a sync leaves is played from the recording, so that none is
 * needed here.
 */
const place = makeScratch('founding')
after(() => rmSync(place, { recursive: true, force: true }))
const directory = join(place, 'store')

interface Founded {
  readonly height: number
  readonly activityHash: string
  readonly vats: readonly string[]
  readonly ports: readonly string[]
  readonly told: unknown
}

type Found = { readonly kind: 'nothing' } | { readonly kind: 'whole'; readonly founded: Founded }

/** What is there for somebody who makes nothing. */
async function found(): Promise<Found> {
  return openController({ directory, make: 'never', verify: 'all' }).then(
    async (controller) => ({ kind: 'whole', founded: await goOn(controller) }),
    (error: { readonly code?: unknown }) => {
      assert.equal(error.code, 'store/not-found', String(error))
      return { kind: 'nothing' }
    },
  )
}

/** The same at a glance: what the store itself checks when it opens, and what it was founded with. */
function glimpsed(): 'nothing' | 'whole' {
  try {
    const store = openStore(directory, { verify: 'all' })
    const there = store.bundles.named(kernelLabel) === undefined ? 'nothing' : 'whole'
    assert.equal(store.blocks.height, there === 'whole' ? 1 : 0)
    store.close()
    return there
  } catch (error) {
    assert.ok(error instanceof CodedError && error.code === 'store/not-found', String(error))
    return 'nothing'
  }
}

/** The first message is delivered, and all that was founded is there. */
async function goOn(controller: Awaited<ReturnType<typeof openController>>): Promise<Founded> {
  const { height, activityHash } = await controller.storeStatus()
  assert.deepEqual(await deviationsOf(controller, 'all'), [])
  await controller.run()
  await controller.commit()
  const vats = (await controller.vats()).map(({ name, bundle, worker, onFault }) =>
    [name, bundle, worker, onFault].join(' '),
  )
  const founded = {
    height,
    activityHash,
    vats,
    ports: await controller.ports(),
    told: (await controller.port('bank').receive()).map(({ item }) => item),
  }
  await controller.shutdown()
  return founded
}

const isPlainWrite = (call: Call | undefined): boolean => call?.kind === 'write' && call.path !== 'marks'

/** Whether the disk is looked at after so many calls. */
function isCut(calls: readonly Call[], at: number): boolean {
  const around = calls.slice(Math.max(0, at - edge), at + edge)
  return (
    at % stride === 0 || at < edge || at > calls.length - edge || around.some((call) => !isPlainWrite(call))
  )
}

test('a store that is founded, cut at its writes, is there whole or can be made anew (Fil2)', async (t) => {
  rmSync(directory, { recursive: true, force: true })
  const library = compileRecorder(place)
  const log = join(place, 'log')
  record(library, directory, foundingWork.name, log, { kind: 'whole' })
  const calls = readCalls(log)
  const disk = new Disk(new Map())
  for (const call of calls) disk.play(call)
  assert.deepEqual(
    [...disk.issued()].map(([name, bytes]) => [name, bytes.length]).sort(),
    [...filesOf(directory)].map(([name, bytes]) => [name, bytes.length]),
    'the recording is whole',
  )
  const whole = await found()
  assert.ok(whole.kind === 'whole')
  assert.deepEqual(whole.founded.told, [['alice', 'bob', 'founder', 'timer', 'vatAdmin']])

  const begin = new Disk(new Map())
  const counts: Record<string, number> = {}
  const seen = new Map<string, number>()
  let committed = false
  for (let at = 0; at <= calls.length; at += 1) {
    const last = calls[at - 1]
    if (last !== undefined) begin.play(last)
    committed ||= last?.path === 'marks'
    if (!isCut(calls, at)) continue
    for (const { after: end, files } of begin.remains(last, calls[at], 'whole calls')) {
      const where = `${end}, ${at} of ${calls.length} calls in`
      lay(directory, files)
      const there = glimpsed()
      assert.ok(there === 'whole' || !committed, `${where}: the store was made, and is not there`)
      counts[`${there} after ${end}`] = (counts[`${there} after ${end}`] ?? 0) + 1
      // The first of each sort of remains is looked at by a kernel too, and every so many of the others: that
      // takes seconds.
      const sort = `${there} after ${end}, ${[...files].map(([name, bytes]) => `${name} ${Math.min(bytes.length, 1)}`).join()}`
      seen.set(sort, (seen.get(sort) ?? 0) + 1)
      if ((seen.get(sort) ?? 0) % 40 !== 1) continue
      lay(directory, files)
      const opened = await found()
      assert.equal(opened.kind, there, where)
      if (opened.kind === 'whole') assert.deepEqual(opened.founded, whole.founded, where)
      lay(directory, files)
      if (there === 'nothing')
        assert.deepEqual(
          await openController({ directory, config: foundation }).then(goOn),
          whole.founded,
          `${where}: made anew`,
        )
    }
  }
  t.diagnostic(JSON.stringify({ calls: calls.length, ...counts }))
  assert.ok(
    Object.keys(counts).some((key) => key.startsWith('nothing')) &&
      Object.keys(counts).some((key) => key.startsWith('whole')),
    JSON.stringify(counts),
  )
})
