/** Fast-forwards: what a fork on which a plan was run answers to the inputs that the store has got since. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rehearsalPage, rehearse } from '../../src/rehearsal/index.ts'
import { counter, forwardOf, listed, ready } from './forwarded.ts'

// Nam1, Giv1, Fwd1.
test('code that answers the same has no differences, whatever its objects are called', async (t) => {
  const { world, plan, copy, rehearseFrom } = await ready(t, 2)
  const { controller } = world
  for (let round = 0; round < 3; round += 1) {
    await world.ask('one', 'add')
    await controller.commit()
  }
  const fresh = await world.ask('one', 'fresh')
  assert.deepEqual(await world.ask(fresh as never, 'same', fresh), fresh)
  await controller.commit()
  const made = await world.create('three', counter(1))
  await world.ask(made.root, 'add')
  await world.ask(fresh as never, 'get')
  await world.forgetAll()
  await controller.commit()
  const report = await rehearseFrom()
  const forward = forwardOf(report)
  assert.deepEqual([report.findings, listed(forward)], [[], []])
  assert.deepEqual(forward.end, { kind: 'all' })
  assert.equal(forward.to - forward.from, 5)
  assert.equal(forward.answers, 8)
  assert.equal(report.end, (await rehearse({ directory: copy, plan })).end)
  assert.deepEqual(forward.administration.map(({ what, notGiven }) => [what, notGiven]), [['createVat', null]])
})

// Ans3, Pit1, Vst1.
test('code that answers otherwise: each difference is listed, and nothing else; expected ones are no findings', async (t) => {
  const { world, rehearseFrom } = await ready(t, 3)
  const { controller } = world
  await world.ask('one', 'hello', 'you')
  await controller.commit()
  const asked = await controller.send('one', 'add', [])
  await controller.run()
  await controller.commit()
  await world.ask('two', 'add')
  await world.ask('one', 'tell', 'it')
  await controller.commit()
  await world.ask('one', 'hello', 'them')
  await world.outcome('one', 'die')
  await controller.commit()
  const report = await rehearseFrom()
  const forward = forwardOf(report)
  assert.deepEqual(listed(forward), [
    ['answer', 'one', 'add', 'fulfilled #"+1"', 'fulfilled #"+10"'],
    ['item', 'one', 'out', '#{"count":"+1","item":"it"}', '#{"count":"+10","item":"it"}'],
    ['answer', 'one', 'die', 'rejected #{"#error":"it ends","name":"Error"}', 'fulfilled #"#undefined"'],
    ['status', 'one', null, 'it is not there', 'it runs'],
  ])
  const [first] = forward.differences
  assert.deepEqual([first?.request, first?.block], [asked.sequence, forward.from + 2])
  assert.deepEqual(report.findings.map(({ code, subject }) => [code, subject]), [
    ['answers-differ', 'one.add'],
    ['answers-differ', 'one, port out'],
    ['answers-differ', 'one.die'],
    ['answers-differ', 'one, its status'],
  ])
  assert.match(rehearsalPage(report), /one\.add/)
  const expected = [{ method: 'a*' }, { vat: 'one', port: 'out' }]
  const other = await rehearseFrom({ fastForward: { expected } })
  assert.deepEqual(other.findings.map(({ subject }) => subject), ['one.die', 'one, its status'])
  assert.deepEqual([other.fastForward?.found, other.fastForward?.expected], [4, 2])
})
