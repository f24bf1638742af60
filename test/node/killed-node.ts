/**
 * A node that delivers the blocks of a file and reports each hash; it will be killed: `<directory> <blocks>
 * [<commits>]`. With `commits` it kills itself as soon as it sees that its store has made so many.
 */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import process, { argv } from 'node:process'
import { Application } from '../../src/node/index.ts'
import { genesisOf } from './kit.ts'

const [, , directory = '', file = '', commits] = argv
const blocks = JSON.parse(readFileSync(file, 'utf8')) as { time: number; transactions: string[] }[]
const application = await Application.open({ directory, genesis: await genesisOf() })
// The last commit may have come before its report.
process.stdout.write(`${application.info.height} ${application.info.appHash}\n`)
if (commits !== undefined) killAfter(Number(commits))
for (const [at, { time, transactions }] of blocks.entries()) {
  const height = at + 1
  if (height <= application.info.height) continue
  const bytes = transactions.map((each) => Buffer.from(each, 'base64'))
  const { appHash } = await application.deliver({ height, time, transactions: bytes })
  await application.commit()
  process.stdout.write(`${height} ${appHash}\n`)
}
await application.close()
// What is left looks for commits.
process.exit()

/** The store works in a thread of its own, so that this one can look at its commit record all the time. */
function killAfter(count: number): void {
  const record = join(directory, 'heirloom.last')
  const written = (): bigint => statSync(record, { bigint: true }).mtimeNs
  let [last, left] = [written(), count]
  const look = (): void => {
    const now = written()
    if (now !== last) left -= 1
    last = now
    if (left === 0) process.kill(process.pid, 'SIGKILL')
    setImmediate(look)
  }
  look()
}
