/** Opening a store for reading, and what no store can be opened with: odd paths, too few file descriptors. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { CodedError, exportStore, forkStore, importStore, openController } from '../../src/host/index.ts'
import { openWorld, preparedStore, puppet, temporaryDirectory } from '../kit/world.ts'

async function codeOf(call: () => unknown): Promise<string> {
  try {
    await call()
    return 'ok'
  } catch (error) {
    assert.ok(error instanceof CodedError, String(error))
    return error.code
  }
}

test('a store that runs is opened for reading beside it, and nothing of that is kept (Sto9)', async (t) => {
  const world = await openWorld(t, { vats: { vat: puppet } })
  const { controller, directory } = world
  await controller.commit()
  const names = readdirSync(directory)
  const reader = await openController({ directory, access: 'read', verify: 'all' })
  const { access, height, directory: told } = await reader.storeStatus()
  assert.deepEqual([access, height, told], ['read', (await controller.storeStatus()).height, directory])
  assert.equal((await controller.storeStatus()).access, 'write')
  assert.equal((await reader.audit()).found, 0)
  const sent = await reader.send('vat', 'echo', [7])
  await reader.run()
  assert.equal((await reader.status(sent)).kind, 'fulfilled', 'all can be tried')
  assert.equal(await codeOf(() => reader.commit()), 'store/opened-for-reading')
  assert.equal((await reader.storeStatus()).state.kind, 'ready')
  await world.run('vat', 'return 1')
  await controller.commit()
  assert.equal((await reader.storeStatus()).height, height, 'it stays at its block')
  await reader.shutdown()
  assert.deepEqual(readdirSync(directory), names)
})

test('a store that nobody has open is opened for reading twice at once, and leaves no lock', async () => {
  const directory = await preparedStore()
  const names = readdirSync(directory)
  const readers = await Promise.all([1, 2].map(() => openController({ directory, access: 'read' })))
  const writer = await openController({ directory, make: 'never' })
  for (const controller of [...readers, writer]) await controller.shutdown()
  assert.deepEqual(readdirSync(directory), names)
})

test('what is opened for reading is not made', async (t) => {
  const directory = join(temporaryDirectory(t), 'none')
  assert.equal(await codeOf(() => openController({ directory, access: 'read' })), 'store/not-found')
  assert.equal(
    await codeOf(() => openController({ directory, access: 'read', make: 'if-missing' })),
    'api/bad-argument',
  )
  assert.equal(
    await codeOf(() => openController({ directory, access: 'look' as 'read' })),
    'api/bad-argument',
  )
  assert.deepEqual(readdirSync(join(directory, '..')), [])
})

test('paths that cannot be have the same code wherever they are given', async (t) => {
  const root = temporaryDirectory(t)
  const store = await preparedStore()
  writeFileSync(join(root, 'file'), '')
  await exportStore(store, join(root, 'export'), { mode: 'archival' })
  const calls: Readonly<Record<string, (path: string) => unknown>> = {
    open: (directory) => openController({ directory }),
    read: (directory) => openController({ directory, access: 'read' }),
    forkFrom: (directory) => forkStore(directory, join(root, 'x')),
    forkTo: (directory) => forkStore(store, directory),
    exportFrom: (directory) => exportStore(directory, join(root, 'x'), { mode: 'archival' }),
    exportTo: (directory) => exportStore(store, directory, { mode: 'archival' }),
    importFrom: (directory) => importStore(directory, join(root, 'x')),
    importTo: (directory) => importStore(join(root, 'export'), directory),
  }
  for (const [path, code] of [
    [join(root, 'a\0b'), 'store/no-directory'],
    [join(root, 'file'), 'store/no-directory'],
    [join(root, 'file', 'store'), 'store/no-directory'],
    [join(root, 'n'.repeat(256)), 'store/path-too-long'],
  ] as const) {
    for (const [name, call] of Object.entries(calls)) {
      const found = await codeOf(() => call(path))
      const expected = name === 'importFrom' && path.endsWith('file/store') ? 'export/not-found' : code
      assert.deepEqual([path, name, found], [path, name, expected])
    }
  }
  assert.deepEqual(readdirSync(root).sort(), ['export', 'file'])
})

test('with too few file descriptors a store is opened and exported, or refused with the code for it', async (t) => {
  const to = join(temporaryDirectory(t), 'exports')
  mkdirSync(to)
  const args = [join(import.meta.dirname, 'hogging.ts'), await preparedStore(), to]
  const { status, stdout, stderr } = spawnSync(
    'sh',
    ['-c', 'ulimit -n 80; exec "$@"', 'sh', process.execPath, ...args],
    { encoding: 'utf8', timeout: 300_000 },
  )
  assert.equal(status, 0, stderr)
  const said = JSON.parse(stdout) as readonly string[]
  for (const one of said) assert.ok(one === 'ok' || one === 'store/too-many-files', one)
  assert.ok(said.includes('ok') && said.includes('store/too-many-files'), said.join())
  assert.equal(
    readdirSync(to).length,
    said.filter((one, index) => index % 2 === 1 && one === 'ok').length,
    'what was refused left nothing',
  )
})
