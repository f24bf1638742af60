/** The host's own data: rows written and listed in one call, in the block of everything else. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forTheFile, openWorld } from '../kit/world.ts'

const world = await openWorld(forTheFile, {})
const { controller } = world

test('rows that are written in one call are listed by prefix, in the order of their keys, page by page', async () => {
  await controller.writeHostState([
    ['list/b', '2'],
    ['other', 'x'],
    ['list/a', '1'],
    ['list/c', '3'],
    ['list/b', undefined],
    ['list/d', '4'],
  ])
  const all = await controller.listHostState('list/')
  assert.deepEqual(all, [
    ['list/a', '1'],
    ['list/c', '3'],
    ['list/d', '4'],
  ])
  assert.deepEqual(await controller.listHostState('list/', { limit: 1 }), all.slice(0, 1))
  assert.deepEqual(await controller.listHostState('list/', { after: 'list/a', limit: 1 }), all.slice(1, 2))
  assert.deepEqual(await controller.listHostState('list/', { after: 'list/d' }), [])
  assert.deepEqual(await controller.listHostState('nothing/'), [])
})

test('rows of the machine are not listed with those of the host', async () => {
  await controller.pauseKernel('a look')
  await controller.resumeKernel()
  const keys = (await controller.listHostState('')).map(([key]) => key)
  assert.deepEqual(keys, ['list/a', 'list/c', 'list/d', 'other'])
})

test('writing many rows changes the activity hash as writing them does, and writing none changes nothing', async () => {
  const { activityHash } = await controller.storeStatus()
  await controller.writeHostState([])
  assert.equal((await controller.storeStatus()).activityHash, activityHash)
  await controller.writeHostState(new Map([['other', 'y']]))
  assert.notEqual((await controller.storeStatus()).activityHash, activityHash)
})

const refused: readonly (readonly [string, unknown])[] = [
  ['no list', 7],
  ['a text', 'list'],
  ['no pairs', ['ab']],
  ['a triple', [['a', 'b', 'c']]],
  ['a key of the machine', [['\u0001machine.x', 'y']]],
  ['a value that is no text', [['a', 1]]],
]
for (const [what, rows] of refused)
  test(`${what} instead of rows is refused, and nothing of it is written`, async () => {
    const before = await controller.listHostState('')
    const given = rows as [string, string][]
    await assert.rejects(controller.writeHostState(given), { code: 'api/bad-argument' })
    const late = Array.isArray(rows) ? [['early', 'x'], ...given] : given
    await assert.rejects(controller.writeHostState(late as [string, string][]), { code: 'api/bad-argument' })
    assert.deepEqual(await controller.listHostState(''), before)
  })
