/**
 * `npm run bless`: writes the golden pages anew, those of `npm run pages`, and then the figures of
 * `docs/metering.md`. Read the difference like code.
 *
 * What may change the transcripts: a change of a wire that is meant (and said in its page), or of the
 * order in which the kernel does things. What may change the environment: see `golden/environment.ts`.
 * Nothing else may.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { recordEnvironment } from './golden/environment.ts'
import { recordScenario } from './golden/record.ts'
import { scenarios } from './golden/scenarios.ts'
import { writePages } from './tables/build.ts'

const root = join(import.meta.dirname, '..')
writePages()
mkdirSync(join(root, 'build'), { recursive: true })
for (const scenario of scenarios) {
  const path = join(root, 'golden', 'transcripts', `${scenario.name}.txt`)
  writeFileSync(path, await recordScenario(scenario))
  console.log(`wrote golden/transcripts/${scenario.name}.txt`)
}

const ends: (() => void | Promise<void>)[] = []
writeFileSync(
  join(root, 'golden', 'environment.txt'),
  await recordEnvironment({ after: (end) => void ends.push(end) }),
)
for (const end of ends) await end()
console.log('wrote golden/environment.txt')
