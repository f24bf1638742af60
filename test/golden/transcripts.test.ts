/** What vats tell each other in the patterns of the field is what it always was. */
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { recordScenario } from '../../tools/golden/record.ts'
import { scenarios } from '../../tools/golden/scenarios.ts'

const root = join(import.meta.dirname, '..', '..')
mkdirSync(join(root, 'build'), { recursive: true })

for (const scenario of scenarios) {
  test(`${scenario.name} is told as in its golden transcript`, async () => {
    const golden = readFileSync(join(root, 'golden', 'transcripts', `${scenario.name}.txt`), 'utf8')
    assert.equal(
      await recordScenario(scenario),
      golden,
      'if this change is meant, `npm run bless` and read the difference',
    )
  })
}
