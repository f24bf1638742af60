/**
 * Chains of the simulation: one seed is as the model says on two nodes; and the model finds what is wrong
 * when what was seen of the chain is changed as a broken node would have changed it.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { judge, type Beginning } from '../../src/sim/node/model/judge.ts'
import type { KernelNames } from '../../src/sim/node/model/kernelModel.ts'
import { follow } from '../../src/sim/node/run/follow.ts'
import { commitsOf, dieWithin } from '../../src/sim/node/run/interruptions.ts'
import { SimNode } from '../../src/sim/node/run/node.ts'
import type { BlockSeen, Line, Observation } from '../../src/sim/node/run/observation.ts'
import { playScript, type Played } from '../../src/sim/node/run/play.ts'
import { makeScript } from '../../src/sim/node/script/makeScript.ts'
import { shrink } from '../../src/sim/node/shrink.ts'
import { beginningOf, namesOf, type Verdict } from '../../src/sim/node/trial.ts'
import { ChainPool, gatherMaterials, type Prepared } from '../../src/sim/node/world/chains.ts'

const seed = 6
const script = makeScript(seed, 40)
const chains = new ChainPool(await gatherMaterials())
after(() => chains.close())
let prepared: Prepared
let played: Played
let beginning: Beginning
let names: KernelNames

before(async () => {
  prepared = await chains.prepared(script.chain)
  played = await playScript(script, chains)
  beginning = beginningOf(prepared)
  names = namesOf(chains)
})

const findingsOf = (seen: Observation): readonly string[] => judge(beginning, seen, names)

test('a chain is as the model says, and a node in other weather comes to the same', async () => {
  assert.deepEqual(findingsOf(played.observation), [])
  assert.deepEqual(await follow(played, seed, 1, chains, prepared), [])
})

// App1, Ku1.
test('a node that dies at the first commit within a block comes to the same', async () => {
  const at = played.blocks.findIndex(({ commits }) => commits > 0)
  const [wanted, earlier] = [played.blocks[at], played.blocks.slice(0, at)]
  assert.ok(wanted !== undefined)
  const node = await SimNode.open(prepared, chains.copy(prepared.directory), 'release-2')
  try {
    for (const { block } of earlier) {
      await node.app.deliver(block)
      await node.app.commit()
    }
    const { directory } = node
    const before = commitsOf(directory)
    const moment = { kind: 'commits', count: 1, directory } as const
    assert.equal(await dieWithin(moment, () => node.app.deliver(wanted.block)), true)
    assert.ok(commitsOf(directory) > before, 'what was committed stays')
    assert.equal((await node.app.recover()).height, wanted.block.height - 1)
    assert.equal((await node.app.deliver(wanted.block)).appHash, wanted.result.appHash)
  } finally {
    await node.close()
  }
})

// Nr1.
test('a node that came to another hash, code or stop does not agree', async () => {
  const [first, second, ...rest] = played.blocks
  assert.ok(first !== undefined && second !== undefined)
  const other = { ...first, result: { ...first.result, appHash: second.result.appHash } }
  const differs = await follow({ ...played, blocks: [other, second, ...rest] }, seed, 1, chains, prepared)
  assert.match(differs.join(), /Nr1/)
})

/** The chain with the first block that fits changed. */
function withBlock(
  fits: (block: BlockSeen) => boolean,
  change: (block: BlockSeen) => Partial<BlockSeen>,
): Observation {
  const { blocks } = played.observation
  const at = blocks.findIndex(fits)
  assert.ok(at >= 0, 'the chain has such a block')
  return {
    ...played.observation,
    blocks: blocks.map((block, index) => (index === at ? { ...block, ...change(block) } : block)),
  }
}

const always = (): boolean => true

/** The chain with another journal of the vat behind the ledger. */
const withJournal = (change: (lines: readonly Line[]) => readonly Line[]): Observation => ({
  ...played.observation,
  journals: {
    ...played.observation.journals,
    bank: change(played.observation.journals['bank'] ?? []),
  },
})

