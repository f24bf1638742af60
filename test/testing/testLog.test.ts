/** `vatPowers.testLog`: what vats write for those who test them. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startTestKernel } from '../../src/testing/index.ts'
import { bundleSource } from '../kit/bundles.ts'

const code = await bundleSource(`export const buildRootObject = ({ testLog }) => {
  testLog('starts')
  return Far('root', {
    log: (...values) => testLog(...values),
    hostile: () => { const circle = []; circle[0] = circle; testLog(circle); testLog({ toJSON: () => { throw Error('no') } }); testLog(); testLog('x'.repeat(5000)) },
    exits: () => { testLog('half'); throw Error('done') },
  })
}`)
const kernel = await startTestKernel({ vats: { a: { code }, b: { code } } })
after(() => kernel.end())

/** What was written since the last time. */
let seen = 0
async function written(): Promise<readonly string[]> {
  const lines = (await kernel.testLog()).slice(seen)
  seen += lines.length
  return lines
}

test('lines of all vats in order: texts as they are, anything else as JSON, with nothing in between', async () => {
  assert.deepEqual(await written(), ['starts', 'starts'])
  await kernel.ask('a', 'log', 'one ', 2n, [3, null], { four: 'five' }, true)
  await kernel.ask('b', 'log', 'other')
  await kernel.ask('a', 'log')
  assert.deepEqual(await written(), ['one 2[3,null]{"four":"five"}true', 'other', ''])
})

test('what cannot be written is named by its type, and what is too long is cut', async () => {
  await kernel.ask('a', 'hostile')
  const lines = await written()
  assert.deepEqual(lines.slice(0, 3), ['[object]', '[object]', ''])
  assert.equal(lines[3]?.length, 2001)
})

// Lo1.
test('lines stay over a restart and an eviction, and a replay that brings a vat back writes none', async () => {
  await assert.rejects(kernel.ask('a', 'exits'), /done/)
  await kernel.restart()
  await kernel.ask('a', 'log', 'again')
  await kernel.evict()
  await kernel.ask('a', 'log', 'and again')
  assert.deepEqual(await written(), ['half', 'again', 'and again'])
  assert.deepEqual(
    await kernel.controller.testLog(),
    ['again', 'and again'],
    'of the host, since it opened the store',
  )
})
