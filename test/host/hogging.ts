/**
 * A process that opens a store with ever more file descriptors left, and prints how each opening ended, as
 * JSON.
 */
import { closeSync, openSync } from 'node:fs'
import { CodedError, exportStore, openController } from '../../src/host/index.ts'

const [directory = '', to = ''] = process.argv.slice(2)

async function codeOf(work: () => Promise<unknown>): Promise<string> {
  try {
    await work()
    return 'ok'
  } catch (error) {
    return error instanceof CodedError
      ? error.code
      : `raw: ${error instanceof Error ? (error.stack ?? '') : String(error)}`
  }
}

/** All descriptors but so many. */
function hog(left: number): number[] {
  const held: number[] = []
  try {
    for (;;) held.push(openSync('/dev/null', 'r'))
  } catch {
    for (const file of held.splice(0, left)) closeSync(file)
  }
  return held
}

const said: string[] = []
for (const left of [0, 2, 4, 6, 8, 10, 12, 14, 20]) {
  const held = hog(left)
  const opened = await codeOf(async () => (await openController({ directory, make: 'never' })).shutdown())
  const exported = await codeOf(() => exportStore(directory, `${to}/${left}`, { mode: 'archival' }))
  for (const file of held) closeSync(file)
  said.push(opened, exported)
}
process.stdout.write(JSON.stringify(said))
