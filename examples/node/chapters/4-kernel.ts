/** Chapter 4: a vote puts a kernel with a defect in place, which a transfer provokes; another vote repairs it. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundleKernel } from 'heirloom'
import { encodeArguments, NodeError } from 'heirloom/client'
import { chapter } from '../../claims.ts'
import { inFlight, type Chain } from '../chain.ts'
import { agrees, compare } from '../compare.ts'
import { seconds, type Report } from '../report.ts'
import { addressAt, keyAt, transfersOf } from '../world.ts'

interface KernelStatus {
  readonly state: string
  readonly kernel: string
  readonly error: string | null
}

const duringFault = 100

export async function swapKernel(chain: Chain, workplace: string, report: Report): Promise<void> {
  chapter('4. A vote puts a kernel with a defect in place; a transfer provokes it; another vote repairs it')
  const status = async () => (await chain.query('kernel/status')) as unknown as KernelStatus
  const { kernel: good } = await status()
  const defective = await bundleKernel(defectiveSources(join(workplace, 'kernel')))
  await chain.upload(defective.bytes, 'kernel', 'defective')
  const began = performance.now()
  const swapped = await chain.vote('Another kernel', { kind: 'kernel/upgrade', kernel: defective.id })
  report.figure('seconds from the proposal to another kernel', seconds(began))
  await chain.blocks(3)
  const inPlace = await status()
  report.check(
    'the kernel is replaced below the running vats',
    swapped.state === 'done' && inPlace.kernel === defective.id && inPlace.state === 'ready',
    `${good.slice(0, 12)} → ${inPlace.kernel.slice(0, 12)}`,
  )

  const before = chain.model.count
  await chain.send(keyAt(5), { kind: 'ledger/transfer', to: addressAt(6), amount: '7', memo: 'poison' })
  await chain.until('the kernel is faulted', async () => (await status()).state === 'faulted')
  report.check('a transfer provokes the fault', (await status()).state === 'faulted', String((await status()).error))
  await goOnFaulted(chain, report)

  const mending = performance.now()
  const mended = await chain.vote('The kernel before', { kind: 'kernel/upgrade', kernel: good })
  await chain.until('the kernel is ready', async () => (await status()).state === 'ready')
  report.figure('seconds from the proposal to the repaired kernel', seconds(mending))
  report.check('a vote repairs it', mended.state === 'done' && (await status()).kernel === good, `${(await status()).state}`)
  await checkArrival(chain, chain.model.count - before, report)
}

/** A copy of the sources of the kernel, with a defect. Returns their entry. */
function defectiveSources(directory: string): string {
  const project = join(import.meta.dirname, '..', '..', '..')
  mkdirSync(directory)
  for (const folder of ['base', 'protocol', 'codec', 'kernel'])
    cpSync(join(project, 'src', folder), join(directory, 'src', folder), { recursive: true })
  cpSync(join(project, 'package.json'), join(directory, 'package.json'))
  const file = join(directory, 'src', 'kernel', 'cranks', 'items.ts')
  const [piece, text] = ['      const message = traffic.take(item.port)\n', readFileSync(file, 'utf8')]
  if (text.split(piece).length !== 2) throw new Error(`${file} has not once: ${piece}`)
  const defect = "      if (message.methargs.body.includes('poison')) throw new Error('the defect')\n"
  writeFileSync(file, text.replace(piece, () => piece + defect))
  return join(directory, 'src', 'kernel', 'main.ts')
}

/** What goes on without the kernel, and what does not. */
async function goOnFaulted(chain: Chain, report: Report): Promise<void> {
  let done = 0
  await inFlight(transfersOf(duringFault, 23), async ({ from, to, amount }) => {
    await chain.send(keyAt(from), { kind: 'ledger/transfer', to: addressAt(to), amount: String(amount) })
    done += 1
  })
  report.check('transfers go on', done === duringFault, `${done} transfers`)
  const fees = await chain.vote('Cheaper uploads', { kind: 'parameters/set', name: 'fees.upload', value: 50 })
  report.check('votes go on', fees.state === 'done', `proposal ${fees.id}: ${fees.state}`)
  chain.model.uploadFee = 50n
  const code = await refusalOf(() =>
    chain.client.send(keyAt(5), { kind: 'kernel/send', to: 'bank', method: 'version', args: encodeArguments() }),
  )
  report.check('messages to vats are refused', code === 'kernel/faulted', code)
  const { waiting } = (await chain.query('ledger/owed')) as { readonly waiting: number }
  report.check('what the bank is owed waits', waiting >= duringFault, `${waiting} items`)
}

/** The code with which the node refuses. */
export async function refusalOf(send: () => Promise<unknown>): Promise<string> {
  try {
    await send()
    return 'accepted'
  } catch (error) {
    if (error instanceof NodeError) return error.code
    throw error
  }
}

async function checkArrival(chain: Chain, transfers: number, report: Report): Promise<void> {
  const found = await compare(chain)
  report.check(
    'what the bank was owed arrives exactly once',
    found.bank.gaps === 0 && found.bank.transfers === chain.model.count && transfers === duringFault + 1,
    `${found.bank.heard} items, ${found.bank.gaps} missed or repeated`,
  )
  report.check('ledger, bank and model agree to the unit again', agrees(found), `${found.inBank} accounts, ${found.bank.transfers} transfers`)
}
