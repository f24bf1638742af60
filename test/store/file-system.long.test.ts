/**
 * What the file system refuses: each has its code, tells the path, and leaves everything as it was; what
 * needs no permission to write is done without.
 */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, test, type TestContext } from 'node:test'
import {
  asOrdinaryUser,
  asSomebodyElse,
  giveToOrdinaryUser,
  withoutMounts,
  withoutOrdinaryUser,
  withoutTwoUsers,
  withReadOnly,
} from '../kit/ordinaryUser.ts'
import { ask, codesOf, listing, type Asked } from './asking.ts'
import { refusal, temporaryDirectory } from './support.ts'
import {
  createStore,
  exportStore,
  forkStore,
  importStore,
  openStore,
  openStoreForReading,
} from '../../src/store/store.ts'

interface Place {
  /** The ordinary user's. */
  readonly root: string
  /** A store of the ordinary user's, at block 1. */
  readonly store: string
}

/** Made once, and copied for each test. */
const prepared = temporaryDirectory({ after } as TestContext)
const filled = createStore(prepared)
filled.state.set('host', 'a', '1')
filled.sealCrank()
filled.commit()
filled.close()

function makePlace(t: TestContext): Place {
  const root = temporaryDirectory(t)
  const store = join(root, 'store')
  cpSync(prepared, store, { recursive: true })
  for (const path of [root, store, ...readdirSync(store).map((name) => join(store, name))])
    giveToOrdinaryUser(path)
  chmodSync(store, 0o700)
  return { root, store }
}

const reading = ({ root, store }: Place): readonly Asked[] => [
  ['read', store],
  ['entries', store],
  ['fork', store, join(root, 'fork')],
  ['export', store, join(root, 'export')],
]

/** How writing and reading end: `ok`, or a code. */
interface Situation {
  readonly name: string
  readonly arrange: (store: string) => void
  readonly write: string
  readonly read: string
  /** What is named. */
  readonly file: string
  readonly skip?: string | false
}

const fifo = (path: string): void => assert.equal(spawnSync('mkfifo', [path]).status, 0)
const inPlaceOf = (name: string, make: (path: string) => void) => (store: string): void => {
  rmSync(join(store, name), { force: true })
  make(join(store, name))
}
const denied = (name: string, mode: number) => (store: string): void => chmodSync(join(store, name), mode)
const ofRoot = (name: string) => (store: string): void => {
  writeFileSync(join(store, name), '', { mode: 0o600, flag: 'a' })
  chownSync(join(store, name), 0, 0)
}

