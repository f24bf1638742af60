/** Stores with a configuration, ports and time through the command line, for people and for programs. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileWith, fixture, heirloom, temporaryDirectory } from './support.ts'

type Step = readonly [words: readonly string[], code: number, out: RegExp, json: RegExp]

const example = join(import.meta.dirname, '..', '..', 'examples', 'bootstrap', 'config.json')

const way: readonly Step[] = [
  [
    ['init', '--config', example, '--snapshot-interval', '3'],
    0,
    /^created a store in .*\nbootstrap: "Alice and Bob have met"\n$/,
    /"bootstrap":\{"result":\d+,"status":"fulfilled","value":"Alice and Bob have met"\}/,
  ],
  [
    ['port', 'bank', 'status'],
    0,
    /^port +bank\nhandler +set\ndelivered +0\n/,
    /^\{"name":"bank","handler":"set","delivered":0,"waiting":0,"unsettled":0,"failed":0,"lastNumber":0,"acknowledged":0\}/,
  ],
  [
    ['port', 'bank', 'deliver', '{"amount":60}', '{"amount":500}'],
    0,
    /^item 1 was accepted\nitem 2 was accepted\n$/,
    /^\[\{"number":1,"outcome":"taken"\},\{"number":2,"outcome":"taken"\}\]/,
  ],
  [
    ['port', 'bank', 'deliver', '{"amount":500}', '{"amount":2}', '--number', '2'],
    0,
    /^item 2 had been accepted before\nitem 3 was accepted\n$/,
    /"duplicate".*"taken"/,
  ],
  [['port', 'bank', 'deliver', '1', '--number', '9'], 3, /^$/, /"code":"port\/gap"/],
  [
    ['port', 'bank', 'failures'],
    0,
    /^2  RangeError: nobody can take 460\n$/,
    /^\[\{"number":2,"reason":\{"@error":"nobody can take 460","name":"RangeError"\}\}\]/,
  ],
  [['port', 'bank', 'dismiss', '2'], 0, /^dismissed up to 2\n$/, /^\{"port":"bank","dismissed":2\}/],
  [['port', 'bank', 'failures'], 0, /^no failures\n$/, /^\[\]/],
  [['port', 'bank', 'receive'], 0, /^nothing to receive\n$/, /^\[\]/],
  [['time'], 0, /^0\n$/, /^\{"time":\{"@bigint":"0"\}\}/],
  [['time', '60_000'], 0, /^60000\n$/, /"60000"/],
  [['time', '59999'], 3, /^$/, /"code":"time\/backwards"/],
  [['time', '60000n'], 0, /^60000\n$/, /"60000"/],
  [['time', '120000'], 0, /^120000\n$/, /"120000"/],
  [
    ['port', 'bank', 'receive'],
    0,
    /^1  \{ held: 62, name: "Alice", time: 60000n \}\n2  \{ held: 62, name: "Alice", time: 120000n/,
    /^\[\{"number":1,"item":\{"held":62,"name":"Alice","time":\{"@bigint":"60000"\}\}\},\{"number":2/,
  ],
  [['port', 'bank', 'receive', '--after', '1', '--limit', '5'], 0, /^2  /, /^\[\{"number":2/],
  [
    ['port', 'bank', 'acknowledge', '1'],
    0,
    /^acknowledged up to 1\n$/,
    /^\{"port":"bank","acknowledged":1\}/,
  ],
  [['port', 'bank', 'acknowledge', '3'], 3, /^$/, /"code":"port\/not-sent"/],
  [['port', 'bank', 'receive'], 0, /^2  /, /^\[\{"number":2/],
  [['port', 'bank', 'deliver', '{"amount":1}', '--queue'], 0, /^item 4 was accepted\n$/, /"taken"/],
  [['port', 'bank', 'status'], 0, /^waiting +1$/m, /"waiting":1/],
  [['run'], 0, /nothing waits/, /"queued":0/],
  [['port', 'mail', 'open'], 0, /^port +mail\nhandler +none$/m, /"name":"mail","handler":"none"/],
]

for (const form of ['people', 'programs'] as const) {
  test(`the way of a store with a port, for ${form}`, async (t) => {
    const store = join(temporaryDirectory(t), 'store')
    for (const [words, code, out, json] of way) {
      const ended = await heirloom(form === 'people' ? words : [...words, '--json'], { store })
      const said = `heirloom ${words.join(' ')}\n${ended.out}${ended.err}`
      assert.equal(ended.code, code, said)
      assert.match(ended.out, form === 'people' ? out : json, said)
    }
  })
}

test('a vat that does not start leaves no store, and a bootstrap that rejects is told; both with exit code 1', async (t) => {
  const directory = temporaryDirectory(t)
  const store = join(directory, 'store')
  const config = (parameters: string): string =>
    fileWith(
      directory,
      'config.json',
      JSON.stringify({ bootstrap: 'a', vats: { a: { sourceSpec: fixture('beginning'), parameters } } }),
    )
  const refused = await heirloom(['init', '--config', config('throw'), '--json'], { store })
  assert.equal(refused.code, 1, refused.err)
  assert.match(refused.out, /"code":"config\/vat-refused","message":"vats\.a: .*not today/)
  assert.equal((await heirloom(['status'], { store })).code, 3, 'there is no store')
  const rejected = await heirloom(['init', '--config', config('reject')], { store })
  assert.equal(rejected.code, 1, rejected.err)
  assert.match(
    rejected.out,
    /^created a store in .*\nbootstrap: rejected: TypeError: no beginning\n  at bootstrap \(beginning\.ts:7:17\)\n$/,
  )
  assert.equal((await heirloom(['status'], { store })).code, 0)
})
