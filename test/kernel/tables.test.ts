/** Rows of the kernel that no kernel has written are refused as damage. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { objectKref, promiseKref, vatId } from '../../src/base/ids.ts'
import { Tables } from '../../src/kernel/tables/tables.ts'
import { newStore } from '../store/support.ts'

/** The row, its text (undefined: it is missing), and who reads it. */
const damaged: readonly (readonly [
  key: string,
  text: string | undefined,
  read: (tables: Tables) => unknown,
])[] = [
  ['config', undefined, (tables) => tables.config()],
  ['config', '{}', (tables) => tables.config()],
  ['vat.v7', undefined, (tables) => tables.vat(vatId(7))],
  ['vat.v7', '{', (tables) => tables.vat(vatId(7))],
  ['vat.v7', '{"name":"seven"}', (tables) => tables.vat(vatId(7))],
  ['count.v7', '1 1 one 1', (tables) => tables.counters(vatId(7))],
  ['object.ko7', 'v1 0', (tables) => tables.object(objectKref(7))],
  ['object.ko7', 'v1 -1 0', (tables) => tables.object(objectKref(7))],
  ['object.ko7', 'v1 2 1', (tables) => tables.object(objectKref(7))],
  ['object.ko7', 'nobody 1 1', (tables) => tables.findObject(objectKref(7))],
  ['promise.kp7', 'open', (tables) => tables.promise(promiseKref(7))],
  ['promise.kp7', 'unresolved v1 -1 0 ', (tables) => tables.promise(promiseKref(7))],
  ['service.ko7', '{"kind":"bank"}', (tables) => tables.service(objectKref(7))],
]

for (const [key, text, read] of damaged) {
  // T2.
  test(`the row ${key} ${text === undefined ? 'that is missing' : `with the text ${text}`} is refused`, (t) => {
    const { state } = newStore(t)
    if (text !== undefined) state.set('kernel', key, text)
    assert.throws(() => read(new Tables(state)), {
      code: 'store/corrupt-state',
      detail: { space: 'kernel', key },
    })
  })
}
