/**
 * The table of the host's requests: their page, their stored form, and the kernels that support them (Rq1,
 * Rq2).
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { bundleId, objectKref, vatId, type Hash } from '../../src/base/ids.ts'
import { readInboxItem } from '../../src/machine/calls/storedItems.ts'
import {
  requests,
  unsupportedBy,
  type InboxItem,
  type RequestKind,
} from '../../src/protocol/host/requests.ts'

const data = { body: '#[]', slots: [] }
const bundle = bundleId('0'.repeat(64) as Hash)
const upgrade = { kind: 'upgradeVat', vat: vatId(1), bundle, parameters: data, upgradeMessage: '' } as const
const create = { kind: 'createVat', name: 'v', bundle, parameters: data, options: {} } as const
const send = { kind: 'send', target: objectKref(1), methargs: data, result: 'keep' } as const

test('the page of the wire has a row for each request and names each of its fields', () => {
  const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'wires', 'inbox.md'), 'utf8')
  const rows = page.split('\n').filter((line) => line.startsWith('| '))
  const kinds = Object.entries(requests) as [RequestKind, (typeof requests)[RequestKind]][]
  for (const [kind, { fields }] of kinds) {
    const first = rows.findIndex((row) => (row.split('|')[1] ?? '').includes(`\`${kind}\``))
    assert.notEqual(first, -1, kind)
    const after = rows.findIndex((row, index) => index > first && !/^\| *\|/.test(row))
    const text = rows.slice(first, after === -1 ? undefined : after).join('\n')
    for (const field of Object.keys(fields)) assert.ok(text.includes(`\`${field}\``), `${kind}.${field}`)
  }
})

const stored: readonly (readonly [item: unknown, why: RegExp])[] = [
  [null, /it has no kind/],
  [[], /it has no kind/],
  [{ kind: 1 }, /it has no kind/],
  [{ kind: 'toString' }, /there is no request toString/],
  [{ kind: 'x'.repeat(100) }, /there is no request x{50}…/],
  [{ ...send, target: 'kp1' }, /the field target of send/],
  [{ ...send, methargs: { body: 1, slots: [] } }, /the field methargs of send/],
  [{ ...send, result: 'maybe' }, /the field result of send/],
  [{ kind: 'send', target: 'ko1', methargs: data }, /the field result of send/],
  [{ ...send, onRejection: 'panic' }, /the field onRejection of send/],
  [{ ...create, options: { heapLimitBytes: -1 } }, /the field options of createVat/],
  [{ ...upgrade, drain: { maxCranks: 1.5 } }, /the field drain of upgradeVat/],
  [{ ...create, options: { collection: { deliveries: -1 } } }, /the field options of createVat/],
  [
    { kind: 'setCollection', vat: 'v1', collection: { computrons: '1n' } },
    /the field collection of setCollection/,
  ],
  [
    { ...upgrade, salvage: { incarnation: 0, position: 1, data: { body: '#1', slots: ['kp1'] } } },
    /the field salvage/,
  ],
  [{ kind: 'installWorker', version: { id: 'w1-0' }, use: 'default' }, /the field version of installWorker/],
  [{ kind: 'advanceTime', now: '-1' }, /the field now of advanceTime/],
  [{ kind: 'installBundle', bundle, format: 'zip', label: null }, /the field format of installBundle/],
]

for (const [item, why] of stored) {
  test(`an item of the inbox that is not a request is refused: ${why.source}`, () => {
    assert.throws(() => readInboxItem(7, JSON.stringify(item)), {
      code: 'store/corrupt-channel',
      message: why,
      detail: { channel: 'inbox', sequence: 7 },
    })
  })
}

test('a whole item is read as it was written, with fields that may be absent or not', () => {
  const items: readonly InboxItem[] = [
    send,
    { ...send, onRejection: 'log' },
    create,
    { ...create, options: { heapLimitBytes: 1, collection: { deliveries: 'never' } } },
    { ...upgrade, mode: 'auto', drain: { maxCranks: 1 }, abandonKinds: ['a'] },
    { kind: 'resumeKernel' },
    { kind: 'pin', object: objectKref(3) },
  ]
  for (const item of items) assert.deepEqual(readInboxItem(1, JSON.stringify(item)), item)
})

const unsupported: readonly (readonly [item: InboxItem, needed: string | undefined])[] = [
  [send, undefined],
  [{ ...send, onRejection: 'log' }, 'send.onRejection'],
  [create, undefined],
  [{ ...create, options: { heapLimitBytes: 65_536 } }, undefined],
  [{ ...create, options: { storageLimit: 1 } }, 'createVat.storageLimit'],
  [upgrade, undefined],
  [{ ...upgrade, drain: { maxCranks: 1 } }, 'upgradeVat.drain'],
  [{ kind: 'pauseKernel', reason: '' }, 'pauseKernel'],
]

test('a kernel of level 0 supports five requests without their later fields, one of level 1 supports all', () => {
  for (const [item, needed] of unsupported) {
    assert.equal(unsupportedBy(0, item), needed)
    assert.equal(unsupportedBy(1, item), undefined)
  }
  const first = Object.entries(requests).filter(([, { since }]) => since === 0)
  assert.deepEqual(
    first.map(([kind]) => kind),
    ['send', 'createVat', 'upgradeVat', 'installWorker', 'forget'],
  )
})
