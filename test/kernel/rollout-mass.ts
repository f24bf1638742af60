/**
 * A rollout of 200 vats, of which ten cannot follow, as a host does it: in blocks, with numbered messages to
 * the vats meanwhile. A host that was killed goes on with its last block. Used by
 * `rollout-mass.long.test.ts` and by the process that it kills, `killed-rollout.ts`.
 */
import assert from 'node:assert/strict'
import type { Controller, RolloutOptions } from '../../src/host/index.ts'
import type { RolloutView, VatOutcome } from '../../src/protocol/worker/rollout.ts'
import { notingSupervisor } from '../kit/supervisorVariants.ts'
import { answerOf, openWorld, type Scope } from '../kit/world.ts'

// --- the vats

/** By what they do on the version to which they are moved; the rest follow. */
const special = { differs: 5, 'differs and has no heir': 3, exhausts: 2 } as const
type Special = keyof typeof special

export interface Member {
  readonly name: string
  readonly does: 'follows' | Special
  /** The delivery at which its replay ends early. */
  readonly position: number | null
}

const count = 200

/** The special ones are spread among the others. Each fails at a delivery of its own. */
export const members: readonly Member[] = (() => {
  const does = (Object.keys(special) as Special[]).flatMap((each) =>
    Array.from({ length: special[each] }, () => each),
  )
  return Array.from({ length: count }, (_, index): Member => {
    const place = (index - 7) / 19
    const special = Number.isInteger(place) ? does[place] : undefined
    return {
      name: `member${index}`,
      does: special ?? 'follows',
      position: special === undefined ? null : place + (special === 'exhausts' ? 2 : 3),
    }
  })
})()

const setup = `
  if (baggage.has('no heir')) throw Error('no heir')
  if (!baggage.has('notes')) baggage.init('notes', [])
  me.note = (text) => baggage.set('notes', [...baggage.get('notes'), text])`

/** The last deliveries of its history, after `position` messages at most. */
const deedOf: Readonly<Record<Special, string>> = {
  'differs': 'return E(args[0]).echo(1n)',
  'differs and has no heir': "baggage.init('no heir', true); return E(args[0]).echo(1n)",
  'exhausts': 'for (let i = 0; i < 2000000; i += 1) me.count = 0n',
}

/** A closed store with all members on the default version, their sender, and the version to which they go. */
export async function prepareMembers(scope: Scope): Promise<string> {
  const config = { snapshotInterval: 4 }
  const world = await openWorld(scope, { vats: { sender: { setup: 'me.members = new Map()' } }, config })
  const { controller } = world
  const supervisor = await notingSupervisor('notify')
  await controller.installWorker({ engine: 'quickjs-wasi-3.7.0', supervisor, label: 'next' })
  const bundle = await world.install()
  for (const { name } of members) await controller.createVat(name, bundle, { parameters: { setup } })
  await controller.run()
  const sender = await controller.root('sender')
  for (const { name, does, position } of members) {
    const root = await controller.root(name)
    await controller.sendOnly('sender', 'run', ['me.members.set(args[0], args[1])', name, root])
    if (does === 'follows') continue
    // A message that is answered takes one delivery more.
    const before = (position ?? 0) - (does === 'exhausts' ? 1 : 2)
    for (let message = 0; message < before; message += 1) await controller.sendOnly(name, 'run', ['0'])
    await controller.sendOnly(name, 'run', [deedOf[does], sender])
  }
  await controller.run()
  for (const { name, does } of members)
    if (does === 'exhausts') await controller.changeVatOptions(name, { computronsPerDelivery: 5_000_000n })
  await controller.run()
  await controller.commit()
  await controller.shutdown()
  world.state = 'ended'
  return world.directory
}

// --- the rollouts

export const policies = ['keep', 'suspend', 'stop'] as const
export type Policy = (typeof policies)[number]

export const isPolicy = (text: string | undefined): text is Policy =>
  policies.some((policy) => policy === text)

const options: Readonly<Record<Policy, RolloutOptions>> = {
  keep: { mode: 'replay', onFailure: 'keep' },
  suspend: { mode: 'auto', onFailure: 'suspend', order: 'suspend-first' },
  stop: { mode: 'replay', onFailure: 'stop' },
}

export interface Expected {
  readonly outcome: VatOutcome
  /** Of the last refusal that the rollout has recorded. */
  readonly code: string | null
}