const situations: readonly Situation[] = [
  {
    name: 'a directory that may not be written to',
    arrange: denied('.', 0o500),
    write: 'store/not-writable',
    read: 'ok',
    file: '',
  },
  {
    name: 'a file that may not be written to',
    arrange: denied('heirloom.sqlite', 0o400),
    write: 'store/not-writable',
    read: 'ok',
    file: 'heirloom.sqlite',
  },
  {
    name: 'a file that may not be read',
    arrange: denied('heirloom.sqlite', 0),
    write: 'store/not-readable',
    read: 'store/not-readable',
    file: 'heirloom.sqlite',
  },
  {
    name: 'a directory that may not be searched',
    arrange: denied('.', 0),
    write: 'store/not-readable',
    read: 'store/not-readable',
    file: '',
  },
  {
    name: 'a lock that may not be read',
    arrange: denied('heirloom.lock', 0),
    write: 'store/not-readable',
    read: 'ok',
    file: 'heirloom.lock',
  },
  {
    name: 'a lock that may not be written to',
    arrange: denied('heirloom.lock', 0o400),
    write: 'store/not-writable',
    read: 'ok',
    file: 'heirloom.lock',
  },
  {
    name: 'a lock of another user',
    arrange: ofRoot('heirloom.lock'),
    write: 'store/not-readable',
    read: 'ok',
    file: 'heirloom.lock',
    skip: withoutTwoUsers,
  },
  {
    name: 'a log of another user',
    arrange: ofRoot('heirloom.sqlite-wal'),
    write: 'store/not-readable',
    read: 'ok',
    file: 'heirloom.sqlite-wal',
    skip: withoutTwoUsers,
  },
  {
    name: 'an index of another user',
    arrange: ofRoot('heirloom.sqlite-shm'),
    write: 'store/not-readable',
    read: 'ok',
    file: 'heirloom.sqlite-shm',
    skip: withoutTwoUsers,
  },
  {
    name: 'a commit record that may not be written to',
    arrange: denied('heirloom.last', 0o400),
    write: 'store/not-writable',
    read: 'ok',
    file: 'heirloom.last',
  },
  {
    name: 'a commit record that may not be read',
    arrange: denied('heirloom.last', 0),
    write: 'store/not-readable',
    read: 'store/not-readable',
    file: 'heirloom.last',
  },
  ...[
    'heirloom.sqlite',
    'heirloom.sqlite-wal',
    'heirloom.sqlite-shm',
    'heirloom.sqlite-journal',
    'heirloom.last',
    'heirloom.lock',
    'heirloom.lock-wal',
    'heirloom.lock-journal',
  ].map((file) => ({
    name: `a FIFO in place of ${file}`,
    arrange: inPlaceOf(file, fifo),
    write: 'store/not-a-file',
    read: 'store/not-a-file',
    file,
  })),
  ...['heirloom.sqlite', 'heirloom.sqlite-wal', 'heirloom.lock'].map((file) => ({
    name: `a directory in place of ${file}`,
    arrange: inPlaceOf(file, (path) => mkdirSync(path)),
    write: 'store/not-a-file',
    read: 'store/not-a-file',
    file,
  })),
  ...['/dev/zero', 'heirloom.sqlite', '/nowhere/at/all'].map((target) => ({
    name: `a link to ${target} in place of the file`,
    arrange: inPlaceOf('heirloom.sqlite', (path) => symlinkSync(target, path)),
    write: 'store/not-a-file',
    read: 'store/not-a-file',
    file: 'heirloom.sqlite',
  })),
]

for (const { name, arrange, write, read, file, skip = false } of situations) {
  test(name, { skip: skip || withoutOrdinaryUser }, (t) => {
    const place = makePlace(t)
    arrange(place.store)
    const before = listing(place.store)
    const [wrote, ...others] = ask([['write', place.store], ...reading(place)])
    const after = listing(place.store)
    chmodSync(place.store, 0o700)
    assert.ok(wrote !== undefined)
    assert.deepEqual(codesOf([wrote, ...others]), [
      `write: ${write}`,
      ...['read', 'entries', 'fork', 'export'].map((deed) => `${deed}: ${read}`),
    ])
    assert.ok(wrote.message.startsWith(join(place.store, file)), wrote.message)
    assert.ok(!wrote.message.includes('\n'))
    assert.deepEqual(after, before, 'everything is as it was')
    assert.deepEqual(readdirSync(place.root).sort(), read === 'ok' ? ['export', 'fork', 'store'] : ['store'])
  })
}

test('a socket in place of the file (Fsy3)', { skip: withoutOrdinaryUser }, async (t) => {
  const { store } = makePlace(t)
  rmSync(join(store, 'heirloom.sqlite'))
  const server = createServer().listen(join(store, 'heirloom.sqlite'))
  t.after(() => server.close())
  await once(server, 'listening')
  assert.match(refusal('store/not-a-file', () => openStore(store)).message, /a socket/)
})

test('who owns what says no is told (Fsy2)', { skip: withoutTwoUsers }, (t) => {
  const { store } = makePlace(t)
  const [{ message } = { message: '' }] = ask([['write', store]], { user: asSomebodyElse })
  assert.match(message, /belongs to user 65534 and has mode 0700, and this process runs as user 65533/)
})

// --- where something is made

