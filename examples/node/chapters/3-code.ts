/** Chapter 3: a vote upgrades the bank, as it was rehearsed; a certificate that does not hold any more is refused. */
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { bundleVat, forkStore, openController } from 'heirloom'
import type { PlanView } from 'heirloom'
import { certificateOf, isRehearsed, rehearse, type Certificate, type CertifiedStep } from 'heirloom/rehearsal'
import type { JsonValue } from 'heirloom/client'
import { chapter } from '../../claims.ts'
import type { Chain } from '../chain.ts'
import { agrees, compare, type Statement } from '../compare.ts'
import { seconds, type Report } from '../report.ts'
import { addressAt, keyAt } from '../world.ts'

const vat = (name: string): string => join(import.meta.dirname, '..', 'vats', `${name}.ts`)

const planTo = (bundle: string, incarnation: number): JsonValue => ({
  id: bundle,
  about: `the bank to ${bundle}`,
  expects: { vats: [{ vat: 'bank', incarnation }] },
  steps: [
    { kind: 'vat', name: 'the bank', vat: 'bank', bundle },
    { kind: 'probe', name: 'its version', to: 'bank', method: 'version', answer: 2 },
  ],
})

export async function upgradeBank(chain: Chain, report: Report): Promise<void> {
  chapter('3. A vote puts version 2 of the bank in place, as it was rehearsed on a copy of the running store')
  const { bytes } = await bundleVat(vat('bank-2'))
  await chain.upload(bytes, 'vat', 'bank-2')
  const before = await compare(chain)
  const plan = planTo('bank-2', 0)
  const certificate = await certify(chain, plan, report)

  const began = performance.now()
  const [proposal] = await Promise.all([
    chain.vote('Bank 2', { kind: 'kernel/run-plan', plan, certificate: json(certificate) }),
    transferMeanwhile(chain),
  ])
  const version = await chain.ask('bank', 'version')
  report.figure('seconds from the proposal to an answer of the new code', seconds(began))
  report.check('the vote passed, and the plan is done', proposal.state === 'done', `proposal ${proposal.id}: ${proposal.state}`)
  report.check('the new code answers', version === 2, `version ${String(version)}`)
  await checkSteps(chain, certificate, report)
  await checkAccounts(chain, before.statements, report)
  await refuseStale(chain, bytes, report)
}

const json = (value: object): JsonValue => JSON.parse(JSON.stringify(value)) as JsonValue

async function certify(chain: Chain, plan: JsonValue, report: Report): Promise<Certificate> {
  const began = performance.now()
  const rehearsed = await rehearse({ directory: chain.store, plan })
  report.check(
    'the rehearsal has nothing against it',
    isRehearsed(rehearsed),
    `${rehearsed.findings.length} findings, from block ${rehearsed.start.height}, ${seconds(began)}`,
  )
  return certificateOf(rehearsed)
}

/** Accounts go on with their transfers while the members vote. */
async function transferMeanwhile(chain: Chain): Promise<void> {
  for (let round = 0; round < 5; round += 1) {
    const transfers = [6, 7, 8, 9].map((from) =>
      chain.send(keyAt(from), { kind: 'ledger/transfer', to: addressAt(from + 1), amount: '500' }),
    )
    await Promise.all(transfers)
  }
}

/** What a step is for, without what depends on how much there is in the store. */
function purposeOf({ name, kind, outcome, code, result }: CertifiedStep): object {
  if (kind !== 'vat') return { name, outcome, code, result }
  const { mode, incarnationNumber } = result as { readonly mode: string; readonly incarnationNumber: number }
  return { name, outcome, code, mode, incarnationNumber }
}

/** Compares what the steps came to with what the rehearsal said. */
async function checkSteps(chain: Chain, { steps }: Certificate, report: Report): Promise<void> {
  const [plan] = (await copied(chain)).plans
  const reports = plan?.reports ?? []
  const isSame = isDeepStrictEqual(reports.map(purposeOf), steps.map(purposeOf))
  report.check(
    'each step came to what the rehearsal said',
    isSame && reports.length === 2 && reports.every(({ deviation }) => deviation === null),
    reports.map(({ name, outcome }) => `${name}: ${outcome}`).join(', '),
  )
}

interface Copied {
  readonly plans: readonly PlanView[]
  readonly incarnation: number
  readonly bundle: string
}

/** The plans that are over, and what the bank runs, read from a copy of the running store. */
async function copied(chain: Chain): Promise<Copied> {
  const copy = join(chain.home, '..', `copy-${performance.now()}`)
  forkStore(chain.store, copy)
  const controller = await openController({ directory: copy, make: 'never' })
  try {
    const { incarnation, bundle } = await controller.vat('bank')
    return { plans: await controller.planHistory(), incarnation, bundle }
  } finally {
    await controller.shutdown()
  }
}

async function checkAccounts(
  chain: Chain,
  before: ReadonlyMap<string, Statement>,
  report: Report,
): Promise<void> {
  const found = await compare(chain)
  const kept = [...before].filter(([address, { transfers }]) => {
    const now = found.statements.get(address)
    return now !== undefined && now.largest !== undefined && now.transfers >= transfers
  })
  report.check(
    'every account is there, with what version 1 had counted, and knows what version 2 adds',
    kept.length === before.size,
    `${kept.length} accounts`,
  )
  report.check('ledger, bank and model agree to the unit', agrees(found), `${found.inBank} accounts, ${found.bank.transfers} transfers`)
  await chain.send(keyAt(0), { kind: 'ledger/transfer', to: addressAt(1), amount: '777' })
  const { isSame, statement } = (await chain.ask('customer', 'compare', addressAt(0))) as {
    readonly isSame: boolean
    readonly statement: Statement
  }
  report.check(
    'an account that another vat holds is the same object, with the new behaviour',
    isSame && statement.largest === 777n,
    `its largest transfer since then: ${statement.largest}`,
  )
}

/** Between the rehearsal and the end of the vote, another vote upgrades the bank. */
async function refuseStale(chain: Chain, bytes: Uint8Array, report: Report): Promise<void> {
  const label = 'bank-next'
  await chain.upload(Buffer.concat([bytes, Buffer.from('\n// Next.\n')]), 'vat', label)
  const plan = planTo(label, 1)
  const certificate = await certify(chain, plan, report)
  const first = await chain.propose('At once', { kind: 'kernel/upgrade-vat', vat: 'bank', bundle: label })
  const run = { kind: 'kernel/run-plan', plan, certificate: json(certificate) }
  const second = await chain.propose('The next bank', run)
  const [other, { state, reason }] = await Promise.all([chain.decide(first), chain.decide(second)])
  const after = await copied(chain)
  report.check(
    'while it is voted on, another vote upgrades the bank',
    other.state === 'done',
    `proposal ${other.id}: ${other.state}`,
  )
  report.check('the proposal fails, with its code', state === 'failed' && reason === 'plan/conditions', `${state}: ${reason}`)
  report.check(
    'and the bank is what the other vote has made it',
    after.incarnation === 2 && after.plans.length === 1 && agrees(await compare(chain)),
    `incarnation ${after.incarnation} on ${after.bundle.slice(0, 12)}…, ${after.plans.length} plan done`,
  )
}
