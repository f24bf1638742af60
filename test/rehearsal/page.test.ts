/** What a rehearsal cannot rehearse, the figure of the machine, and the page. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { calibrate, rehearsalPage, rehearse } from '../../src/rehearsal/index.ts'
import { openWorld } from '../kit/world.ts'

const clerk = (answer: string): { readonly source: string } => ({
  source: `
export const buildRootObject = () => {
  let port
  return Far('clerk', {
    keep: (given) => { port = given },
    tell: (item) => { console.warn('<i>told</i>'); E(port).send(item); return '${answer}' },
    never: () => new Promise(() => {}),
    ask: (other) => { E(other).never().catch(() => {}) },
  })
}`,
})

test('what steps send through ports is listed with its step, and nobody takes it', async (t) => {
  const world = await openWorld(t, { vats: { clerk: clerk('old'), two: clerk('old') } })
  const port = await world.controller.openPort('mail')
  await world.ask('clerk', 'keep', await port.remote())
  await world.ask('clerk', 'tell', 'before')
  await world.ask('clerk', 'ask', await world.root('two'))
  const next = await world.install(clerk('new'))
  await world.controller.commit()
  const report = await rehearse({
    directory: world.directory,
    invariants: [{ kind: 'probe', name: 'told', to: 'clerk', method: 'tell', args: ['of the invariant'] }],
    plan: {
      id: '<b>page</b>',
      steps: [
        { kind: 'probe', name: 'first', to: 'clerk', method: 'tell', args: [{ '@bigint': '1' }] },
        { kind: 'vat', name: 'second', vat: 'two', bundle: next },
        { kind: 'probe', name: 'third', to: 'clerk', method: 'tell', args: ['<script>x</script>'] },
      ],
    },
  })
  assert.deepEqual(report.findings, [])
  assert.deepEqual(report.sent.items, [
    { port: 'mail', number: 2, step: 'first', item: { '@bigint': '1' } },
    { port: 'mail', number: 3, step: 'third', item: '<script>x</script>' },
  ])
  assert.deepEqual((await port.receive()).map(({ item }) => item), ['before'], 'nothing is written to the store')
  const html = rehearsalPage(report)
  const headings = ['Findings', 'Timeline', 'Checks', 'Replays', 'Notes', 'Promises lost', 'What cannot be rehearsed']
  for (const heading of headings)
    assert.match(html, new RegExp(`<h2>${heading}</h2>`), heading)
  assert.match(html, /<td>second<\/td><td>two<\/td><td>p[-+]\d+<\/td><td>clerk<\/td>/, 'who lost which promise')
  assert.doesNotMatch(html, /<b>|<i>|<script|<img|<link|https?:/)
  assert.match(html, /&lt;i&gt;told/)
  assert.equal(html.match(/class="bar"/g)?.length, 3)
})

// Cal1.
test('the calibration uses the same computrons each time', async () => {
  const [one, other] = [await calibrate(), await calibrate()]
  assert.equal(one.computrons, other.computrons)
  assert.equal(one.engine, other.engine)
  assert.ok(one.ms > 0 && other.ms > 0)
})
