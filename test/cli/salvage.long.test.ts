/** `heirloom salvage`, and an upgrade with what it wrote: each a process of its own. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Salvage } from '../../src/protocol/worker/salvage.ts'
import { fileWith, fixture, heirloom, temporaryDirectory, well } from './support.ts'

type Step = readonly [words: readonly string[], code: number, out: RegExp, err?: RegExp]

async function take(steps: readonly Step[], store: string): Promise<void> {
  for (const [words, code, out, err = /^$/] of steps) {
    const ended = await heirloom(words, { store })
    const said = `heirloom ${words.join(' ')}\n${ended.out}${ended.err}`
    assert.equal(ended.code, code, said)
    assert.match(ended.out, out, said)
    assert.match(ended.err, err, said)
  }
}

test('notes that only the heap had are salvaged into a file, and the heir has them', async (t) => {
  const directory = temporaryDirectory(t)
  const [store, file] = [join(directory, 'store'), join(directory, 'notes.json')]
  const throwing = fileWith(
    directory,
    'throwing.ts',
    'export const salvage = () => { throw RangeError("no notes") }\n',
  )
  await take(
    [
      [['init'], 0, /created a store/],
      [['install', 'ram', fixture('ram')], 0, /^ram is /],
      [['install', 'ram-2', fixture('ram-2')], 0, /^ram-2 is /],
      [['install', '--salvage', 'looking', fixture('notes-of-ram')], 0, /^looking is /],
      [['install', '--salvage', 'throwing', throwing], 0, /^throwing is /],
      [
        ['install', '--salvage', 'none', fixture('ram')],
        3,
        /^$/,
        /^heirloom: bundle\/no-salvage: ram\.ts has no export salvage/,
      ],
      [['install', '--salvage', '--function', 'none', fixture('ram')], 2, /^$/, /not with both/],
      [['create', 'notes', 'ram'], 0, /vat v1/],
      [['send', 'notes', 'note', '"tea"', '3n'], 0, /undefined/],
    ],
    store,
  )
  // Memory is that of the process that reports it: it may have a spare instance by then, or not.
  const status = async (): Promise<string> =>
    (await well(['status', '--json'], { store })).replace(/"residentBytes":\d+/, '')
  const before = await status()
  await take(
    [
      [
        ['salvage', 'notes', 'looking'],
        0,
        /^from incarnation 0 of notes, after 2 deliveries: 15 characters, 0 references\n {2}\[\["tea","\+3"\]\]\n {2}not saved; --out FILE saves it\n$/,
      ],
      [['salvage', 'notes', 'looking', '--out', file], 0, /\n {2}saved in .*notes\.json\n$/],
      [
        ['salvage', 'notes', 'looking', '--out', file],
        2,
        /^$/,
        /^heirloom: cli\/usage: --out: .* exists already/,
      ],
      [
        ['salvage', 'notes', 'looking', '--out', join(directory, 'none', 'x')],
        2,
        /^$/,
        /^heirloom: cli\/usage: --out: /,
      ],
      [['salvage', 'notes', 'looking', '--computrons', '10'], 1, /^$/, /^heirloom: salvage\/exhausted: /],
      [
        ['salvage', 'notes', 'throwing'],
        1,
        /^$/,
        /^heirloom: salvage\/threw: RangeError: no notes\n[^]*at salvage/,
      ],
      [['salvage', 'notes', 'ram'], 1, /^$/, /^heirloom: salvage\/bundle-broken: /],
      [['salvage', 'notes', 'nothing'], 3, /^$/, /^heirloom: bundle\/unknown: /],
      [['salvage', 'nobody', 'looking'], 3, /^$/, /^heirloom: vat\/unknown: /],
      [['salvage', 'notes'], 2, /^$/, /<bundle>/],
      [
        ['upgrade', 'notes', 'ram-2', '--salvage', join(directory, 'none.json')],
        2,
        /^$/,
        /--salvage: .* cannot be read/,
      ],
      [['upgrade', 'notes', 'ram-2', '--salvage', throwing], 2, /^$/, /--salvage: .* cannot be read/],
      [
        ['upgrade', 'notes', 'ram-2', '--salvage', fileWith(directory, 'list.json', '[]')],
        2,
        /^$/,
        /api\/bad-argument: salvage/,
      ],
      [
        ['upgrade', 'notes', 'ram', '--salvage', file, '--mode', 'replay'],
        3,
        /^$/,
        /^heirloom: salvage\/only-durable: /,
      ],
      [['upgrade', 'notes', 'ram-2', '--salvage', file, '--check'], 0, /nothing was changed/],
    ],
    store,
  )
  assert.equal(await status(), before)
  const written = JSON.parse(readFileSync(file, 'utf8')) as Salvage
  assert.deepEqual(JSON.parse(await well(['salvage', 'notes', 'looking', '--json'], { store })), written)
  await take(
    [
      [['upgrade', 'notes', 'ram-2', '--salvage', file], 0, /^notes is incarnation 1 now\n/],
      [['send', 'notes', 'all'], 0, /^\[\["tea", 3n\]\]\n$/],
      [
        ['upgrade', 'notes', 'ram-2', '--salvage', file],
        1,
        /^$/,
        /^heirloom: salvage\/stale: vat notes \(v1\) keeps incarnation 1: [^]*Salvage again/,
      ],
      [
        ['history', 'notes'],
        0,
        /\nincarnation 1 got 15 characters with 0 references, salvaged by b1-[0-9a-f]{12} from incarnation 0: \[\["tea","\+3"\]\]\nincarnation 2 would have got 15 characters /,
      ],
    ],
    store,
  )
  const [, entry] = JSON.parse(await well(['history', 'notes', '--json'], { store })) as {
    salvage?: Record<string, unknown>
  }[]
  assert.equal(entry?.salvage?.['bundle'], written.bundle)
})
