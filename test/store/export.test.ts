/**
 * Exports of stores and what is imported from them: the same to the byte, whole or refused, never half there.
 */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import type { Hash } from '../../src/base/ids.ts'
import { sha256 } from '../../src/hashing/sha256.ts'
import type { Code } from '../../src/protocol/codes.ts'
import {
  exportModes,
  listText,
  manifestText,
  type Artifact,
  type ExportManifest,
  type ExportMode,
} from '../../src/protocol/store/export.ts'
import { limits } from '../../src/store/files/limits.ts'
import { createStore, exportStore, importStore, openStore, type NewSnapshot } from '../../src/store/store.ts'
import { query } from '../kit/rows.ts'
import {
  changeArtifacts,
  changeList,
  commit,
  exported,
  exportedWhole,
  fill,
  openAndClose,
  span,
  v1,
  v10,
  v2,
  whole,
} from './exports.ts'
import { entry, heap, page, refusal, forge as forgeFile, tamper, temporaryDirectory } from './support.ts'

function imported(t: TestContext, from: string): string {
  const directory = join(temporaryDirectory(t), 'store')
  importStore(from, directory)
  return directory
}

/** By hash: the files are too long for a message that tells how they differ. */
const filesOf = (directory: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(directory)
      .sort()
      .map((name) => [name, sha256(readFileSync(join(directory, name)))]),
  )

for (const mode of exportModes) {
  describe(`the mode ${mode}`, () => {
    test('twice the same store is twice the same bytes, and so is the store that was imported from them (Exf1)', (t) => {
      const { to } = exportedWhole(t, mode)
      const files = filesOf(to)
      assert.deepEqual(filesOf(exported(t, mode, whole).to), files)
      assert.deepEqual(filesOf(exported(t, mode, imported(t, to)).to), files)
    })

    test('what was imported is sound, and is where the original is (Imp2)', (t) => {
      const { to } = exportedWhole(t, mode)
      const [original, copy] = [
        openStore(whole, { verify: 'all' }),
        openStore(imported(t, to), { verify: 'all' }),
      ]
      assert.deepEqual(copy.blocks.last(), original.blocks.last())
      assert.equal(copy.state.get('vat/v1', 'k499'), 'value 499 "quoted"')
      assert.equal(copy.state.nextKey('vat/v2', '', ''), undefined)
      assert.deepEqual(copy.bundles.list(), original.bundles.list())
      assert.equal(copy.bundles.named('issuer'), original.bundles.named('issuer'))
      assert.deepEqual(copy.inbox.next(), { sequence: 2, item: 'second' })
      assert.deepEqual(copy.outbox.read(), [{ sequence: 2, port: 'bank', item: 'pay again' }])
      for (const vat of [v1, v2, v10]) {
        const from = copy.transcripts.keptFrom(vat)
        assert.deepEqual(
          copy.transcripts.spans(vat),
          original.transcripts.spans(vat).filter(({ start }) => start >= from),
        )
        assert.deepEqual(copy.heaps.snapshot(vat), original.heaps.snapshot(vat))
      }
      assert.deepEqual(new Uint8Array(copy.heaps.page(page(3).hash)), page(3).bytes)
      copy.close()
      original.close()
    })

    test('the import goes on as the original does', (t) => {
      const { to } = exportedWhole(t, mode)
      const hashes = [imported(t, to), imported(t, exportedWhole(t, 'archival').to)].map((directory) => {
        const store = openStore(directory)
        for (const vat of [v1, v2, v10]) store.transcripts.append(vat, entry('goes on'))
        store.state.set('vat/v2', 'new', '1')
        store.inbox.take(2)
        store.outbox.append('bank', 'third')
        store.heaps.save(v1, store.transcripts.count(v1), heap([2, 3, 5], [5]))
        commit(store)
        store.verify('all')
        store.close()
        return openAndClose(directory)
      })
      assert.deepEqual(hashes[0], hashes[1])
    })
  })
}

/** vat → the first entry that the mode keeps. */
const kept: Readonly<Record<ExportMode, readonly [number, number, number]>> = {
  archival: [0, 0, 0],
  replay: [0, 2, 0],
  operational: [2, 4, 0],
}

