/**
 * `npm run bless`: writes the golden transcripts anew. Read the difference like code.
 *
 * What may change them: a change of a wire that is meant (and said in its page), or of the order in
 * which the kernel does things. Nothing else may.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { recordScenario } from './golden/record.ts'
import { scenarios } from './golden/scenarios.ts'

const root = join(import.meta.dirname, '..')
mkdirSync(join(root, 'build'), { recursive: true })
for (const scenario of scenarios) {
  const path = join(root, 'golden', 'transcripts', `${scenario.name}.txt`)
  writeFileSync(path, await recordScenario(scenario))
  console.log(`wrote golden/transcripts/${scenario.name}.txt`)
}
