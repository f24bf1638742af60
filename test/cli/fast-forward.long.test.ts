/** `heirloom rehearse --fast-forward`, with a backup and a file of expected differences. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { ready } from '../rehearsal/forwarded.ts'
import { fileWith, heirloom, temporaryDirectory } from './support.ts'

test('differences are shown as text, JSON and a page; expected ones do not count; wrong options are refused', async (t) => {
  const { world, plan, copy } = await ready(t, 3)
  await world.ask('one', 'add')
  await world.controller.commit()
  const place = temporaryDirectory(t)
  const file = fileWith(place, 'plan.json', JSON.stringify(plan))
  const run = (...words: readonly string[]): ReturnType<typeof heirloom> =>
    heirloom(['rehearse', file, ...words], { store: world.directory })
  const forward = ['--fast-forward', '--from', copy]
  const failed = await run(...forward, '--report', join(place, 'page.html'))
  assert.equal(failed.code, 1, failed.err)
  assert.match(failed.out, /the inputs of 1 blocks? after block \d+, with 1 requests?.*: 1 difference\n/)
  assert.match(failed.out, /one\.add +fulfilled #"\+1" +fulfilled #"\+10" +no/)
  assert.match(failed.out, /answers-differ +one\.add/)
  const expected = fileWith(place, 'expected.json', '[{ "vat": "one", "method": "add" }]')
  const passed = await run(...forward, '--expected', expected, '--json')
  assert.equal(passed.code, 0, passed.out + passed.err)
  const { fastForward } = JSON.parse(passed.out) as { fastForward: { found: number; expected: number } }
  assert.deepEqual([fastForward.found, fastForward.expected], [1, 1])
  const few = await run(...forward, '--expected', expected, '--blocks', '2', '--wait', '1')
  assert.equal(few.code, 0)
  assert.match(few.out, /the store did not commit the other 1 in time/)
  const wrong = [
    ['--blocks', '2'],
    ['--from', copy],
    ['--fast-forward', '--blocks', 'many'],
    ['--fast-forward', '--expected', file],
    ['--fast-forward', '--expected', join(place, 'page.html')],
    ['--fast-forward', '--export', copy],
  ]
  for (const words of wrong) assert.equal((await run(...words)).code, 2, words.join(' '))
})