for (const mode of exportModes) {
  test(`entries that ${mode} leaves out are refused as left out; the others are there (Trs5, Imp5)`, (t) => {
    const store = openStore(imported(t, exportedWhole(t, mode).to))
    for (const [index, vat] of [v1, v2, v10].entries()) {
      const from = kept[mode][index] ?? 0
      assert.equal(store.transcripts.keptFrom(vat), from)
      const count = store.transcripts.count(vat)
      assert.equal([...store.transcripts.entries(vat, from, count)].length, count - from)
      if (from > 0) refusal('store/pruned', () => store.transcripts.entries(vat, from - 1, count))
    }
    assert.equal(store.blocks.at(1) === undefined, mode !== 'archival')
    store.close()
  })
}

test('an export for replay of what was imported without the entries is refused', (t) => {
  const store = imported(t, exportedWhole(t, 'operational').to)
  const to = join(temporaryDirectory(t), 'export')
  const { detail } = refusal('store/pruned', () => exportStore(store, to, 'replay'))
  assert.deepEqual(detail, { vat: 'v1', kept: 2 })
  assert.equal(existsSync(to), false)
  exportStore(store, to, 'archival')
})

/** What is damaged in an imported store → the code with which `all` refuses it. */
const damages: readonly (readonly [what: string, change: string, code: Code])[] = [
  [
    'an entry that was kept is gone',
    "DELETE FROM entry WHERE vat = 'v10' AND position = 0",
    'store/corrupt-transcript',
  ],
  ['all entries that were kept are gone', "DELETE FROM entry WHERE vat = 'v10'", 'store/corrupt-transcript'],
  [
    'an entry that was left out is there',
    "INSERT INTO entry VALUES ('v1', 1, '{}')",
    'store/corrupt-transcript',
  ],
  [
    'a span that was left out is said to be there',
    "UPDATE pruned_to SET span = 0 WHERE vat = 'v1'",
    'store/corrupt-transcript',
  ],
  [
    'an entry that was left out is said to be there',
    "UPDATE pruned_to SET entry = 1 WHERE vat = 'v1'",
    'store/corrupt-transcript',
  ],
  ['it is forgotten what was removed', "DELETE FROM pruned_to WHERE vat = 'v1'", 'store/corrupt-transcript'],
  [
    'entries are left out up to the middle of a span',
    "UPDATE pruned SET before = 1 WHERE what = 'v1'",
    'store/corrupt-transcript',
  ],
  [
    'the block says another height was left out',
    "UPDATE pruned SET before = 3 WHERE what = 'block'",
    'store/corrupt-block',
  ],
  [
    'the inbox has an item too many',
    "INSERT INTO inbox VALUES (3, 'never sent', 0)",
    'store/corrupt-channel',
  ],
  ['the outbox lost an item', 'DELETE FROM outbox', 'store/corrupt-channel'],
]

for (const [what, change, code] of damages) {
  test(`${what}: what was left out is no excuse`, (t) => {
    const directory = imported(t, exportedWhole(t, 'operational').to)
    forgeFile(directory, (database) => database.exec(change))
    refusal(code, () => openStore(directory, { verify: 'all' }))
  })
}

test('a block that is gone from the middle is refused (Prd3, Blk4)', (t) => {
  const directory = imported(t, exportedWhole(t, 'archival').to)
  tamper(directory, (database) => database.exec('DELETE FROM block WHERE height = 2'))
  assert.equal(
    refusal('store/corrupt-block', () => openStore(directory, { verify: 'all' })).detail['height'],
    3,
  )
})

// --- a changed byte

test('a byte changed in the list is found, and nothing is made (Exf3)', (t) => changeList(t, 13))

test('a byte changed in any artifact is found with its name, and the import can be begun again (Imp1)', (t) =>
  changeArtifacts(t, 1))

/** artifact, the text to change in it → the part that is named. */
const parts: readonly (readonly [name: string, find: string, part: RegExp])[] = [
  ['state-000001.jsonl', 'value 250', /^line \d+, k250 in vat\/v1$/],
  ['transcripts-000001.jsonl', 'heir', /span 1 of v2$/],
  ['inbox-000001.jsonl', '[2', /^line 1 is not a list/],
  ['pages-000001.pack', '\x04\x04\x04\x04', /^page \d, [0-9a-f]{64}$/],
]