/** What must become of a member. With `stop` the host helps each that cannot follow (`help`). */
export function expected({ does }: Member, policy: Policy): Expected {
  if (does === 'follows') return { outcome: 'moved', code: null }
  const code = does === 'exhausts' ? 'replay/exhausted' : 'replay/diverged'
  switch (policy) {
    case 'keep':
      return { outcome: 'kept', code }
    case 'suspend':
      return does === 'differs and has no heir'
        ? { outcome: 'suspended', code: 'start/threw' }
        : { outcome: 'restarted', code }
    case 'stop':
      if (does === 'exhausts') return { outcome: 'moved', code: null }
      return does === 'differs' ? { outcome: 'already', code: null } : { outcome: 'gone', code }
  }
}

/** What a host does for the vat at which its rollout stopped. */
async function help(controller: Controller, { name, does }: Member): Promise<void> {
  if (does === 'differs') await controller.upgradeWorker(name, 'next', { mode: 'restart' })
  else if (does === 'exhausts')
    await controller.changeVatOptions(name, { computronsPerDelivery: 1_000_000_000n })
  else await controller.terminateVat(name, 'it cannot follow')
}

// --- the host

const perBlock = 40
/** More than the blocks that any of the rollouts takes. */
export const blocks = 6

/** The members to which messages are sent in a block: all special ones, and some of the others. */
const addressed = (block: number): readonly Member[] =>
  members.filter(({ does }, index) => does !== 'follows' || index % 20 === block % 20)

/** What a member is told, by each of its senders, in order. */
export const messagesTo = (member: Member, sender: 'host' | 'sender'): readonly string[] =>
  Array.from({ length: blocks }, (_, block) => block)
    .filter((block) => addressed(block).includes(member))
    .map((block) => `${sender} ${block}`)

/** Makes the blocks that the store does not have, and tells each step. */
export async function makeBlocks(
  controller: Controller,
  policy: Policy,
  tell: (step: string) => void = () => {},
): Promise<void> {
  for (let block = Number((await controller.getHostState('block')) ?? 0); block < blocks; block += 1) {
    if (block === 0)
      await controller.startRollout('next', { pattern: 'member*', perBlock: { vats: perBlock }, ...options[policy] })
    await sendMessages(controller, block)
    while ((await controller.run({ cranks: 20 })).ended !== 'idle') tell('ran')
    await goOn(controller)
    await controller.setHostState('block', String(block + 1))
    tell(`block ${block}`)
    await controller.commit()
    tell(`committed ${block}`)
  }
}

async function sendMessages(controller: Controller, block: number): Promise<void> {
  for (const { name } of addressed(block)) {
    const { status } = await controller.vat(name).catch(() => ({ status: { kind: 'terminated' } }))
    if (status.kind === 'terminated') continue
    await controller.sendOnly(name, 'run', ['me.note(args[0])', `host ${block}`])
    await controller.sendOnly('sender', 'run', [
      "E(me.members.get(args[0])).run('me.note(args[0])', args[1])",
      name,
      `sender ${block}`,
    ])
  }
}

/** Helps where the rollout stopped, until it does not stop in this block any more. */
async function goOn(controller: Controller): Promise<void> {
  while ((await rolloutOf(controller)).state === 'stopped') {
    const { decided } = await rolloutOf(controller)
    const entry = (await controller.rolloutVats())[decided]
    assert.ok(entry !== undefined)
    const { name } = await controller.vat(entry.vat)
    const member = members.find((each) => each.name === name)
    assert.ok(member !== undefined)
    await controller.setHostState(`stopped at ${name}`, `${entry.refusal?.code}: ${entry.refusal?.message}`)
    await help(controller, member)
    await controller.run()
    await controller.resumeRollout()
    await controller.run()
  }
}

export async function rolloutOf(controller: Controller): Promise<RolloutView> {
  const rollout = await controller.rollout()
  assert.ok(rollout !== undefined)
  return rollout
}

/** What each living member was told, in the order in which it was told; those that wait are resumed. */
export async function notesOf(controller: Controller): Promise<ReadonlyMap<string, readonly string[]>> {
  const living = (await controller.vats()).filter(
    ({ name, status }) => name.startsWith('member') && status.kind !== 'terminated',
  )
  for (const { name, status } of living) if (status.kind === 'suspended') await controller.resumeVat(name)
  const asked = await Promise.all(
    living.map(async ({ name }) => {
      return [name, await controller.send(name, 'run', ["return baggage.get('notes')"])] as const
    }),
  )
  await controller.run()
  const notes = new Map<string, readonly string[]>()
  for (const [name, request] of asked)
    notes.set(name, answerOf(await controller.status(request)) as readonly string[])
  for (const [, request] of asked) await controller.forget(request)
  return notes
}