const targets: readonly (readonly [name: string, path: (root: string) => string, code: string])[] = [
  ['a NUL in the path', (root) => `${root}/a\0b`, 'store/no-directory'],
  ['a path through a file', (root) => `${root}/file/store`, 'store/no-directory'],
  ['a file', (root) => `${root}/file`, 'store/no-directory'],
  ['a path through links that form a loop', (root) => `${root}/loop/store`, 'store/no-directory'],
  ['a name that is too long', (root) => `${root}/${'n'.repeat(256)}`, 'store/path-too-long'],
  [
    'a path that is too long for the system',
    (root) => root + `/${'d'.repeat(100)}`.repeat(50),
    'store/path-too-long',
  ],
  ['a directory of root', () => '/root-of-heirloom/store', 'store/not-writable'],
  ['a directory that may not be written to', (root) => `${root}/closed/deep/store`, 'store/not-writable'],
]

test(
  'nothing is made where nothing can be made, and nothing is left of it (Dir2, Lck1)',
  { skip: withoutOrdinaryUser },
  (t) => {
    const { root, store } = makePlace(t)
    assert.equal(ask([['export', store, `${root}/export`]])[0]?.code, 'ok')
    writeFileSync(`${root}/file`, '')
    symlinkSync('loop', `${root}/loop`)
    mkdirSync(`${root}/closed`, { mode: 0o500 })
    giveToOrdinaryUser(`${root}/closed`)
    const before = listing(root)
    const asked = targets.flatMap(([, path]): readonly Asked[] => {
      const at = path(root)
      return [
        ['create', at],
        ['fork', store, at],
        ['export', store, at],
        ['import', `${root}/export`, at],
      ]
    })
    const expected = targets.flatMap(([name, , code]) =>
      ['create', 'fork', 'export', 'import'].map((deed) => `${name}: ${deed}: ${code}`),
    )
    assert.deepEqual(
      codesOf(ask(asked)).map((said, index) => `${targets[Math.floor(index / 4)]?.[0]}: ${said}`),
      expected,
    )
    assert.deepEqual(listing(root), before)
    assert.deepEqual(readdirSync(`${root}/closed`), [])
  },
)

test(
  'what cannot be a store or an export is told so, wherever it stands',
  { skip: withoutOrdinaryUser },
  (t) => {
    const { root } = makePlace(t)
    writeFileSync(`${root}/file`, '')
    symlinkSync('loop', `${root}/loop`)
    mkdirSync(`${root}/odd`)
    fifo(`${root}/odd/manifest.json`)
    const places = [
      [`${root}/a\0b`, 'store/no-directory', 'store/no-directory'],
      [`${root}/file`, 'store/no-directory', 'store/no-directory'],
      [`${root}/loop`, 'store/no-directory', 'store/no-directory'],
      [`${root}/${'n'.repeat(256)}`, 'store/path-too-long', 'store/path-too-long'],
      [`${root}/odd`, 'store/not-found', 'store/not-a-file'],
    ] as const
    const said = ask(
      places.flatMap(([at]): readonly Asked[] => [
        ['write', at],
        ['read', at],
        ['fork', at, `${root}/f`],
        ['export', at, `${root}/e`],
        ['import', at, `${root}/i`],
      ]),
    )
    assert.deepEqual(
      codesOf(said),
      places.flatMap(([, code, source]) => [
        `write: ${code}`,
        `read: ${code}`,
        `fork: ${code}`,
        `export: ${code}`,
        `import: ${source}`,
      ]),
    )
  },
)

// --- lengths

/** A directory whose path has so many bytes. */
function directoryOf(root: string, bytes: number): string {
  let path = root
  while (Buffer.byteLength(path) < bytes) {
    const left = bytes - Buffer.byteLength(path) - 1
    path += `/${'d'.repeat(left <= 200 ? left : Math.min(150, left - 2))}`
  }
  return path
}

test('a store is made at the longest path that SQLite takes, and refused at the next', (t) => {
  const root = temporaryDirectory(t)
  const longest = directoryOf(root, 484)
  createStore(longest).close()
  openStore(longest, { verify: 'all' }).close()
  rmSync(join(root, readdirSync(root)[0] ?? ''), { recursive: true })
  const { message } = refusal('store/path-too-long', () => createStore(directoryOf(root, 485)))
  assert.match(message, /485 bytes.*at most 484/)
  assert.deepEqual(readdirSync(root), [], 'no empty directory is left')
})

