/** The inputs of blocks, as a store records and keeps them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openStore, type Store } from '../../src/store/store.ts'
import { checksumOf } from '../../src/store/sql/rowFormat.ts'
import { tamper } from '../kit/rows.ts'
import { asFormat2, newStore } from './support.ts'

const textOf = (store: Store, height: number): string =>
  (store.inputs.of(height) ?? []).map((input) => Object.values(input).join(' ')).join(', ')

/** A step of a kernel, which writes to its own space and seals. */
function step(store: Store, write: () => void = () => {}): void {
  store.recorder.began()
  write()
  store.sealCrank()
  store.recorder.ended({ kind: 'crank', crank: store.blocks.cranks, cleaning: 'do' })
}

// Inp1, Irc1.
test('what is written outside a step of the kernel is recorded in order, and of a step its event alone', (t) => {
  const store = newStore(t)
  store.inbox.append('one')
  store.inbox.take(1)
  store.recorder.began()
  store.state.set('kernel', 'a', '1')
  store.bundles.putScript('of the kernel')
  store.sealCrank()
  store.recorder.ended({ kind: 'accept', sequence: 1, item: null })
  step(store)
  step(store)
  store.state.set('host', 'k', 'v')
  store.sealCrank()
  store.state.delete('host', 'k')
  step(store)
  const id = store.bundles.put('vat', Buffer.from('script'))
  store.bundles.put('vat', Buffer.from('script'))
  store.bundles.name('label', id)
  store.commit()
  assert.equal(
    textOf(store, 1),
    `append one, take, accept 1 , crank do 2, host k v, seal, host k , crank do 1, bundle ${id} vat, name label ${id}`,
  )
  store.commit()
  assert.equal(textOf(store, 2), '')
  store.close()
  const again = openStore(store.directory, { verify: 'all' })
  assert.equal(again.inputs.first, 1)
  assert.match(textOf(again, 1), /^append one/)
  assert.equal(again.inputs.of(3), undefined)
  again.close()
})

// Irc2.
test('an undone part leaves its bundles and what was appended, and an abandoned block nothing', (t) => {
  const store = newStore(t)
  store.inbox.append('one')
  store.inbox.take(1)
  step(store, () => store.bundles.putScript('of the kernel'))
  store.state.set('host', 'k', 'v')
  store.sealCrank()
  store.undoKernelPart()
  store.state.set('host', 'k', 'again')
  store.sealCrank()
  store.commit()
  assert.match(textOf(store, 1), /^bundle b1-[0-9a-f]{64} vat, append one, host k again, seal$/)
  store.inbox.append('two')
  store.state.set('host', 'k', 'w')
  store.sealCrank()
  store.abandonBlock()
  store.commit()
  assert.equal(textOf(store, 2), '')
  store.close()
})

// Irc4.
test('a step that came to nothing, or failed, is not recorded', (t) => {
  const store = newStore(t)
  store.recorder.began()
  store.recorder.ended(null)
  store.commit()
  assert.equal(textOf(store, 1), '')
  assert.equal(store.blocks.cranks, 0)
  store.close()
})

// Bin1.
test('the inputs of the last blocks are kept, by number, and never longer than the records of their blocks', (t) => {
  const store = newStore(t)
  const blocks = (number: number): void => {
    for (let n = 0; n < number; n += 1) store.commit()
  }
  store.setRetention({ transcripts: 'all', blocks: 'all', inputs: 4 })
  blocks(10)
  assert.equal(store.inputs.first, 7)
  store.setRetention({ transcripts: 'all', blocks: 'all', inputs: 'all' })
  blocks(10)
  assert.equal(store.inputs.first, 7)
  const { pruned } = store.prune({ transcripts: 'all', blocks: 5, inputs: 'all' }, 'none')
  assert.deepEqual([pruned.inputs, store.inputs.first, store.inputs.of(15)], [9, 16, undefined])
  store.close()
  openStore(store.directory, { verify: 'all' }).close()
})

test('a store of an older format has no inputs, and records from its next block on', (t) => {
  const store = newStore(t)
  store.commit()
  store.close()
  asFormat2(store.directory)
  const again = openStore(store.directory)
  assert.equal(again.inputs.first, undefined)
  assert.deepEqual(again.retention, { transcripts: 'all', blocks: 'all', inputs: 10_000 })
  again.inbox.append('one')
  again.commit()
  assert.deepEqual([again.inputs.first, textOf(again, 2)], [2, 'append one'])
  again.close()
  openStore(store.directory, { verify: 'all' }).close()
})

const damages: Readonly<Record<string, string>> = {
  'a changed text': "UPDATE block_input SET inputs = 's' || char(10) WHERE height = 2",
  'a text without its end': `UPDATE block_input SET inputs = 's', checksum = ${checksumOf('block_input', [2, 's'])} WHERE height = 2`,
  'an unknown kind': `UPDATE block_input SET inputs = 'x', checksum = ${checksumOf('block_input', [2, 'x'])} WHERE height = 2`,
  'a missing row': 'DELETE FROM block_input WHERE height = 2',
  'a missing last row': 'DELETE FROM block_input WHERE height = 3',
}

for (const [what, sql] of Object.entries(damages)) {
  test(`${what} is refused when it is read, and found by an audit (Bin1, Inp2)`, (t) => {
    const store = newStore(t)
    for (let n = 0; n < 3; n += 1) store.commit()
    store.close()
    tamper(store.directory, (database) => database.exec(sql))
    assert.throws(() => openStore(store.directory, { verify: 'all' }).close(), { code: 'store/corrupt-block' })
    const open = openStore(store.directory, { verify: 'lazy' })
    const { deviations } = open.audit(() => [])
    assert.ok(deviations.length > 0 && deviations.every(({ code }) => code === 'store/corrupt-block'))
    if (!what.startsWith('a missing'))
      assert.throws(() => open.inputs.of(2), { code: 'store/corrupt-block' })
    open.close()
  })
}