for (const [name, find, part] of parts) {
  test(`the part of ${name} that was changed is named`, (t) => {
    const { to } = exportedWhole(t, 'archival')
    const path = join(to, name)
    const bytes = readFileSync(path)
    const at = bytes.indexOf(find)
    assert.ok(at >= 0)
    bytes[at] = (bytes[at] ?? 0) ^ 0x02
    writeFileSync(path, bytes)
    assert.match(
      String(
        refusal('export/corrupt-artifact', () => importStore(to, join(to, '..', 'nowhere'))).detail['part'],
      ),
      part,
    )
    rmSync(join(to, '..', 'nowhere'), { recursive: true, force: true })
  })
}

test('an artifact that is gone, longer or shorter is named', (t) => {
  const { to, manifest } = exportedWhole(t, 'operational')
  const directory = temporaryDirectory(t)
  for (const { name } of manifest.artifacts) {
    const path = join(to, name)
    const bytes = readFileSync(path)
    rmSync(path)
    assert.equal(
      refusal('export/missing-artifact', () => importStore(to, directory)).detail['artifact'],
      name,
    )
    for (const changed of [bytes.subarray(1), Buffer.concat([bytes, Buffer.from(' ')])]) {
      writeFileSync(path, changed)
      const { detail } = refusal('export/corrupt-artifact', () => importStore(to, directory))
      assert.deepEqual([detail['artifact'], detail['part']], [name, 'length'])
    }
    writeFileSync(path, bytes)
  }
})

// --- forged: every hash of the list is right, and what it lists is not a store

/** Changes an artifact's text, and the list with it. */
function forge(
  to: string,
  manifest: ExportManifest,
  kind: Artifact['kind'],
  change: (text: string) => string,
): void {
  const artifacts = manifest.artifacts.map((artifact) => {
    if (artifact.kind !== kind) return artifact
    const text = readFileSync(join(to, artifact.name), 'latin1')
    const bytes = Buffer.from(change(text), 'latin1')
    writeFileSync(join(to, artifact.name), bytes)
    return { ...artifact, bytes: bytes.length, sha256: sha256(bytes) }
  })
  writeList(to, { ...manifest, artifacts })
}

function writeList(to: string, manifest: ExportManifest): void {
  writeFileSync(
    join(to, 'manifest.json'),
    manifestText({ ...manifest, rootHash: sha256(listText(manifest, manifest.artifacts)) }),
  )
}

const replaced = (from: string | RegExp, to: string) => (text: string): string => {
  const changed = text.replace(from, to)
  assert.notEqual(changed, text)
  return changed
}

