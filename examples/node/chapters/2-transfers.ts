/** Chapter 2: 2,000 transfers, many under way at once; the node is killed in the middle and started again. */
import { setTimeout as sleep } from 'node:timers/promises'
import { hashOfTransaction, NodeError, signTransaction } from 'heirloom/client'
import { chapter } from '../../claims.ts'
import { inFlight, type Chain } from '../chain.ts'
import { agrees, compare } from '../compare.ts'
import { seconds, type Report } from '../report.ts'
import { addressAt, keyAt, shuffled, transfersOf, world, type Transfer } from '../world.ts'

interface Signed {
  readonly transfer: Transfer
  readonly bytes: Uint8Array
  readonly hash: string
}

/** After how many of them the node is killed, and how much later, in milliseconds. */
const deadly = { transfers: Math.floor(world.transfers * 0.4), after: 20 }

export async function runTransfers(chain: Chain, report: Report): Promise<void> {
  chapter(`2. ${world.transfers.toLocaleString('en')} signed transfers, in any order; the node is killed (SIGKILL) in the middle`)
  const { height } = await chain.client.status()
  const signed = transfersOf(world.transfers, 7).map((transfer, index) => sign(transfer, index, height + 900))
  const course = await submitAll(chain, signed)
  const { ended, unknown, after, restarting, milliseconds } = course
  report.check('the node died by SIGKILL', ended === 'SIGKILL', `${after} transfers known, ${unknown} unknown`)
  report.check('after the start all were executed', course.ok === world.transfers, `${course.ok} with the result ok`)
  report.figure(
    'transactions per second, end to end, from the first request to the last answer',
    `${rate(milliseconds - restarting)} while a node ran, ${rate(milliseconds)} with the kill`,
  )

  const places = await placesOf(chain, height)
  const once = signed.filter(({ hash }) => places.get(hash) === 1).length
  report.check('each is in exactly one block', once === world.transfers, `${once} of ${world.transfers}`)
  const used = await usedNonces(chain, height + 900)
  report.check('and each nonce is used up', used === world.transfers, `${used} × tx/nonce-used`)
  const found = await compare(chain)
  report.check('each balance is that of the model', found.asModelled === found.accounts, `${found.asModelled} accounts`)
  report.check('no unit came or went', found.sum === found.total, `${found.sum} units`)
  report.check(
    'the bank agrees to the unit with the ledger, and missed nothing',
    agrees(found) && found.bank.transfers === world.transfers,
    `${found.inBank} accounts, ${found.bank.transfers} transfers`,
  )
  const totals = (await chain.query('publishing/show/totals')) as { readonly value: { readonly transfers: number } }
  const { transfers } = totals.value
  report.check('what the bank publishes says so too', transfers === world.transfers, `${transfers} transfers`)
}

const rate = (milliseconds: number): number => Math.round((world.transfers / milliseconds) * 1000)

/** The nonce is the number of the transfer. */
function sign(transfer: Transfer, index: number, expires: number): Signed {
  const { from, to, amount } = transfer
  const message = { kind: 'ledger/transfer', to: addressAt(to), amount: String(amount) } as const
  const fields = { chain: world.chain, expires, fee: 1, nonce: BigInt(index), message }
  const bytes = signTransaction(keyAt(from), fields)
  return { transfer, bytes, hash: hashOfTransaction(bytes) }
}

interface Course {
  readonly ok: number
  /** What became known, and what did not, before the kill. */
  readonly after: number
  readonly unknown: number
  readonly ended: number | string | null
  /** How long there was no node. */
  readonly restarting: number
  readonly milliseconds: number
}

/** The client submits again what it knows nothing of, until each transfer is in a block. */
async function submitAll(chain: Chain, signed: readonly Signed[]): Promise<Course> {
  const began = performance.now()
  const kill = Promise.withResolvers<void>()
  let [ok, known, restarting] = [0, 0, 0]
  const killed = kill.promise.then(async () => {
    await sleep(deadly.after)
    const [after, since] = [known, performance.now()]
    const ended = await chain.node.end('SIGKILL')
    await chain.restart()
    restarting = performance.now() - since
    console.log(`   … killed after ${after} transfers; it listens again after ${seconds(since)}`)
    return { after, unknown: signed.length - after, ended }
  })
  const submitted = inFlight(shuffled(signed, 11), async ({ transfer, bytes }) => {
    const outcome = await chain.client.submitAndWait(bytes)
    known += 1
    if (known === deadly.transfers) kill.resolve()
    if (outcome.kind !== 'included' || outcome.result.code !== 'ok') return
    ok += 1
    const { from, to, amount } = transfer
    chain.model.executed(keyAt(from), { kind: 'ledger/transfer', to: addressAt(to), amount: String(amount) })
  })
  const [end] = await Promise.all([killed, submitted])
  return { ...end, ok, restarting, milliseconds: performance.now() - began }
}

/** In how many places of blocks each transaction is. */
async function placesOf(chain: Chain, after: number): Promise<ReadonlyMap<string, number>> {
  const places = new Map<string, number>()
  const { height: last } = await chain.client.status()
  for (let height = after + 1; height <= last; height += 1)
    for (const { hash } of (await chain.client.block(height)).transactions)
      places.set(hash, (places.get(hash) ?? 0) + 1)
  return places
}

/** For how many transfers another one with the same nonce is refused. */
async function usedNonces(chain: Chain, expires: number): Promise<number> {
  let used = 0
  const others = Array.from({ length: world.transfers }, (_, index) => index)
  await inFlight(
    others,
    async (index) => {
      const other = sign({ from: index % world.accounts, to: 0, amount: 1_000n }, index, expires)
      if ((await checkPatiently(chain, other.bytes)) === 'tx/nonce-used') used += 1
    },
    20,
  )
  return used
}

/** A node refuses requests that come too fast; then it is asked again. */
async function checkPatiently(chain: Chain, bytes: Uint8Array): Promise<string> {
  for (;;) {
    try {
      return (await chain.client.check(bytes)).code
    } catch (error) {
      if (!(error instanceof NodeError) || error.status !== 429) throw error
      await sleep(100)
    }
  }
}
