/**
 * A rollout of many vats (`rollout-mass.ts`), whose process is killed at every boundary of blocks and between
 * them: it ends as one that lived, and loses and doubles nothing.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { forkStore, openController, type Controller } from '../../src/host/index.ts'
import { blocksOf } from '../../tools/golden/store.ts'
import { deviationsIn } from '../kit/audit.ts'
import { runUntilKilled } from '../kit/killed.ts'
import { forTheFile, temporaryDirectory } from '../kit/world.ts'
import { readRows } from '../kit/rows.ts'
import { Dice } from '../store/support.ts'
import {
  blocks,
  expected,
  makeBlocks,
  members,
  messagesTo,
  notesOf,
  policies,
  prepareMembers,
  rolloutOf,
  type Policy,
} from './rollout-mass.ts'

const program = join(import.meta.dirname, 'killed-rollout.ts')
const prepared = await prepareMembers(forTheFile)

function copy(t: TestContext): string {
  const directory = join(temporaryDirectory(t), 'store')
  forkStore(prepared, directory)
  return directory
}

async function live(directory: string, policy: Policy): Promise<void> {
  const controller = await openController({ directory, make: 'never', verify: 'lazy' })
  try {
    await makeBlocks(controller, policy)
  } finally {
    await controller.shutdown()
  }
}

/** Kills the process behind every commit, and in every other block where the dice choose. */
async function die(directory: string, policy: Policy, dice: Dice): Promise<readonly string[]> {
  const deaths: string[] = []
  for (let block = 0, last = ''; last !== 'done'; block += 1, deaths.push(last)) {
    if (block % 2 === 0) deaths.push(await runUntilKilled(program, [directory, policy], 1 + dice.roll(3)))
    last = await runUntilKilled(program, [directory, policy], (step) => step.startsWith('committed'))
  }
  return deaths
}

for (const [index, policy] of policies.entries()) {
  test(`a rollout with the policy ${policy}, killed at every block, ends as one that lived`, async (t) => {
    const [calm, killed] = [copy(t), copy(t)]
    await live(calm, policy)
    const deaths = await die(killed, policy, new Dice(index + 1))
    t.diagnostic(`died at: ${deaths.join(', ')}`)
    assert.equal(new Set(deaths.filter((death) => death.startsWith('committed'))).size, blocks)
    assert.ok(deaths.some((death) => death === 'ran' || death.startsWith('block')), 'deaths inside of blocks')
    assert.deepEqual(blocksOf(killed), blocksOf(calm))
    assert.deepEqual(readRows(killed, 'kernel'), readRows(calm, 'kernel'))
    assert.deepEqual(await deviationsIn(killed), [])

    const controller = await openController({ directory: killed, make: 'never', verify: 'lazy' })
    t.after(() => controller.shutdown())
    assert.equal((await rolloutOf(controller)).state, 'done')
    await assertOutcomes(controller, policy)
    await assertNotes(controller)
  })
}

/** Each member came to what it must come to, and those that could not follow did so where they must. */
async function assertOutcomes(controller: Controller, policy: Policy): Promise<void> {
  const entries = await controller.rolloutVats()
  const names = new Map((await controller.vats()).map(({ vat, name }) => [vat, name]))
  assert.equal(entries.length, members.length)
  for (const [index, { vat, outcome, refusal }] of entries.entries()) {
    const member = members[index]!
    assert.equal(names.get(vat) ?? member.name, member.name)
    assert.deepEqual({ outcome, code: refusal?.code ?? null }, expected(member, policy), member.name)
    // Of a vat that could neither follow nor begin anew, the latter is recorded.
    if (member.position === null || refusal?.code === 'start/threw') continue
    const told = policy === 'stop' ? await controller.getHostState(`stopped at ${member.name}`) : refusal?.message
    assert.match(told ?? '', new RegExp(`delivery ${member.position} of ${vat} went another way`), member.name)
  }
}

/** Every message came once, and those of each sender in order. */
async function assertNotes(controller: Controller): Promise<void> {
  const notes = await notesOf(controller)
  for (const member of members) {
    const noted = notes.get(member.name)
    if (noted === undefined) continue
    for (const sender of ['host', 'sender'] as const)
      assert.deepEqual(
        noted.filter((text) => text.startsWith(sender)),
        messagesTo(member, sender),
        `to ${member.name}`,
      )
  }
  assert.ok(notes.size >= members.length - 3)
}
