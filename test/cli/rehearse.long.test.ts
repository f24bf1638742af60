/** `heirloom rehearse`: what it prints and writes, and its exit codes. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileWith, heirloom, prepareStore, temporaryDirectory, well } from './support.ts'

test('a rehearsal prints checks, replays, notes and findings, and its page has them too', async (t) => {
  const { store, directory } = await prepareStore(temporaryDirectory(t))
  const up = { kind: 'vat', name: 'up', vat: 'counters', bundle: 'counter-2', mode: 'auto', parametersFrom: 'kept' }
  const bad = { kind: 'vat', name: 'bad', vat: 'counters', bundle: 'throwing' }
  const plan = fileWith(directory, 'plan.json', JSON.stringify({ id: 'up', steps: [up] }))
  const page = join(directory, 'page.html')
  const text = await well(['rehearse', plan, '--report', page], { store })
  assert.match(text, /^the rehearsal of up passed: from block \d+/)
  assert.match(text, /the plan took \d+\.\d\d s on a machine whose calibration takes \d+\.\d ms/)
  assert.match(text, /REPLAY OF +STEP +CLASS +DELIVERIES\ncounters +up +divergent/)
  assert.match(text, /up +vat +done/)
  assert.match(readFileSync(page, 'utf8'), /<h2>Timeline<\/h2>/)
  const broken = fileWith(directory, 'broken.json', JSON.stringify({ id: 'bad', onFailure: 'continue', steps: [bad] }))
  const failed = await heirloom(['rehearse', broken, '--json'], { store })
  assert.equal(failed.code, 1, failed.err)
  const { findings, checks } = JSON.parse(failed.out)
  assert.deepEqual(findings.map(({ code }: { code: string }) => code), ['check-upgrade', 'step-failed'])
  assert.equal(checks[0].outcome, 'refused')
})

test('invariants are a file, and a list of anything else is refused', async (t) => {
  const { store, directory } = await prepareStore(temporaryDirectory(t))
  const probe = { kind: 'probe', name: 'is there', to: 'counters', method: 'nothing like it' }
  const plan = fileWith(directory, 'plan.json', JSON.stringify({ id: 'up', onFailure: 'continue', steps: [probe] }))
  const broken = fileWith(directory, 'invariants.json', JSON.stringify([probe]))
  const failed = await heirloom(['rehearse', plan, '--invariants', broken], { store })
  assert.equal(failed.code, 1, failed.err)
  assert.match(failed.out, /the invariants were run 2 times/)
  assert.match(failed.out, /invariant +is there +before the plan/)
  assert.match(failed.out, /invariant +is there +after the step is there/)
  const other = fileWith(directory, 'other.json', '[{"kind":"terminate","name":"end","vat":"counters"}]')
  const refused = await heirloom(['rehearse', plan, '--invariants', other], { store })
  assert.match(refused.err, /plan\/malformed|an invariant is a probe or an evaluate, not a terminate/)
  assert.notEqual(refused.code, 0)
  const missing = await heirloom(['rehearse', plan, '--invariants', join(directory, 'none.json')], { store })
  assert.match(missing.err, /none\.json \(invariants\) cannot be read/)
})
