/**
 * The bank of the tour, all of it upgraded by one plan: the kernel, the workers, and every vat. The plan is
 * rehearsed while the bank goes on with its transfers.
 */
import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { ask, balances, transfer, walletName } from '../../examples/tour/bank.ts'
import { makeWorld } from '../../examples/tour/chapters/1-world.ts'
import { Claims } from '../../examples/claims.ts'
import type { TraderReport } from '../../examples/tour/trader.ts'
import { applyTransfers, openingBalances, readTransfers, sum, world as sizes } from '../../examples/tour/transfers.ts'
import { forkStore, type PlanProgress } from '../../src/host/index.ts'
import { certificateOf, rehearse, type RehearsalReport } from '../../src/rehearsal/index.ts'
import { bundleFile, withSpace } from '../kit/bundles.ts'
import { sameKernel } from '../kit/kernelVariants.ts'
import { sharedDirectory } from '../kit/sharedStores.ts'
import { sameSupervisor } from '../kit/supervisorVariants.ts'
import { openWorld, temporaryDirectory, type World } from '../kit/world.ts'

const tour = join(import.meta.dirname, '..', '..', 'examples', 'tour')
const vatFile = (name: string): string => join(tour, 'vats', `${name}.ts`)
const names = Array.from({ length: sizes.wallets }, (_, number) => walletName(number))
const transfers = readTransfers()

/** The wallets and the market remember purses and wallets in their heaps only: here they get them back. */
const handOver = {
  source: `
export const buildRootObject = () => Far('hand over', {
  evaluate: async ({ roots }, { wallets, each }) => {
    const holders = wallets.map((name) => roots[name])
    for (const [number, holder] of holders.entries()) {
      const first = BigInt(number) * each
      const asked = Array.from({ length: Number(each) }, (_, at) => E(roots.issuer).purse(first + BigInt(at)))
      await E(holder).hold(first, await Promise.all(asked), roots.issuer)
    }
    await E(roots.market).open(holders, each)
    return holders.length
  },
})
`,
}

/** As chapter 1 of the tour leaves it; each wallet expects a dividend that the issuer will never pay. */
async function openBank(t: TestContext): Promise<World> {
  const from = await sharedDirectory('the bank of the tour', (directory) => makeWorld(directory, new Claims()))
  const world = await openWorld(t, { from })
  const issuer = await world.root('issuer')
  for (const name of names) await world.controller.sendOnly(name, 'expectDividend', [issuer])
  await world.controller.run()
  await world.controller.commit()
  return world
}

/** Installs all code, and says in which steps it comes into place. */
async function planFor({ controller, install, installBundle }: Bound): Promise<object> {
  const kernel = await controller.installKernel(await sameKernel())
  const { engine } = await controller.worker('default')
  await controller.installWorker({ engine, supervisor: await sameSupervisor(), label: 'second' })
  const issuer = await installBundle(await bundleFile(vatFile('issuer-v2')))
  const market = await installBundle(withSpace(await bundleFile(vatFile('market'))))
  const wallet = await installBundle(withSpace(await bundleFile(vatFile('wallet'))))
  const upgradesOf = (some: readonly string[]): object[] => some.map((vat) => ({ vat, bundle: wallet }))
  const probe = (name: string, to: string, method: string, answer: unknown): object => ({
    kind: 'probe', name, to, method, answer,
  })
  return {
    id: 'all of the bank',
    expects: { vats: [{ vat: '*', incarnation: 0, status: 'running' }] },
    steps: [
      { kind: 'kernel', name: 'kernel', bundle: kernel.id },
      { kind: 'worker', name: 'workers', worker: 'second', mode: 'replay', makeDefault: true },
      { kind: 'vat', name: 'issuer', vat: 'issuer', bundle: issuer, upgradeMessage: 'fees are booked as charged' },
      probe('issuer is 2', 'issuer', 'version', 2),
      { kind: 'vat', name: 'market', vat: 'market', bundle: market },
      { kind: 'together', name: 'half the wallets', upgrades: upgradesOf(names.slice(0, 25)) },
      { kind: 'together', name: 'all wallets', upgrades: upgradesOf(names) },
      {
        kind: 'evaluate',
        name: 'hand over',
        bundle: await install(handOver),
        powers: { roots: ['issuer', 'market', ...names] },
        parameters: { wallets: names, each: { '@bigint': String(sizes.pursesEach) } },
      },
      probe('totals', 'issuer', 'totals', { issued: { '@bigint': '1000000000' }, fees: { '@type': 'bigint' } }),
      probe('first', names[0] ?? '', 'balances', Array.from({ length: 20 }, () => ({ '@type': 'bigint' }))),
      probe('last', names.at(-1) ?? '', 'purses', Array.from({ length: 20 }, () => ({ '@type': 'remote' }))),
    ],
  }
}

interface Bound {
  readonly controller: World['controller']
  readonly install: World['install']
  readonly installBundle: World['installBundle']
}
const bound = (world: World): Bound => ({
  controller: world.controller,
  install: (recipe) => world.install(recipe),
  installBundle: (bundle) => world.installBundle(bundle),
})

type Row = PlanProgress['reports'][number]

/** What does not depend on the block from which the plan begins, nor on who has how much money there. */
const lasting = ({ name, kind, outcome, code, message, result }: Row): unknown => ({
  name, kind, outcome, code, message,
  result: name === 'totals' || name === 'first' ? null : withoutNumbers(result),
})