test('the length that counts is that behind links', (t) => {
  const root = temporaryDirectory(t)
  mkdirSync(directoryOf(root, 500), { recursive: true })
  symlinkSync(directoryOf(root, 500), join(root, 'short'))
  refusal('store/path-too-long', () => createStore(join(root, 'short', 'store')))
})

test('a store that came to a path that is too long is read, not written', (t) => {
  const root = temporaryDirectory(t)
  const store = join(root, 'store')
  createStore(store).close()
  const far = directoryOf(root, 600)
  mkdirSync(join(far, '..'), { recursive: true })
  renameSync(store, far)
  refusal('store/path-too-long', () => openStore(far))
  openStoreForReading(far, { verify: 'all' }).close()
  forkStore(far, join(root, 'fork'))
  exportStore(far, join(root, 'export'), 'archival')
  importStore(join(root, 'export'), join(root, 'imported'))
  refusal('store/path-too-long', () => forkStore(join(root, 'fork'), join(far, 'fork')))
  assert.deepEqual(readdirSync(far).sort(), ['heirloom.last', 'heirloom.lock', 'heirloom.sqlite'])
})

// --- file descriptors

test(
  'without file descriptors everything is refused with its code, or done (Fsy1)',
  { skip: withoutOrdinaryUser },
  (t) => {
    const { root, store } = makePlace(t)
    const bound = (command: readonly string[]): readonly string[] => [
      'sh',
      '-c',
      'ulimit -n 64; exec "$@"',
      'sh',
      ...command,
    ]
    const outcomes = new Set<string>()
    for (const left of [0, 1, 2, 4, 5, 6, 8]) {
      const said = ask(
        [
          ['hog', String(left)],
          ['create', join(root, 'new')],
          ['write', store],
          ...reading({ root, store }),
          ['import', join(root, 'export'), join(root, 'imported')],
        ],
        { wrap: bound },
      )
      for (const [, { did, code, message }] of said.entries()) {
        const without = did === 'import' && code === 'export/not-found'
        assert.ok(
          code === 'ok' || code === 'store/too-many-files' || without,
          `${left} left: ${did}: ${code}: ${message}`,
        )
        outcomes.add(code)
      }
      for (const [did, made] of [
        ['create', 'new'],
        ['fork', 'fork'],
        ['export', 'export'],
        ['import', 'imported'],
      ] as const) {
        assert.equal(
          existsSync(join(root, made)),
          said.find((one) => one.did === did)?.code === 'ok',
          `${left} left: what is refused leaves nothing: ${made}`,
        )
        rmSync(join(root, made), { recursive: true, force: true })
      }
    }
    assert.ok(outcomes.has('ok') && outcomes.has('store/too-many-files'))
    openStore(store, { verify: 'all' }).close()
  },
)

// --- disks

test('a disk that is full leaves nothing of what was begun (Fil5)', { skip: withoutMounts }, (t) => {
  const { root, store } = makePlace(t)
  const filled = openStore(store)
  for (let key = 0; key < 200; key += 1) filled.state.set('host', `k${key}`, 'x'.repeat(1_000))
  filled.sealCrank()
  filled.commit()
  filled.close()
  exportStore(store, join(root, 'export'), 'archival')
  const full = join(root, 'full')
  mkdirSync(full)
  const onFull = (command: readonly string[]): readonly string[] => [
    'unshare',
    '-m',
    'sh',
    '-c',
    'mount -t tmpfs -o size=64k tmpfs "$1" && full=$1 && shift && "$@" && ls -A "$full" >&2 && test -z "$(ls -A "$full")"',
    'sh',
    full,
    ...command,
  ]
  const said = ask(
    [
      ['create', join(full, 'new')],
      ['fork', store, join(full, 'fork')],
      ['export', store, join(full, 'out')],
      ['import', join(root, 'export'), join(full, 'in')],
    ],
    { user: {}, wrap: onFull },
  )
  assert.deepEqual(codesOf(said), [
    'create: store/write-failed',
    'fork: store/write-failed',
    'export: store/write-failed',
    'import: store/write-failed',
  ])
  for (const { message } of said) assert.ok(message.includes(full), message)
})

