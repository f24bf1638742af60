/** Sweeps of vats whose stored data are damaged, and of vats on workers of earlier releases. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { goldenVersions } from '../../tools/golden/store.ts'
import { goldenCopy, openCopy } from '../kit/golden.ts'
import { forge } from '../kit/rows.ts'
import type { World } from '../kit/world.ts'
import { failuresOf, kindOf, libraryOf } from './library.ts'

/** Changes rows of the vat past the store; null deletes one. */
async function damage(
  world: World,
  vat: string,
  changes: Readonly<Record<string, string | null>>,
): Promise<void> {
  await world.controller.commit()
  await world.controller.shutdown()
  forge(world.directory, (database) => {
    const space = database.prepare('SELECT id FROM space WHERE name = ?').get(`vat/${vat}`)?.['id'] as number
    for (const [key, value] of Object.entries(changes)) {
      database.prepare('DELETE FROM state WHERE space = ? AND key = ?').run(space, key)
      if (value === null) continue
      database.prepare('INSERT INTO state (space, key, value, checksum) VALUES (?, ?, ?, 0)').run(space, key, value)
    }
  })
  world.state = 'broken'
  await world.open()
}

// Obr1, Obr2, Clr1, Clr2, Clr3, Swp3.
test('what is damaged is found, also where code would read it as absent', async (t) => {
  const world = await libraryOf(t, 9)
  await world.ask('library', 'tour', await world.root('visitor'))
  const { vat } = await world.controller.vat('library')
  const rows = await world.rows(`vat/${vat}`)
  const rowOf = (part: string): string => [...rows.keys()].find((key) => key.includes(part)) ?? 'none'
  const ordinal = rowOf('ordinal.')
  await damage(world, vat, {
    'object.o+d10/1': '1\ntitle\n#"title 0"\nnext',
    'object.o+d10/2': '1\ntitle\n#title\nnext\n#"#undefined"',
    'object.o+d10/3': '1\ntitle\n#"x"\nnext\no+d10/77#"$0.Alleged: Book"',
    'object.o+d10/4': '3\ntitle\n#"x"',
    'object.o+d10/5': '1\ntitle\n#"x"\nnext\no-99#"$0.Alleged: Book"',
    'object.o+d11/1': '1',
    'entry.o+d2/2.s!}': '#1',
    'entry.o+d2/2.stitle A5': '',
    [ordinal]: null,
    'entry.o+d4/1.b1': '#1',
    'entry.o+d2/9.sx': '#1',
    'watches.p+1.a1': '{"body":"#[\\"$0\\"]","slots":["o+d10/6"]}',
  })
  const report = await world.controller.sweepVat('library')
  assert.deepEqual(
    report.kinds.filter(({ failed }) => failed > 0).map((kind) => [kind.kind, failuresOf(kind)]),
    [
      ['Book', [
        'o+d10/1 - record-corrupt',
        'o+d10/2 title value-undecodable',
        'o+d10/3 next reference-dangling',
        'o+d10/4 - version-unknown',
        'o+d10/5 next reference-dangling',
      ]],
      ['Shelf', ['o+d11/1 label shape-differs']],
      ['mapStore', [
        'o+d2/2 - size-differs',
        'o+d2/2 o-1 key-corrupt',
        'o+d2/2 - key-corrupt',
        'o+d2/2 "title 5" record-corrupt',
        'o+d2/9 - collection-unknown',
      ]],
      ['setStore', ['o+d4/1 true record-corrupt']],
      ['promise watch', ['p+1 - watcher-without-methods']],
    ],
  )
})

test('records of a kind that the code does not define are failures, and those of a kind that was abandoned are not', async (t) => {
  const world = await libraryOf(t, 3)
  const { vat } = await world.controller.vat('library')
  const definition = '{"facets":null,"shape":null,"version":1,"oldest":1}'
  await damage(world, vat, {
    'kind.b20': `{"tag":"Ghost","definition":${definition}}`,
    'object.o+d20/1': '1\nname\n#"a"',
    'object.o+d20/2': '1\nname\n#"b"',
    'object.o+d21/1': '1',
    'kind.b22': `{"tag":"Former","definition":${definition},"abandoned":true}`,
    'object.o+d22/1': 'left to be collected',
  })
  const report = await world.controller.sweepVat('library')
  const ghost = kindOf(report, 'Ghost')
  assert.deepEqual(failuresOf(ghost), ['o+d20/1 - kind-undefined', 'o+d20/2 - kind-undefined'])
  assert.match(ghost.failures[0]?.message ?? '', /"Ghost" is not defined/)
  assert.deepEqual(failuresOf(kindOf(report, 'kind 21')), ['o+d21/1 - kind-undefined'])
  assert.deepEqual(kindOf(report, 'Book').failed, 0)
  assert.equal(report.failed, 3)
})

// Swp4.
for (const version of goldenVersions) {
  test(`vats of release ${version} are swept, unless their workers cannot be searched`, async (t) => {
    const controller = await openCopy(t, goldenCopy(t, version))
    for (const { vat, status } of await controller.vats()) {
      if (status.kind === 'terminated') continue
      const { support, failed, kinds, migrated } = await controller.sweepVat(vat)
      assert.deepEqual([support, failed], [version === '0.1.0' ? 'worker-too-old' : 'supported', 0], JSON.stringify(kinds))
      if (vat === 'v1' && version === '0.2.0') assert.equal(migrated, 2)
    }
  })
}
