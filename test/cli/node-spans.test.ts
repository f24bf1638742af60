/** The collector of a node: which one is refused, and what it costs those who have none. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { command, homeWithKeys } from './nodeSupport.ts'

test('what is not the URL of a collector is refused before the node is opened', async (t) => {
  const start = ['node', 'start', '--home', await homeWithKeys(t)]
  const endpoint = 'OTEL_EXPORTER_OTLP_ENDPOINT'
  for (const wrong of ['nonsense', 'grpc://127.0.0.1:4317']) {
    const byOption = await command([...start, '--otlp', wrong])
    assert.deepEqual([byOption.code, /--otlp is the URL of a collector/.test(byOption.err)], [2, true])
    const byVariable = await command(start, { [endpoint]: wrong })
    assert.deepEqual([byVariable.code, byVariable.err.includes(endpoint)], [2, true])
  }
})

test('only a node with a collector loads what sends spans', () => {
  const root = join(import.meta.dirname, '..', '..')
  const script = `
    import { createRequire } from 'node:module'
    const { cache } = createRequire(process.argv[1])
    const has = () => Object.keys(cache).some((path) => /@opentelemetry.(sdk|exporter|resources)/.test(path))
    await import(process.argv[2])
    const before = has()
    await import(process.argv[3])
    console.log(before, has())`
  const file = (...path: readonly string[]): string => pathToFileURL(join(root, 'src', 'cli', ...path)).href
  const modules = [file('main.ts'), file('session', 'node', 'spanExport.ts')]
  const words = ['--input-type=module', '--eval', script, join(root, 'package.json'), ...modules]
  const { stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' })
  assert.equal(stdout, 'false true\n', stderr)
})