test('a store on a read-only medium is read, and is as it was (Rea4)', { skip: withoutMounts }, (t) => {
  const { root, store } = makePlace(t)
  const mounted = join(root, 'mounted')
  mkdirSync(mounted)
  const before = listing(store)
  const said = ask([['write', mounted], ...reading({ root, store: mounted })], {
    user: {},
    wrap: (command) => withReadOnly(store, mounted, command),
  })
  assert.deepEqual(codesOf(said), [
    'write: store/not-writable',
    'read: ok',
    'entries: ok',
    'fork: ok',
    'export: ok',
  ])
  assert.match(said[0]?.message ?? '', /read-only file system$/)
  assert.deepEqual(listing(store), before)
})

// --- beside a writer, and after one that died

/** Starts a process that commits block after block; returns when there are some. */
async function startWriter(t: TestContext, store: string): Promise<{ kill(): Promise<void> }> {
  const writer = spawn(process.execPath, [join(import.meta.dirname, 'killed-writer.ts'), store], {
    ...asOrdinaryUser,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const kill = async (): Promise<void> => {
    if (writer.exitCode !== null || writer.signalCode !== null) return
    const closed = once(writer, 'close')
    writer.kill('SIGKILL')
    await closed
  }
  t.after(kill)
  for (let block = 0; block < 3; block += 1) await once(writer.stdout, 'data')
  return { kill }
}

test(
  'a store that runs is read from a read-only mount, also after its writer was killed',
  { skip: withoutMounts || withoutOrdinaryUser },
  async (t) => {
    const place = makePlace(t)
    const { root, store } = place
    const mounted = join(root, 'mounted')
    mkdirSync(mounted)
    const writer = await startWriter(t, store)
    const wrap = (command: readonly string[]): readonly string[] => withReadOnly(store, mounted, command)
    const clear = (): void =>
      ['fork', 'export'].forEach((made) => rmSync(join(root, made), { recursive: true }))
    const running = ask(reading({ root, store: mounted }), { user: {}, wrap })
    assert.deepEqual(codesOf(running), ['read: ok', 'entries: ok', 'fork: ok', 'export: ok'])
    assert.ok(Number(running[0]?.message) > 0)
    openStore(join(root, 'fork'), { verify: 'all' }).close()
    clear()
    await writer.kill()
    const before = listing(store)
    const dead = ask(reading({ root, store: mounted }), { user: {}, wrap })
    assert.deepEqual(codesOf(dead), ['read: ok', 'entries: ok', 'fork: ok', 'export: ok'])
    assert.ok(Number(dead[0]?.message) >= Number(running[0]?.message), 'what is in the log counts')
    assert.deepEqual(listing(store), before)
    const original = openStore(store)
    assert.equal(String(original.blocks.height), dead[0]?.message)
    original.close()
  },
)

test(
  'a reader of the group leaves nothing that locks the owner out (Rea1)',
  { skip: withoutTwoUsers },
  async (t) => {
    const place = makePlace(t)
    const { root, store } = place
    chmodSync(root, 0o777)
    // As with files of a service with the usual umask, in a directory of its group.
    chmodSync(store, 0o775)
    for (const name of readdirSync(store)) chmodSync(join(store, name), 0o644)
    const before = listing(store)
    const said = ask([['write', store], ...reading(place)], { user: asSomebodyElse })
    assert.deepEqual(codesOf(said), [
      'write: store/not-writable',
      'read: ok',
      'entries: ok',
      'fork: ok',
      'export: ok',
    ])
    assert.deepEqual(listing(store), before)
    assert.deepEqual(codesOf(ask([['write', store]])), ['write: ok'])
    // Nor while the owner's process runs, or after it was killed.
    const writer = await startWriter(t, store)
    for (const end of ['running', 'killed']) {
      if (end === 'killed') await writer.kill()
      for (const made of ['fork', 'export']) rmSync(join(root, made), { recursive: true })
      assert.deepEqual(
        codesOf(ask(reading(place), { user: asSomebodyElse })),
        ['read: ok', 'entries: ok', 'fork: ok', 'export: ok'],
        end,
      )
      assert.ok(
        listing(store).every((line) => line.includes(`of ${lstatSync(store).uid},`)),
        end,
      )
    }
    assert.deepEqual(codesOf(ask([['write', store]])), ['write: ok'])
  },
)

test('what reads a store that nobody has open leaves nothing beside it and nothing elsewhere (Rea1)', (t) => {
  const root = temporaryDirectory(t)
  const store = join(root, 'store')
  createStore(store).close()
  const before = listing(store)
  const temporary = join(root, 'temporary')
  mkdirSync(temporary)
  const said = ask(reading({ root, store }), { user: {}, env: { TMPDIR: temporary } })
  assert.deepEqual(codesOf(said), ['read: ok', 'entries: ok', 'fork: ok', 'export: ok'])
  assert.deepEqual(listing(store), before)
  assert.deepEqual(readdirSync(temporary), [])
})

test('where no copy can be made to be read, it says so', { skip: withoutOrdinaryUser }, (t) => {
  const place = makePlace(t)
  chmodSync(place.store, 0o500)
  const outcomes = ask(reading(place), { env: { TMPDIR: join(place.root, 'none') } })
  chmodSync(place.store, 0o700)
  for (const said of outcomes) {
    assert.equal(said.code, 'store/write-failed')
    assert.match(said.message, /none.*TMPDIR names another place/)
  }
})

// --- modes and owners

test('what is made is its owner\'s alone, whatever the umask (Dir1)', (t) => {
  const root = temporaryDirectory(t)
  for (const mask of [0, 0o022, 0o777]) {
    const before = process.umask(mask)
    t.after(() => process.umask(before))
    const at = (name: string): string => join(root, `${name}-${mask}`)
    const store = createStore(join(at('above'), 'store'))
    store.state.set('host', 'a', '1')
    store.sealCrank()
    store.commit()
    forkStore(store.directory, at('fork'))
    exportStore(store.directory, at('export'), 'archival')
    importStore(at('export'), at('import'))
    assert.ok(
      ['heirloom.sqlite-wal', 'heirloom.sqlite-shm'].every((name) => existsSync(join(store.directory, name))),
    )
    for (const directory of [at('above'), store.directory, at('fork'), at('export'), at('import')]) {
      assert.equal(lstatSync(directory).mode & 0o777, 0o700, directory)
      for (const name of readdirSync(directory)) {
        const { mode } = lstatSync(join(directory, name))
        assert.equal(mode & 0o777, directory === at('above') ? 0o700 : 0o600, `${name} in ${directory}`)
      }
    }
    store.close()
    process.umask(before)
  }
})

test('a directory that was there keeps its mode, and files in it are the owner\'s alone', (t) => {
  const root = temporaryDirectory(t)
  chmodSync(root, 0o755)
  createStore(root).close()
  assert.equal(lstatSync(root).mode & 0o777, 0o755)
  for (const name of readdirSync(root)) assert.equal(lstatSync(join(root, name)).mode & 0o777, 0o600, name)
})

test(
  "what root does with a store of somebody else leaves nothing that is root's",
  { skip: withoutTwoUsers },
  (t) => {
    const { store } = makePlace(t)
    // As of a copy that was made without the lock.
    rmSync(join(store, 'heirloom.lock'))
    const opened = openStore(store)
    opened.state.set('host', 'by', 'root')
    opened.sealCrank()
    opened.commit()
    for (const name of readdirSync(store))
      assert.equal(lstatSync(join(store, name)).uid, asOrdinaryUser.uid, name)
    opened.close()
    assert.deepEqual(codesOf(ask([['write', store]])), ['write: ok'])
  },
)
