/** What a node does in a second: transfers with and without a vat behind the ledger, and votes. */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { addressOf, newKey, NodeClient, signTransaction } from '../../src/client/index.ts'
import { Application, Sequencer, type Genesis } from '../../src/node/index.ts'
import { openNodeServer } from '../../src/server/index.ts'
import {
  accountOf,
  alice,
  bob,
  genesisOf,
  sending,
  transaction,
  transfer,
} from '../../test/node/kit.ts'
import type { BenchCase, Figure } from '../case.ts'
import { median } from '../world.ts'

const rounds = 5
const perBlock = 2_000

/** Applies the work to a new node, and removes it. `bytes`: of the store, once it is closed. */
async function inNode<Value>(
  changes: Partial<Genesis>,
  work: (application: Application) => Promise<Value>,
): Promise<{ readonly value: Value; readonly bytes: number }> {
  const place = mkdtempSync(join(tmpdir(), 'heirloom-bench-'))
  const directory = join(place, 'store')
  const application = await Application.open({ directory, genesis: await genesisOf(changes) })
  try {
    const value = await work(application)
    await application.close()
    return { value, bytes: statSync(join(directory, 'heirloom.sqlite')).size }
  } finally {
    await application.close()
    rmSync(place, { recursive: true, force: true })
  }
}

/** Checks, orders, executes and commits transactions. Returns the seconds. */
async function block(application: Application, transactions: readonly Uint8Array[]): Promise<number> {
  const began = performance.now()
  const { height, time } = application.info
  const chosen = application.propose(transactions)
  const { results } = await application.deliver({ height: height + 1, time: time + 1_000, transactions: chosen })
  await application.commit()
  if (results.length !== transactions.length || results.some(({ code }) => code !== 'ok'))
    throw new Error('a transaction of a measurement must be executed')
  return (performance.now() - began) / 1_000
}

const transfers = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, at) =>
    transaction(at % 2 === 0 ? alice : bob, transfer(accountOf(at % 50), 1), { expires: 900 }),
  )

/** Seconds of each of so many blocks of transfers. */
function blocksOfTransfers(changes: Partial<Genesis>, count: number) {
  const parameters = { 'block.bytes': 20_000_000, 'fees.host': 1 }
  return inNode({ ...changes, parameters }, async (application) => {
    const seconds: number[] = []
    for (let made = 0; made < count; made += 1) seconds.push(await block(application, transfers(perBlock)))
    return seconds
  })
}

async function transfersIn(changes: Partial<Genesis>): Promise<{ readonly perSecond: number; readonly bytes: number }> {
  const few = await blocksOfTransfers(changes, 1)
  const many = await blocksOfTransfers(changes, 1 + rounds)
  return {
    perSecond: perBlock / median(many.value.slice(1)),
    bytes: (many.bytes - few.bytes) / (rounds * perBlock),
  }
}

async function messagesPerSecond(): Promise<number> {
  const { value } = await inNode({ parameters: { 'block.bytes': 20_000_000 } }, async (application) => {
    const seconds: number[] = []
    for (let round = 0; round < rounds; round += 1)
      seconds.push(
        await block(
          application,
          Array.from({ length: 500 }, () => transaction(alice, sending('version'))),
        ),
      )
    return seconds
  })
  return 500 / median(value)
}

/** Transfers a second through HTTP, signed, submitted and waited for by a client in this process. */
async function endToEnd(changes: Partial<Genesis>, count: number): Promise<number> {
  const place = mkdtempSync(join(tmpdir(), 'heirloom-bench-'))
  const keys = Array.from({ length: 20 }, () => newKey())
  const accounts = keys.map((key) => ({ address: addressOf(key), balance: '1000000' }))
  const genesis = await genesisOf({ ...changes, accounts })
  const application = await Application.open({ directory: join(place, 'store'), genesis })
  const sequencer = Sequencer.open({ application, directory: place, blockTime: 200 })
  const server = await openNodeServer({ sequencer, port: 0, limits: { requestsPerSecond: 1_000_000 } })
  try {
    sequencer.start()
    const client = new NodeClient(server.url)
    const began = performance.now()
    let next = 0
    const lane = async (): Promise<void> => {
      for (let at = next++; at < count; at = next++) {
        const key = keys[at % keys.length] ?? newKey()
        const message = { kind: 'ledger/transfer', to: bob.address, amount: '1' } as const
        const bytes = signTransaction(key, { chain: 'test', expires: 900, fee: '1000', message })
        const outcome = await client.submitAndWait(bytes)
        if (outcome.kind !== 'included' || outcome.result.code !== 'ok') throw new Error(JSON.stringify(outcome))
      }
    }
    await Promise.all(Array.from({ length: 400 }, lane))
    return count / ((performance.now() - began) / 1_000)
  } finally {
    await server.close()
    await sequencer.close()
    rmSync(place, { recursive: true, force: true })
  }
}

export const nodes: BenchCase = {
  name: 'nodes',
  async measure(): Promise<readonly Figure[]> {
    const alone = await transfersIn({ kernel: {}, published: {} })
    const told = await transfersIn({})
    return [
      {
        what: 'node: transfers checked, executed and committed, in blocks of 2,000',
        value: alone.perSecond,
        unit: '/s',
        aim: '',
      },
      {
        what: '… and each heard of by a vat, which keeps durable balances',
        value: told.perSecond,
        unit: '/s',
        aim: '',
      },
      { what: '… growth of the store for each, without a vat', value: alone.bytes, unit: 'bytes', aim: '' },
      { what: '… with the vat', value: told.bytes, unit: 'bytes', aim: '' },
      {
        what: 'node: transfers through HTTP, signed and waited for, 400 in flight, blocks of 200 ms',
        value: await endToEnd({ kernel: {}, published: {} }, 4_000),
        unit: '/s',
        aim: '',
      },
      {
        what: '… and each heard of by a vat',
        value: await endToEnd({}, 2_000),
        unit: '/s',
        aim: '',
      },
      {
        what: 'node: messages of accounts to a vat, answered in their block, in blocks of 500',
        value: await messagesPerSecond(),
        unit: '/s',
        aim: '',
      },
    ]
  },
}
