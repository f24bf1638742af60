/**
 * A node that delivers the blocks of a file and reports each hash; it will be killed: `<directory>
 * <blocks>`.
 */
import { readFileSync } from 'node:fs'
import { argv } from 'node:process'
import { Application } from '../../src/node/index.ts'
import { genesisOf } from './kit.ts'

const [, , directory = '', file = ''] = argv
const blocks = JSON.parse(readFileSync(file, 'utf8')) as { time: number; transactions: string[] }[]
const application = await Application.open({ directory, genesis: await genesisOf() })
for (const [at, { time, transactions }] of blocks.entries()) {
  const height = at + 1
  if (height <= application.info.height) continue
  const bytes = transactions.map((each) => Buffer.from(each, 'base64'))
  const { appHash } = await application.deliver({ height, time, transactions: bytes })
  await application.commit()
  process.stdout.write(`${height} ${appHash}\n`)
}
await application.close()
