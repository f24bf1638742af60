/**
 * Surveys of a store that nobody opened for them: of an older format, while it is written to, of a damaged
 * one, of none.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { vatId } from '../../src/base/ids.ts'
import { keepAll } from '../../src/protocol/store/retention.ts'
import { measureStore, readFigures, surveyPruning, type Store } from '../../src/store/store.ts'
import { asFormat2, entry, heap, newStore, refusal, tamper, temporaryDirectory } from './support.ts'

const v1 = vatId(1)

/** A vat with two spans, a snapshot, some data and a record of the kernel; one block. */
function filled(store: Store): Store {
  store.transcripts.beginSpan(v1, 'incarnation')
  for (const text of ['a', 'b', 'c']) store.transcripts.append(v1, entry(text))
  store.transcripts.beginSpan(v1, 'snapshot')
  store.transcripts.append(v1, entry('d'))
  store.heaps.save(v1, 3, heap([1, 2]))
  store.state.set(
    'kernel',
    'vat.v1',
    '{"name":"one","incarnation":0,"status":{"kind":"suspended","message":"it failed","since":7}}',
  )
  store.state.set('kernel', 'stored.v1', '40 2')
  store.state.set('kernel', 'run', '1 3')
  store.state.set('kernel', 'run.1', '{"kind":"notify","vat":"v1","promise":"kp1"}')
  store.state.set('kernel', 'run.2', '{"kind":"send","target":"ko1","message":{}}')
  store.state.set('kernel', 'object.ko1', 'v1 1 1')
  store.state.set('vat/v1', 'key', 'value')
  store.sealCrank()
  store.commit()
  return store
}

const surveys = (directory: string) => {
  const {
    fileBytes: _file,
    freeBytes: _free,
    structureBytes: _structure,
    logBytes: _log,
    ...size
  } = measureStore(directory)
  return {
    size,
    figures: readFigures(directory),
    pruning: surveyPruning(directory, { transcripts: 'restart', blocks: 2, inputs: 'all' }, { pages: true, bundles: true }),
  }
}

test('a survey says what is there, and the same of a store that is open, closed, and of an older format (Siz1)', (t) => {
  const store = filled(newStore(t))
  const open = surveys(store.directory)
  assert.deepEqual(open.figures, {
    height: 1,
    cranks: 1,
    queued: 2,
    vats: [
      {
        vat: v1,
        name: 'one',
        incarnation: 0,
        status: 'suspended',
        message: 'it failed',
        since: 7,
        deliveries: 4,
        entries: 4,
        rows: 2,
        heapPages: 2,
        queued: 2,
        parked: 0,
      },
    ],
  })
  assert.deepEqual(
    [open.size.parts.transcript.rows, open.size.parts.vatstore, open.size.parts.heap.rows],
    [6, { rows: 1, bytes: 8 }, 3],
  )
  assert.deepEqual(
    [open.pruning.entries, open.pruning.spans, open.pruning.blocks, open.pruning.withoutReplay],
    [3, 1, 0, [v1]],
  )
  store.close()
  assert.deepEqual(surveys(store.directory), open)
  asFormat2(store.directory)
  // Older formats have no inputs of blocks.
  const before = surveys(store.directory)
  assert.deepEqual(before.size.parts.inputs, { rows: 0, bytes: 0 })
  const { inputs } = open.size.parts
  assert.deepEqual({ ...before, size: { ...before.size, parts: { ...before.size.parts, inputs } } }, open)
})

test('by blocks nothing is known of a store of an older format, and its setting is to keep all', (t) => {
  const store = filled(newStore(t))
  store.close()
  asFormat2(store.directory)
  const by = surveyPruning(
    store.directory,
    { transcripts: { blocks: 1 }, blocks: 'all', inputs: 'all' },
    { pages: true, bundles: true },
  )
  assert.equal(by.entries, 0)
  assert.deepEqual(
    surveyPruning(store.directory, 'as-set', { pages: true, bundles: true }).retention,
    keepAll,
  )
})

test('a record of a vat that cannot be read leaves out what it would say', (t) => {
  const store = newStore(t)
  store.transcripts.beginSpan(v1, 'incarnation')
  store.state.set('kernel', 'vat.v1', 'not JSON')
  store.state.set('kernel', 'run', 'many')
  store.sealCrank()
  store.commit()
  const [figures] = readFigures(store.directory).vats
  assert.deepEqual([figures?.name, figures?.status, figures?.rows, figures?.queued], [null, null, null, 0])
})

test('a damaged cell and a directory without a store are refused with their codes', (t) => {
  const store = filled(newStore(t))
  store.close()
  tamper(
    store.directory,
    (database) => void database.exec("PRAGMA ignore_check_constraints = ON; UPDATE span SET vat = 'x9'"),
  )
  for (const survey of [measureStore, readFigures])
    refusal('store/corrupt-transcript', () => survey(store.directory))
  const none = join(temporaryDirectory(t), 'none')
  for (const survey of [
    measureStore,
    readFigures,
    (directory: string) => surveyPruning(directory, 'as-set', { pages: true, bundles: true }),
  ])
    refusal('store/not-found', () => survey(none))
})
