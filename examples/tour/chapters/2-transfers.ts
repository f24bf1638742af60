/**
 * Chapters 2 and 3: 2,000 transfers in blocks of 100, in a process of their own, which is killed
 * in the middle of a block and started again.
 */
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { balances, drift, open } from '../bank.ts'
import { chapter } from '../../claims.ts'
import type { Claims } from '../../claims.ts'
import { Progress } from '../progress.ts'
import type { TraderReport } from '../trader.ts'
import { applyTransfers, openingBalances, readTransfers, world } from '../transfers.ts'

const deadlyBlock = 10

/** What the trader has told, over its two lives. */
interface Course {
  committed: number
  deliveries: number
  milliseconds: number
  /** In the middle of the block, when the process was killed. */
  atDeath: { readonly cursor: number; readonly cranks: number } | undefined
  reborn: { readonly height: number; readonly cursor: number } | undefined
  signal: string | null
}

export async function runTransfers(directory: string, claims: Claims): Promise<void> {
  chapter('2. 2,000 transfers, in blocks of 100')
  const transfers = readTransfers()
  const progress = new Progress(transfers.length)
  const course: Course = {
    committed: 0,
    deliveries: 0,
    milliseconds: 0,
    atDeath: undefined,
    reborn: undefined,
    signal: null,
  }

  await trade([directory, String(deadlyBlock)], course, progress)
  progress.interrupt()
  chapter('3. The process was killed (SIGKILL) in the middle of a block; it is started again')
  await trade([directory], course, progress)

  const perSecond = Math.round((course.deliveries / course.milliseconds) * 1000)
  claims.check(
    'the process died by SIGKILL inside a block',
    course.signal === 'SIGKILL' && course.atDeath !== undefined,
    `${course.atDeath?.cranks} cranks into block ${deadlyBlock}`,
  )
  claims.check(
    'it went on from the last committed block',
    course.reborn?.cursor === deadlyBlock * world.blockSize,
    `transfer ${course.reborn?.cursor}, height ${course.reborn?.height}`,
  )

  const controller = await open(directory)
  const found = await balances(controller)
  const expected = applyTransfers(openingBalances(), transfers)
  const wrong = found.filter((balance, purse) => balance !== expected[purse]).length
  const vanished = await drift(controller)
  claims.check(
    'the balances are those computed from the file',
    found.length === expected.length && wrong === 0,
    `${found.length - wrong} of ${expected.length} purses`,
  )
  claims.check('version 1 lets money vanish', vanished > 0n, `${vanished} units`)
  claims.check(
    '2,000 transfers ran',
    course.committed === transfers.length,
    `${course.deliveries.toLocaleString('en')} deliveries, ${perSecond.toLocaleString('en')}/s`,
  )
  await controller.commit()
  await controller.shutdown()
}

/** One life of the trader; resolves when the process is gone. */
function trade(args: readonly string[], course: Course, progress: Progress): Promise<void> {
  const trader = fork(join(import.meta.dirname, '..', 'trader.ts'), args, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  let finished = false
  trader.on('message', (report: TraderReport) => {
    finished ||= report.kind === 'finished'
    hear(report, trader, course, progress)
  })
  return new Promise((resolve, reject) => {
    trader.once('exit', (code, signal) => {
      course.signal ??= signal
      if (finished || signal === 'SIGKILL') resolve()
      else reject(new Error(`the trader ended with ${code ?? signal}`))
    })
  })
}

function hear(report: TraderReport, trader: ChildProcess, course: Course, progress: Progress): void {
  switch (report.kind) {
    case 'started':
      if (course.atDeath !== undefined) course.reborn = report
      return
    case 'middle':
      course.atDeath = report
      trader.kill('SIGKILL')
      return
    case 'block':
      course.committed = report.cursor
      course.deliveries += report.deliveries
      course.milliseconds += report.milliseconds
      progress.show(
        report.cursor,
        `· ${Math.round((course.deliveries / course.milliseconds) * 1000).toLocaleString('en')} deliveries/s`,
      )
      return
    case 'finished':
      return
  }
}
