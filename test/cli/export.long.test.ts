/** Exporting a store and importing it, by commands. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { dispatch } from '../../src/cli/dispatch.ts'
import { openController } from '../../src/host/index.ts'
import { exportModes } from '../../src/protocol/store/export.ts'
import { heirloom, prepareStore, temporaryDirectory, well, type Prepared } from './support.ts'

const directory = temporaryDirectory({ after })
let prepared: Prepared
before(async () => {
  prepared = await prepareStore(directory)
})

interface Transfer {
  readonly mode: string
  readonly height: number
  readonly activityHash: string
  readonly rootHash: string
  readonly artifacts: number
  readonly bytes: number
}

/** Runs a command in this process. */
async function said(
  words: readonly string[],
  progress: 'shown' | 'hidden' = 'hidden',
): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', '']
  const io = {
    out: (text: string) => void (out += text),
    err: (text: string) => void (err += text),
    progress,
    env: {},
  } as const
  return { code: await dispatch(words, io), out, err }
}

async function json(words: readonly string[]): Promise<Transfer> {
  const { code, out, err } = await said([...words, '--json'])
  assert.deepEqual([code, err], [0, ''], out)
  return JSON.parse(out) as Transfer
}

for (const mode of exportModes) {
  test(`a store goes through an export of mode ${mode} and answers as before`, async () => {
    const [to, store] = [join(directory, `export-${mode}`), join(directory, `store-${mode}`)]
    const { export: place, ...sent } = (await json([
      'export',
      prepared.store,
      '--mode',
      mode,
      '--to',
      to,
    ])) as Transfer & { export: string }
    assert.deepEqual([place, sent.mode], [to, mode])
    const { store: made, ...taken } = (await json([
      'import',
      to,
      store,
      '--root',
      sent.rootHash,
    ])) as Transfer & { store: string }
    assert.deepEqual([made, taken], [store, sent])
    assert.equal(await well(['send', 'counters', 'increment', '1n'], { store }), '6n\n')
    assert.match(await well(['status', '--verify', 'all'], { store }), /^verified +all$/m)
  })
}

test('what people are told: where, how much, and the hashes', async () => {
  const [to, store] = [join(directory, 'told'), join(directory, 'told-store')]
  const exported = await said(['export', prepared.store, '--to', to])
  assert.match(
    exported.out,
    /^exported .*store to .*told\n  mode +archival\n  height +\d+\n  activity hash +[0-9a-f]{64}\n  root hash +[0-9a-f]{64}\n  files +\d+, [\d,]+ bytes\n$/,
  )
  assert.equal(exported.err, '')
  const imported = await said(['import', to, store])
  assert.equal(imported.out.split('\n').slice(1).join('\n'), exported.out.split('\n').slice(1).join('\n'))
})

test('progress is shown at a terminal', async () => {
  const [to, store] = [join(directory, 'shown'), join(directory, 'shown-store')]
  assert.match(
    (await said(['export', prepared.store, '--to', to], 'shown')).err,
    /^(\r\d+ files?, \d+ MB *)+\n$/,
  )
  assert.match(
    (await said(['import', to, store], 'shown')).err,
    /^(\r\d+ MB of \d+ MB *)*\r\d+ MB, checking the whole *\n$/,
  )
})

test('a store that another process has open is exported, and not imported over', async () => {
  const holder = await openController({ directory: prepared.store, make: 'never' })
  try {
    const to = join(directory, 'held')
    assert.equal(
      (await heirloom(['export', prepared.store, '--to', to, '--mode', 'operational'], { store: '' })).code,
      0,
    )
    const { code, err } = await said(['import', to, prepared.store])
    assert.equal(code, 3)
    assert.match(err, /^heirloom: store\/exists: /)
  } finally {
    await holder.shutdown()
  }
})

/** situation, words (DIR stands for the directory of the test), exit code, code, what the message must say */
const refusals: readonly (readonly [
  situation: string,
  words: readonly string[],
  exit: number,
  code: string,
  said: RegExp,
])[] = [
  ['export: no store', ['export'], 2, 'cli/usage', /<store>/],
  ['export: no place', ['export', 'DIR/store'], 2, 'cli/usage', /--to DIR/],
  [
    'export: an unknown mode',
    ['export', 'DIR/store', '--to', 'DIR/x', '--mode', 'partial'],
    2,
    'cli/usage',
    /operational, replay, archival/,
  ],
  [
    'export: the store as an option too',
    ['export', 'DIR/store', '--to', 'DIR/x', '--store', 'DIR/store'],
    2,
    'cli/usage',
    /--store/,
  ],
  ['export: nothing there', ['export', 'DIR/none', '--to', 'DIR/x'], 3, 'store/not-found', /none/],
  ['export: to where something is', ['export', 'DIR/store', '--to', 'DIR'], 3, 'export/not-empty', /./],
  ['import: one directory only', ['import', 'DIR/whole'], 2, 'cli/usage', /<store>/],
  ['import: nothing there', ['import', 'DIR/none', 'DIR/x'], 3, 'export/not-found', /none/],
  [
    'import: a store, not an export',
    ['import', 'DIR/store', 'DIR/x'],
    3,
    'export/not-found',
    /manifest\.json/,
  ],
  ['import: over a store', ['import', 'DIR/whole', 'DIR/store'], 3, 'store/exists', /store/],
  [
    'import: another root hash',
    ['import', 'DIR/whole', 'DIR/x', '--root', 'ab'.repeat(32)],
    3,
    'export/other-root',
    /abab/,
  ],
  [
    'import: a changed file',
    ['import', 'DIR/changed', 'DIR/y'],
    3,
    'export/corrupt-artifact',
    /state-000001\.jsonl.*line \d+/,
  ],
]

test('refusals have their code, exit with it, say what to do, and leave nothing', async () => {
  for (const name of ['whole', 'changed'])
    await json(['export', prepared.store, '--to', join(directory, name)])
  const state = join(directory, 'changed', 'state-000001.jsonl')
  writeFileSync(state, readFileSync(state, 'utf8').replace('counters', 'cOunters'))
  for (const [situation, words, exit, code, message] of refusals) {
    const {
      code: exited,
      out,
      err,
    } = await said([...words.map((word) => word.replace('DIR', directory)), '--json'])
    const { error } = JSON.parse(out) as { error: { code: string; message: string } }
    assert.deepEqual([situation, exited, error.code], [situation, exit, code])
    assert.match(error.message, message)
    assert.match(err.split('\n')[1] ?? '', /^  \S/, `${situation}: a hint stands below`)
  }
  assert.equal(existsSync(join(directory, 'x')), false)
  assert.equal(existsSync(join(directory, 'y')), false)
})
