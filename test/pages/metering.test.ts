/** The figures of `docs/metering.md` are what typical work costs on the workers of these sources. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '..', '..')

test('the page of metering has the computrons that the work takes now', () => {
  const page = readFileSync(join(root, 'docs', 'metering.md'), 'utf8')
  const counted = execFileSync(process.execPath, [join(root, 'bench', 'computrons.ts')], { encoding: 'utf8' })
  assert.ok(page.includes(counted.trim()), `node bench/computrons.ts --write; counted now:\n${counted}`)
})
