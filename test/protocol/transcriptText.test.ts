/** The text of a transcript entry: what is written, and that the reader finds its fields without parsing. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BundleId, ObjectVref, VatId } from '../../src/base/ids.ts'
import type { TranscriptEntry } from '../../src/protocol/worker/transcript.ts'
import { StoredEntry, writeEntry } from '../../src/protocol/worker/transcriptText.ts'

const data = { body: '#{"a":",\\"syscalls\\":"}', slots: [] }
const target = 'o+0' as ObjectVref
const start: TranscriptEntry = {
  delivery: {
    kind: 'startVat',
    bundle: `b1-${'0'.repeat(64)}` as BundleId,
    parameters: data,
    incarnation: 0,
  },
  syscalls: [{ kind: 'vatstoreSet', key: 'baggage', value: 'said ,"computrons":"9"}' }],
  result: { kind: 'started', root: target },
  computrons: '12345',
}
const message: TranscriptEntry = {
  delivery: { kind: 'message', target, methargs: data, result: null },
  syscalls: [],
  result: { kind: 'ok' },
  computrons: '7',
}

test('the text of an entry has its four fields in a fixed order, without spaces (Trt1)', () => {
  assert.equal(
    writeEntry(message),
    '{"delivery":{"kind":"message","target":"o+0","methargs":' +
      '{"body":"#{\\"a\\":\\",\\\\\\"syscalls\\\\\\":\\"}","slots":[]},"result":null},' +
      '"syscalls":[],"result":{"kind":"ok"},"computrons":"7"}',
  )
  const { delivery, syscalls, result, computrons } = message
  assert.equal(writeEntry({ computrons, result, syscalls, delivery }), writeEntry(message))
  const extended = { ...message, vat: 'v1' as VatId }
  assert.equal(writeEntry(extended), writeEntry(message))
  assert.throws(() => writeEntry({ ...message, computrons: '7n' }), /decimal digits/)
})

for (const entry of [start, message]) {
  test(`the fields of a written ${entry.delivery.kind} are read back as they were written (Trt1)`, () => {
    const stored = new StoredEntry(writeEntry(entry), 3)
    assert.equal(stored.kind, entry.delivery.kind)
    assert.equal(stored.delivery, JSON.stringify(entry.delivery))
    assert.equal(stored.computrons, entry.computrons)
    assert.ok(stored.isFinish(JSON.stringify({ batch: entry.syscalls, result: entry.result })))
    assert.ok(!stored.isFinish(JSON.stringify({ batch: [], result: { kind: 'refused' } })))
    assert.deepEqual(stored.entry, entry)
  })
}

test('an entry in another order or layout is parsed (Trt2)', () => {
  const { delivery, syscalls, result, computrons } = start
  for (const text of [
    JSON.stringify({ result, computrons, syscalls, delivery }),
    JSON.stringify({ delivery, syscalls, result, computrons }, null, 1),
  ]) {
    const stored = new StoredEntry(text, 3)
    assert.equal(stored.kind, 'startVat')
    assert.equal(stored.delivery, JSON.stringify(delivery))
    assert.equal(stored.computrons, computrons)
    assert.ok(!stored.isFinish(JSON.stringify({ batch: syscalls, result })))
    assert.deepEqual(stored.entry, start)
  }
})

test('a text that is not an entry is refused with its position', () => {
  for (const text of [
    '',
    '[]',
    '{"delivery":{"kind":"message"}}',
    '{"delivery":{},"syscalls":[],"computrons":"x"}',
  ])
    assert.throws(() => new StoredEntry(text, 5).entry, {
      code: 'store/corrupt-transcript',
      detail: { position: 5 },
    })
})