const forgeries: readonly (readonly [
  what: string,
  kind: Artifact['kind'],
  change: (text: string) => string,
  code: Code,
])[] = [
  ['another value in the state', 'state', replaced('value 7 ', 'value 8 '), 'store/corrupt-state'],
  [
    'a row of the state twice',
    'state',
    (text) => text + (text.split('\n')[0] ?? '') + '\n',
    'export/malformed',
  ],
  ['a space that cannot be', 'state', replaced('["kernel"', '["other"'), 'export/malformed'],
  ['a row with a field too many', 'state', replaced('["kernel"', '[1,"kernel"'), 'export/malformed'],
  ['a line that is no list', 'state', replaced('["kernel"', '"kernel"'), 'export/malformed'],
  ['a last line without an end', 'state', (text) => text.slice(0, -1), 'export/malformed'],
  ['another entry of a transcript', 'transcripts', replaced('heir', 'thief'), 'store/corrupt-transcript'],
  ['an entry less', 'transcripts', replaced(/\[0,.*\n/, ''), 'export/malformed'],
  ['a span that begins elsewhere', 'transcripts', replaced('["v1",1,2,3', '["v1",1,3,4'), 'export/malformed'],
  [
    'a span with another hash before',
    'transcripts',
    replaced(/("v1",0,0,2,"incarnation",")00/, '$1ab'),
    'store/corrupt-transcript',
  ],
  [
    'a current span that was left out',
    'transcripts',
    (text) => replaced('"whole"', '"left-out"')(text.split('\n')[0] + '\n'),
    'export/malformed',
  ],
  ['a vat that is none', 'transcripts', replaced('["v1",0', '["block",0'), 'export/malformed'],
  ['other bytes in a page', 'pages', replaced('\x03\x03', '\x03\x04'), 'store/corrupt-page'],
  ['a pack that is cut off', 'pages', (text) => text.slice(0, -1), 'export/malformed'],
  ['a page less', 'pages', (text) => text.slice(0, -(4096 + 36)), 'export/malformed'],
  ['another manifest of a heap', 'snapshots', replaced(/"WyI/, '"WyJ'), 'store/corrupt-snapshot'],
  ['a page twice in a snapshot', 'snapshots', replaced(/\[("[0-9a-f]{64}"),/, '[$1,$1,'), 'export/malformed'],
  ['other bytes in a bundle', 'bundle', (text) => `${text} `, 'store/corrupt-bundle'],
  ['a name of no bundle', 'names', replaced('b1-', 'b2-'), 'export/malformed'],
  ['another last block', 'blocks', replaced(/\[4,4,"/, '[5,4,"'), 'store/corrupt-block'],
  ['no block', 'blocks', () => '', 'export/malformed'],
  [
    'an item of the inbox that was taken',
    'inbox',
    replaced('[2', '[1,"first"]\n[2'),
    'store/corrupt-channel',
  ],
  ['an item of the outbox less', 'outbox', () => '', 'store/corrupt-channel'],
]

for (const [what, kind, change, code] of forgeries) {
  test(`a forged export is refused: ${what} (Imp2)`, (t) => {
    const { to, manifest } = exportedWhole(t, 'archival')
    forge(to, manifest, kind, change)
    const directory = join(temporaryDirectory(t), 'store')
    refusal(code, () => importStore(to, directory))
    refusal('store/not-found', () => openStore(directory))
    assert.equal(existsSync(join(directory, 'heirloom.sqlite.new')), false)
  })
}

test('a list that says another height or activity hash is refused, whoever wrote its root hash', (t) => {
  const { to, manifest } = exportedWhole(t, 'archival')
  for (const head of [{ height: 3 }, { activityHash: sha256('other') }]) {
    writeList(to, { ...manifest, ...head })
    refusal('export/malformed', () => importStore(to, join(to, '..', `${to}-none`)))
  }
  rmSync(`${to}-none`, { recursive: true, force: true })
})

const first = ([artifact]: readonly Artifact[]): Artifact => artifact ?? assert.fail()

const lists: readonly (readonly [what: string, change: (manifest: ExportManifest) => ExportManifest])[] = [
  [
    'a name that leads out of the directory',
    (list) => ({ ...list, artifacts: [{ ...first(list.artifacts), name: '../blocks-000001.jsonl' }] }),
  ],
  ['an artifact twice', (list) => ({ ...list, artifacts: [first(list.artifacts), ...list.artifacts] })],
  ['artifacts in another order', (list) => ({ ...list, artifacts: list.artifacts.toReversed() })],
  [
    'an artifact over every limit',
    (list) => ({ ...list, artifacts: [{ ...first(list.artifacts), bytes: 2 ** 40 }] }),
  ],
  ['a format that never was', (list) => ({ ...list, format: 0 })],
]

for (const [what, change] of lists) {
  test(`a list is refused: ${what}`, (t) => {
    const { to, manifest } = exportedWhole(t, 'archival')
    writeList(to, change(manifest))
    refusal('export/corrupt-manifest', () => importStore(to, join(temporaryDirectory(t), 'store')))
  })
}

test('an export of a newer format is refused with both numbers, whatever else it holds', (t) => {
  const to = temporaryDirectory(t)
  writeFileSync(join(to, 'manifest.json'), JSON.stringify({ format: 3, shape: 'unknown' }))
  const { detail } = refusal('export/newer-format', () => importStore(to, join(to, 'store')))
  assert.deepEqual([detail['format'], detail['known']], [3, 2])
})

/** The lines of an export of format 1, which had the spans whose entries were left out, too. */
function withLeftOut(text: string, whole: string): string {
  const kept = new Set(text.split('\n'))
  let isKept = true
  return whole.split('\n').flatMap((line) => {
    if (!line.includes('"whole"')) return isKept || line === '' ? [line] : []
    isKept = kept.has(line)
    return [isKept ? line : line.replace('"whole"', '"left-out"')]
  }).join('\n')
}

test('an export of format 1 is imported, and the spans of what was left out are there', (t) => {
  const { to, manifest } = exportedWhole(t, 'operational')
  const all = readFileSync(join(exportedWhole(t, 'archival').to, 'transcripts-000001.jsonl'), 'latin1')
  forge(to, { ...manifest, format: 1 }, 'transcripts', (text) => withLeftOut(text, all))
  const store = openStore(imported(t, to), { verify: 'all' })
  assert.deepEqual(
    [v1, v2, v10].map((vat) => store.transcripts.spans(vat).length),
    [2, 3, 1],
  )
  assert.deepEqual(
    [v1, v2, v10].map((vat) => store.transcripts.keptFrom(vat)),
    kept.operational,
  )
  assert.deepEqual(
    store.audit((manifestBytes) => JSON.parse(Buffer.from(manifestBytes).toString()) as Hash[]).deviations,
    [],
  )
  store.close()
})

test('an export with another root hash than the one expected is refused', (t) => {
  const { to, manifest } = exportedWhole(t, 'archival')
  const directory = temporaryDirectory(t)
  refusal('export/other-root', () => importStore(to, directory, { rootHash: sha256('another') as Hash }))
  assert.deepEqual(readdirSync(directory), [])
  importStore(to, directory, { rootHash: manifest.rootHash })
})

// --- where from and where to

test('an import is refused from where no export is and to where a store is, and changes nothing', (t) => {
  const { to } = exportedWhole(t, 'operational')
  const empty = temporaryDirectory(t)
  refusal('export/not-found', () => importStore(empty, join(empty, 'store')))
  refusal('export/not-found', () => importStore(join(empty, 'nowhere'), join(empty, 'store')))
  refusal('export/not-found', () => importStore(whole, join(empty, 'store')))
  assert.deepEqual(readdirSync(empty), [])
  const directory = imported(t, to)
  const before = statSync(join(directory, 'heirloom.sqlite')).mtimeMs
  refusal('store/exists', () => importStore(to, directory))
  assert.equal(statSync(join(directory, 'heirloom.sqlite')).mtimeMs, before)
  writeFileSync(join(empty, 'file'), '')
  refusal('store/no-directory', () => importStore(to, join(empty, 'file')))
})

test('an export is refused from where no store is and to where anything is', (t) => {
  const directory = temporaryDirectory(t)
  refusal('store/not-found', () => exportStore(directory, join(directory, 'export'), 'archival'))
  assert.deepEqual(readdirSync(directory), [])
  writeFileSync(join(directory, 'mine'), 'precious')
  assert.equal(
    refusal('export/not-empty', () => exportStore(whole, directory, 'archival')).detail['found'],
    'mine',
  )
  assert.deepEqual(readdirSync(directory), ['mine'])
  refusal('store/no-directory', () => exportStore(whole, join(directory, 'mine'), 'archival'))
  const { to } = exportedWhole(t, 'archival')
  refusal('export/not-empty', () => exportStore(whole, to, 'archival'))
  refusal('export/not-empty', () => exportStore(whole, whole, 'archival'))
})

test('an export that was cut off is no export, and is begun again in its directory (Exf4, Exp4)', (t) => {
  const { to } = exportedWhole(t, 'archival')
  const files = filesOf(to)
  renameSync(join(to, 'manifest.json'), join(to, 'manifest.unfinished'))
  writeFileSync(join(to, 'state-000002.jsonl'), 'of a longer store')
  refusal('export/not-found', () => importStore(to, join(to, 'store')))
  exportStore(whole, to, 'archival')
  assert.deepEqual(filesOf(to), files)
})

test('a file that is not of the export stays, even where an export was cut off', (t) => {
  const { to } = exportedWhole(t, 'archival')
  renameSync(join(to, 'manifest.json'), join(to, 'manifest.unfinished'))
  writeFileSync(join(to, 'mine'), 'precious')
  const before = filesOf(to)
  refusal('export/not-empty', () => exportStore(whole, to, 'archival'))
  assert.deepEqual(filesOf(to), before)
})

test('an import over the remains of one that was killed is made anew (Imp3)', (t) => {
  const { to } = exportedWhole(t, 'archival')
  const directory = temporaryDirectory(t)
  writeFileSync(join(directory, 'heirloom.sqlite.new'), 'half a store')
  refusal('store/not-found', () => openStore(directory))
  importStore(to, directory)
  openAndClose(directory)
})

test('nothing damaged goes into an export (Exp2)', (t) => {
  const damaged: readonly (readonly [change: string, code: Code])[] = [
    ["UPDATE state SET value = 'x' WHERE key = 'k7'", 'store/corrupt-state'],
    ["UPDATE entry SET text = text || ' ' WHERE vat = 'v1' AND position = 2", 'store/corrupt-transcript'],
    ["DELETE FROM entry WHERE vat = 'v1' AND position = 2", 'store/corrupt-transcript'],
    ["UPDATE page SET bytes = zeroblob(4096) WHERE id = 1", 'store/corrupt-page'],
    ['DELETE FROM page WHERE id = 1', 'store/corrupt-page'],
    ["UPDATE snapshot SET manifest = x'00'", 'store/corrupt-snapshot'],
    ["UPDATE bundle SET bytes = x'00' WHERE kind = 'engine'", 'store/corrupt-bundle'],
  ]
  for (const [change, code] of damaged) {
    const directory = temporaryDirectory(t)
    fill(directory)
    tamper(directory, (database) => database.exec(change))
    const to = temporaryDirectory(t)
    refusal(code, () => exportStore(directory, to, 'operational'))
    refusal('export/not-found', () => importStore(to, join(to, 'store')))
  }
})

test('artifacts end with the row that makes them long enough, and a store over many of them comes back (Exf2, Exp3)', (t) => {
  const directory = temporaryDirectory(t)
  const store = createStore(directory)
  for (let key = 0; key < 12; key += 1) store.state.set('host', `k${key}`, `${key}`.repeat(1_000_000))
  span(store, v1, 'incarnation', Array.from({ length: 10 }, () => 'long '.repeat(200_000)))
  commit(store)
  store.close()
  const { to, manifest } = exported(t, 'operational', directory)
  const lengths = manifest.artifacts
    .filter(({ kind }) => kind === 'state' || kind === 'transcripts')
    .map(({ bytes }) => bytes)
  assert.ok(
    lengths.length > 4 && lengths.every((bytes) => bytes < 4 * 1024 * 1024 + 2_100_000),
    String(lengths),
  )
  const files = filesOf(to)
  assert.deepEqual(filesOf(exported(t, 'operational', imported(t, to)).to), files)
})

test('an empty store comes back', (t) => {
  const directory = temporaryDirectory(t)
  createStore(directory).close()
  for (const mode of exportModes)
    assert.deepEqual(openAndClose(imported(t, exported(t, mode, directory).to)), {
      height: 0,
      cranks: 0,
      activityHash: '0'.repeat(64),
    })
})

test('an export of a store that is open is its last block; it can be committed and closed meanwhile (Exp1)', (t) => {
  const directory = temporaryDirectory(t)
  fill(directory)
  const before = exported(t, 'archival', directory)
  const store = openStore(directory)
  store.state.set('kernel', 'a', 'in work')
  store.sealCrank()
  const to = temporaryDirectory(t)
  exportStore(directory, to, 'archival', ({ artifacts }) => {
    if (artifacts === 1) store.commit()
    if (artifacts === 2) store.close()
  })
  assert.deepEqual(filesOf(to), filesOf(before.to))
  const after = openStore(directory, { verify: 'all' })
  assert.equal(after.state.get('kernel', 'a'), 'in work')
  after.close()
})

test('pages of a vat that has ended, which go little by little, are in no export, and what is imported is whole', (t) => {
  const directory = temporaryDirectory(t)
  const store = createStore(directory)
  // More than one commit frees, and some that another vat has too.
  const pages = Array.from({ length: limits.pagesFreed + 900 }, (_, number) => ({
    bytes: Buffer.from(`page ${number}`),
    hash: sha256(`page ${number}`),
  }))
  const listing = (listed: typeof pages): NewSnapshot => {
    const manifestBytes = new TextEncoder().encode(JSON.stringify(listed.map(({ hash }) => hash)))
    return {
      manifestBytes,
      heapHash: sha256(manifestBytes),
      added: listed,
      pages: listed.map(({ hash }) => hash),
    }
  }
  for (const vat of [v1, v2]) span(store, vat, 'incarnation', ['a'])
  store.heaps.save(v1, 1, listing(pages))
  store.heaps.save(v2, 1, listing(pages.slice(-5)))
  commit(store)
  store.heaps.forget(v1)
  store.transcripts.forget(v1, 0)
  commit(store)
  store.close()
  const left = (of: string): unknown => query(of, 'SELECT count(*) AS pages FROM page')
  assert.notDeepEqual(left(directory), [{ pages: 5 }], 'some are left')
  for (const mode of exportModes) {
    const there = imported(t, exported(t, mode, directory).to)
    assert.deepEqual(left(there), [{ pages: 5 }])
    openStore(there, { verify: 'all' }).close()
  }
})