/** Of heights, cranks and computrons, and the kernel's names of objects that were exported again. */
const numbers: readonly string[] = ['block', 'since', 'changed', 'computrons', '@remote']
const withoutNumbers = (result: unknown): unknown =>
  JSON.parse(JSON.stringify(result, (key, value: unknown) => (numbers.includes(key) ? undefined : value)))

const numbered = (row: Row): unknown => [row.name, row.outcome, row.cranks, row.computrons, row.hash]

/** The transfers are applied up to here, and from here on no money vanishes. */
async function checkMoney({ controller }: World, count: number): Promise<void> {
  const found = await balances(controller)
  const expected = applyTransfers(openingBalances(), transfers.slice(0, count))
  assert.deepEqual(found, expected)
  const before = await vanished(controller, found)
  const more = transfers.slice(0, 50)
  await transfer(controller, more)
  const after = await balances(controller)
  assert.deepEqual(after, applyTransfers(expected, more))
  assert.equal(await vanished(controller, after), before, 'the second issuer books what it charges')
}

async function vanished(controller: World['controller'], found: readonly bigint[]): Promise<bigint> {
  const { issued, fees } = (await ask(controller, 'issuer', 'totals')) as { issued: bigint; fees: bigint }
  return issued - fees - sum(found)
}

/** Something that has ended or not. */
class Ending<Value> {
  isOver = false
  readonly value: Promise<Value>

  constructor(value: Promise<Value>) {
    this.value = value.finally(() => { this.isOver = true })
  }
}

/** Blocks of fifty transfers, each committed with some under way, until `to` or until something has ended. */
async function trade(
  { controller }: World,
  from: number,
  to: number,
  until?: Ending<unknown>,
): Promise<number> {
  let at = from
  while (at < to && until?.isOver !== true) {
    for (const { from: payer, to: payee, amount } of transfers.slice(at, at + 50))
      await controller.sendOnly('market', 'transfer', [payer, payee, amount])
    at += 50
    await controller.run({ cranks: 400 })
    await controller.commit()
  }
  return at
}

function checkPassed(report: RehearsalReport): void {
  assert.deepEqual(report.findings, [])
  assert.equal(report.run?.state, 'done')
  const { disconnectedPromises } = report.run?.reports[2]?.result as { disconnectedPromises: number }
  assert.equal(disconnectedPromises, sizes.wallets, 'each wallet loses its dividend')
}

// Reh1, Reh2, Cert1.
test('what is rehearsed while the bank runs is what happens, from the same block and after more traffic', async (t) => {
  const world = await openBank(t)
  const plan = await planFor(bound(world))
  const begun = await trade(world, 0, 100)
  const same = join(temporaryDirectory(t), 'same')
  forkStore(world.directory, same)
  const forked = Promise.withResolvers<void>()
  const onProgress = ({ part }: { part: string }): void => {
    if (part !== 'forking') forked.resolve()
  }
  const rehearsal = new Ending(rehearse({ directory: world.directory, plan, onProgress }))
  await Promise.race([forked.promise, rehearsal.value])
  const applied = await trade(world, begun, 500, rehearsal)
  assert.ok(applied > begun, 'blocks were committed meanwhile')
  const report = await rehearsal.value
  checkPassed(report)
  const certificate = certificateOf(report)

  const copy = await openWorld(t, { from: same })
  const { reports } = await copy.controller.runPlan(plan)
  assert.deepEqual(reports.map(numbered), report.run?.reports.map(numbered))
  assert.deepEqual(reports, report.run?.reports)
  assert.deepEqual(reports.map(({ hash }) => hash), certificate.steps.map(({ hash }) => hash))
  assert.equal(await copy.activityHash(), certificate.end)

  const real = await world.controller.runPlan(plan)
  assert.equal(real.state, 'done')
  assert.deepEqual(real.reports.map(lasting), report.run?.reports.map(lasting))
  await checkMoney(world, applied)
})

// Reh1.
test('the bank runs in another process, which is killed after the rehearsal', async (t) => {
  const world = await openBank(t)
  const plan = await planFor(bound(world))
  await world.reopen()
  await world.controller.shutdown()
  // In its last block it goes on until it is killed.
  const last = String(Math.ceil(transfers.length / sizes.blockSize) - 1)
  const trader = fork(join(tour, 'trader.ts'), [world.directory, last], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const exited = once(trader, 'exit')
  const cursors: number[] = []
  const told = Promise.withResolvers<void>()
  trader.on('message', (said: TraderReport) => {
    if (said.kind !== 'block') return
    cursors.push(said.cursor)
    told.resolve()
  })
  await told.promise
  const report = await rehearse({ directory: world.directory, plan })
  checkPassed(report)
  trader.kill('SIGKILL')
  assert.deepEqual(await exited, [null, 'SIGKILL'])
  await world.open()
  const applied = Number(await world.controller.getHostState('cursor'))
  assert.ok(applied >= (cursors.at(-1) ?? 0) && applied > 0, `${applied} transfers are applied`)
  const real = await world.controller.runPlan(plan)
  assert.equal(real.state, 'done')
  assert.deepEqual(real.reports.map(lasting), report.run?.reports.map(lasting))
  await checkMoney(world, applied)
})