/** What a broken node would show, and the rule that finds it. */
const breaks: Readonly<Record<string, { readonly rule: string; readonly make: () => Observation }>> = {
  'a unit more in all': {
    rule: 'Nr2',
    make: () => withBlock(always, ({ total }) => ({ total: String(BigInt(total) + 1n) })),
  },
  'a balance of a unit less': {
    rule: 'Nr3',
    make: () =>
      withBlock(always, ({ balances }) => ({
        balances: Object.fromEntries(
          Object.entries(balances).map(([address, balance], at) => [
            address,
            at === 0 ? String(BigInt(balance) - 1n) : balance,
          ]),
        ),
      })),
  },
  'a transaction that is accepted and should not be': {
    rule: 'Nr4',
    make: () =>
      withBlock(
        ({ results }) => results.some(({ code }) => code.startsWith('tx/')),
        ({ results }) => ({ results: results.map((result) => ({ ...result, code: 'ok' })) }),
      ),
  },
  'a change that is heard twice': {
    rule: 'Nr5',
    make: () =>
      withJournal((lines) => lines.flatMap((line, at) => (line[0] === 'h' && at > 20 ? [line, line] : [line]))),
  },
  'a change that is never heard': {
    rule: 'Nr5',
    make: () => withJournal((lines) => lines.filter(([kind, number]) => kind !== 'h' || number !== 15)),
  },
  'a member whom no vote has made one': {
    rule: 'Nr6',
    make: () => withBlock(always, ({ members }) => ({ members: members.slice(1) })),
  },
  'a proposal of another state': {
    rule: 'Nr6',
    make: () =>
      withBlock(
        ({ proposals }) => proposals.some(({ state }) => state === 'done'),
        ({ proposals }) => ({ proposals: proposals.map((each) => ({ ...each, state: 'failed' })) }),
      ),
  },
  'a fault without a reason': {
    rule: 'Nr7',
    make: () => withBlock(always, ({ kernel }) => ({ kernel: { ...kernel, state: 'faulted' } })),
  },
  'a kernel that no vote has put in place': {
    rule: 'Nr7',
    make: () => withBlock(always, ({ kernel }) => ({ kernel: { ...kernel, kernel: chains.kernelId('longer') } })),
  },
  'an operation that is done twice': {
    rule: 'Nr8',
    make: () =>
      withBlock(
        ({ events }) => events.some(({ kind }) => kind === 'operation'),
        ({ events }) => ({ events: [...events, ...events] }),
      ),
  },
  'an operation that is never done': {
    rule: 'Nr8',
    make: () =>
      withBlock(
        ({ events }) => events.some(({ kind }) => kind === 'operation'),
        () => ({ events: [] }),
      ),
  },
  'an incarnation that no vote has asked for': {
    rule: 'Nr10',
    make: () => withJournal((lines) => [...lines, ['v', 'version-2']]),
  },
  'a node that stops without a reason': {
    rule: 'Nr11',
    make: () => ({
      ...played.observation,
      halts: [...played.observation.halts, { height: 3, code: 'node/halted', name: 'later-1', then: 'release-2' }],
    }),
  },
  'a message that is received twice': {
    rule: 'Nr9',
    make: () => withJournal((lines) => lines.flatMap((line) => (line[0] === 'n' ? [line, line] : [line]))),
  },
  'messages that are lost': {
    rule: 'Nr9',
    make: () => withJournal((lines) => lines.filter(([kind]) => kind !== 'n')),
  },
  'messages in reverse': {
    rule: 'Nr9',
    make: () =>
      withJournal((lines) => {
        const received = lines.filter(([kind]) => kind === 'n').reverse()
        return lines.map((line) => (line[0] === 'n' ? (received.shift() ?? line) : line))
      }),
  },
  'something that waits at the end': {
    rule: 'Nr12',
    make: () => ({
      ...played.observation,
      blocks: played.observation.blocks.map((block, at, all) =>
        at < all.length - 1 ? block : { ...block, kernel: { ...block.kernel, backlog: 1 } },
      ),
    }),
  },
  'a garbled transaction that was chosen': {
    rule: 'Nr13',
    make: () =>
      withBlock(
        ({ delivered, isChosen }) => !isChosen && delivered.some(({ form }) => form !== 'ok'),
        () => ({ isChosen: true }),
      ),
  },
}

for (const [what, { rule, make }] of Object.entries(breaks))
  test(`${rule} finds ${what}`, () => {
    assert.match(findingsOf(make()).join('\n'), new RegExp(`\\(${rule}\\)`))
  })

test('a failing chain shrinks to the transactions that it needs', async () => {
  const needed = script.blocks.flatMap(({ entries }) => entries)[10]
  const bad = { kind: 'bad', conditions: 'undisturbed', findings: ['supply (Nr2): wrong'] } as const
  const attempt = async ({ blocks }: typeof script): Promise<Verdict> =>
    blocks.some(({ entries }) => needed !== undefined && entries.includes(needed))
      ? bad
      : { kind: 'good', blocks: 0, transactions: 0 }
  const { script: small, trials } = await shrink(script, bad, attempt, 400)
  assert.deepEqual(small.blocks.flatMap(({ entries }) => entries), [needed])
  assert.ok(trials <= 400)
})
