/**
 * The end of vats: by themselves, by who made them, by their host; who is told what; and that nothing is
 * left.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { GoneError } from '../../src/protocol/results.ts'
import type { Remote, Status } from '../../src/host/index.ts'
import { query } from '../kit/rows.ts'
import {
  answerOf,
  forTheFile,
  openWorld,
  puppet,
  reasonOf,
  rejectionOf,
  show,
  type Scope,
  type VatRecipe,
  type World,
} from '../kit/world.ts'

interface Kit {
  readonly root: Remote
  readonly adminNode: Remote
}

/** Everything that a vat can have, one of each: what a vat leaves behind when it ends. */
async function furnish(world: World, vat: string, friend: string): Promise<void> {
  const root = await world.root(friend)
  await world.run(vat, `const [friend] = args
    me.make = defineKind(baggage, 'Thing', (n) => ({ n, friend }), { read: ({ state }) => state.n })
    me.things = Array.from({ length: 5 }, (_, n) => me.make(BigInt(n)))
    for (const [n, thing] of me.things.entries()) baggage.init('thing' + n, thing)
    me.far = Far('ephemeral', {})
    me.pending = new Promise(() => {})
    E.sendOnly(friend).put('held', harden({ things: me.things, far: me.far, pending: me.pending }))
    me.answer = E(friend).run('return new Promise(() => {})')
    me.answer.catch(() => {})
    me.weak = new WeakMap([[friend, 1n]])
    vatPowers.nameExport('named', me.named = Far('named', {}))
    E.sendOnly(friend).put('named', me.named)`,
    root,
  )
  await world.run(
    friend,
    `me.watched = me.held.pending.then((v) => harden(['kept', v]), (r) => harden(['broken', r]))
    me.fact = new WeakMap([[me.held.far, 1n]])
    me.piped = E(me.held.pending).anything().catch((r) => r)`)
}

/**
 * What of a vat is in the store, as of a block that this makes: rows, spans, entries, snapshots, uses of
 * pages.
 */
async function remainsOf(world: World, vat: string): Promise<string[]> {
  const rows = await world.rows('kernel')
  // Pages go little by little, with each commit.
  await world.controller.commit()
  const named = new RegExp(`(?:^|[." ,])${vat}(?:[." ,]|$)`)
  const kernel = [...rows].filter(([key, value]) => named.test(`${key} ${value}`)).map(([key]) => key)
  const tables = ['span', 'entry', 'snapshot', 'page_use'].filter(
    (table) => query(world.directory, `SELECT 1 FROM ${table} WHERE vat = ? LIMIT 1`, vat).length > 0,
  )
  const state = query(
    world.directory,
    'SELECT key FROM state JOIN space ON id = space WHERE name = ? LIMIT 1',
    `vat/${vat}`,
  )
  return [...kernel, ...tables, ...state.map(() => 'state')]
}

const config = { snapshotInterval: 4 }
const open = (scope: Scope, vats: Readonly<Record<string, VatRecipe>> = {}): Promise<World> =>
  openWorld(scope, { vats: { friend: puppet, ...vats }, config })

type Ending = (world: World, kit: Kit, vat: string) => Promise<Status>

/** How a vat can end; gives how the request went that ended it. */
const endings: Readonly<
  Record<
    string,
    {
      readonly end: Ending
      readonly done: (status: Status) => void
      readonly message: RegExp
      readonly how: 'completed' | 'failed'
    }
  >
> = {
  'its admin node': {
    end: (world, { adminNode }) =>
      world.outcome(adminNode, 'terminateWithFailure', Object.freeze(new RangeError('no more'))),
    done: (status) => assert.match(show(reasonOf(status)), /^RangeError: no more$/),
    message: /^no more$/,
    how: 'failed',
  },
  'its admin node, for a reason with an object in it': {
    end: async (world, { adminNode, root }) =>
      world.outcome(adminNode, 'terminateWithFailure', { code: 5n, root }),
    done: (status) => assert.equal((reasonOf(status) as { code: bigint }).code, 5n),
    message: /code: 5n/,
    how: 'failed',
  },
  'its host': {
    end: async (world, _kit, vat) => world.take(await world.controller.terminateVat(vat, 'not needed')),
    done: (status) => assert.match(show(reasonOf(status)), /^Error: not needed$/),
    message: /^not needed$/,
    how: 'failed',
  },
  'its own completion': {
    end: (world, { root }) =>
      world.outcome(root, 'run', 'vatPowers.exitVat(harden({ sum: 7n, far: me.far })); return 1n'),
    done: (status) => assert.equal((answerOf(status) as { sum: bigint }).sum, 7n),
    message: /sum: 7n/,
    how: 'completed',
  },
  'its own failure': {
    end: (world, { root }) => world.outcome(root, 'run', 'vatPowers.exitVatWithFailure(Error("I give up"))'),
    done: (status) => assert.match(show(reasonOf(status)), /^Error: I give up$/),
    message: /^I give up$/,
    how: 'failed',
  },
  'a fault': {
    end: (world, { root }) => world.outcome(root, 'run', 'for (;;);'),
    done: (status) => rejectionOf(status, 'computrons-exhausted'),
    message: /more than its 30000000 computrons/,
    how: 'failed',
  },
}

for (const [name, { end, done, message, how }] of Object.entries(endings)) {
  // Te1, Te2, Cl4.
  test(`a vat that ends by ${name}: all are told, and nothing of it is left`, async (t) => {
    const world = await open(t)
    const kit = await world.create('mortal', { onFault: 'terminate', computronsPerDelivery: 30_000_000n })
    await furnish(world, 'mortal', 'friend')
    const { vat } = await world.controller.vat('mortal')
    await world.controller.commit()
    const before = await world.controller.send(kit.adminNode, 'done')
    const also = await world.controller.send(kit.adminNode, 'done')
    await world.controller.sendOnly(kit.adminNode, 'done')
    await world.controller.run()
    assert.equal((await world.controller.status(before)).kind, 'pending')

    const { cranks } = await world.controller.storeStatus()
    const request = await end(world, kit, 'mortal')
    await world.controller.run()
    if (name === 'its own failure') assert.match(show(reasonOf(request)), /I give up/)
    if (name === 'its own completion') assert.equal(answerOf(request), 1n)

    done(await world.take(before))
    done(await world.take(also))
    done(await world.outcome(kit.adminNode, 'done'))
    await assert.rejects(world.controller.vat('mortal'), { code: 'vat/unknown' })
    const told = (await world.ask(kit.adminNode, 'status')) as {
      name: string
      status: { kind: string; end: string; message: string; since: number }
    }
    assert.deepEqual([told.name, told.status.kind, told.status.end], ['mortal', 'terminated', how])
    assert.ok(
      told.status.since > cranks && told.status.since <= (await world.controller.storeStatus()).cranks,
      'the crank in which it ended',
    )
    assert.match(told.status.message, message)

    const [outcome, reason] = (await world.run('friend', 'return me.watched')) as [string, GoneError]
    assert.deepEqual(
      [outcome, reason instanceof Error, reason.message, reason.code],
      ['broken', true, 'vat terminated', 'vat-terminated'],
    )
    assert.match(String(await world.run('friend', 'return (await me.watched)[1].cause.message')), message)
    assert.equal(((await world.run('friend', 'return me.piped')) as Error).message, 'vat terminated')
    for (const target of ['me.held.things[0]', 'me.held.far', 'me.named', 'args[0]']) {
      const reason = (await world.run(
        'friend',
        `return E(${target}).read().catch((reason) => reason)`,
        kit.root,
      )) as { code: string }
      assert.equal(reason.code, 'vat-terminated', target)
    }
    assert.deepEqual(
      await remainsOf(world, vat),
      [
        `admin.${vat}`,
        `ended.${vat}`,
        ...[...(await world.rows('kernel'))]
          .filter(
            ([key, value]) =>
              key.startsWith(`history.${vat}.`) || (key.startsWith('service.') && value.includes(`"${vat}"`)),
          )
          .map(([key]) => key),
      ].sort(),
    )
    await world.audit()

    await world.create('mortal')
    assert.equal(await world.ask('mortal', 'add', 1n, 2n), 3n, 'the name is free')
    await world.forgetAll()
    await world.run('friend', 'me.held = me.named = me.watched = me.piped = undefined')
    await world.controller.run()
    assert.deepEqual(await remainsOf(world, vat), [], 'with the admin node goes the last of it')
    await world.reopen({ verify: 'all' })
    assert.equal(await world.ask('friend', 'add', 1n, 2n), 3n)
  })
}

const world = await open(forTheFile)

// Cr4, Dy1.
test('a completion leaves what the crank did, a failure nothing of it', async () => {
  for (const [power, heard] of [['exitVat', ['one', 'two']], ['exitVatWithFailure', []]] as const) {
    await world.create('speaker')
    await world.run(
      'friend',
      'me.heard = []; me.ear = Far("ear", { hear: (word) => { me.heard.push(word) } })',
    )
    await world.outcome(
      'speaker',
      'run',
      `const [ear] = args; E(ear).hear('one'); vatPowers.${power}("done"); E(ear).hear('two')`,
      await world.run('friend', 'return me.ear'),
    )
    assert.deepEqual(await world.run('friend', 'return [...me.heard]'), heard)
    await assert.rejects(world.controller.vat('speaker'), { code: 'vat/unknown' })
  }
})

/** What a vat asks for twice in a crank, and what it then ends by. */
const twice: Readonly<Record<string, readonly [code: string, end: 'completed' | 'failed', message: string]>> =
  {
    'two completions': ['exitVat("one"); vatPowers.exitVat("two")', 'completed', 'one'],
    'two failures': ['exitVatWithFailure("one"); vatPowers.exitVatWithFailure("two")', 'failed', 'one'],
    'a completion and a failure': ['exitVat("one"); vatPowers.exitVatWithFailure("two")', 'failed', 'two'],
    'a failure and a completion': ['exitVatWithFailure("one"); vatPowers.exitVat("two")', 'failed', 'one'],
    'a completion with nothing': ['exitVat()', 'completed', 'undefined'],
    'a completion after a failed try': [
      'exitVat("one"); try { vatPowers.exitVatWithFailure({}.x ?? (() => {})) } catch {}',
      'completed',
      'one',
    ],
  }
for (const [name, [code, end, message]] of Object.entries(twice)) {
  test(`${name} in one crank`, async () => {
    const { adminNode } = await world.create('hasty')
    await world.outcome('hasty', 'run', `vatPowers.${code}`)
    const { status } = (await world.ask(adminNode, 'status')) as { status: { end: string; message: string } }
    assert.deepEqual([status.end, status.message], [end, message])
  })
}

test('what cannot be passed is no completion: it throws, and the vat goes on', async () => {
  await world.create('clumsy')
  assert.match(
    show(reasonOf(await world.outcome('clumsy', 'run', 'vatPowers.exitVat(harden({ f() {} }))'))),
    /cannot|pass/i,
  )
  assert.equal(await world.ask('clumsy', 'add', 1n, 2n), 3n)
})

test('a failure may speak of what its undone crank had made: in its place comes what is gone', async () => {
  const { adminNode } = await world.create('loser')
  const reason = reasonOf(
    await world.outcome(
      'loser',
      'run',
      'vatPowers.exitVatWithFailure(harden({ made: Far("made", {}), kept: args[0], promised: new Promise(() => {}) }))',
      await world.root('friend'),
    ),
  )
  const { made, kept, promised } = reason as { made: Remote; kept: Remote; promised: object }
  rejectionOf(await world.outcome(made, 'anything'), 'vat-terminated')
  assert.equal(await world.ask(kept, 'add', 1n, 2n), 3n)
  assert.notEqual(promised, undefined)
  assert.deepEqual(Object.keys(reasonOf(await world.outcome(adminNode, 'done')) as object), [
    'kept',
    'made',
    'promised',
  ])
  await world.audit()
})

test('a promise in a completion is rejected, for the vat that was to keep it has ended', async () => {
  const { adminNode } = await world.create('promiser')
  await world.outcome('promiser', 'run', 'vatPowers.exitVat(harden({ later: new Promise(() => {}) }))')
  const reason = (await world.run(
    'friend',
    'const { later } = await E(args[0]).done(); return later.catch((reason) => reason)',
    adminNode,
  )) as Error
  assert.deepEqual([reason instanceof Error, reason.message], [true, 'vat terminated'])
})

const refusedFor = (method: string): RegExp =>
  new RegExp(
    `^Error: vatAdminService rejecting attempt to perform "${method}"\\(\\) on non-running vat "v\\d+"`,
  )

/** What is asked of the admin node of a vat that has ended, and what it says. */
const late: Readonly<Record<string, readonly [call: string, says: RegExp]>> = {
  'suspend': ['suspend("tea")', refusedFor('suspend')],
  'resume': ['resume()', refusedFor('resume')],
  'changeOptions': ['changeOptions({})', refusedFor('changeOptions')],
  'upgrade': ['upgrade(args[1])', refusedFor('upgrade')],
  'upgrade to garbage': ['upgrade(5n)', refusedFor('upgrade')],
  'terminateWithFailure': ['terminateWithFailure("again")', refusedFor('terminateWithFailure')],
  'done': ['done()', /first/],
  'status': ['status()', /"message":"first"/],
}
const ended = await world.create('ended')
await world.outcome(ended.adminNode, 'terminateWithFailure', 'first')
for (const [name, [call, says]] of Object.entries(late)) {
  test(`${name}, asked of a vat that has ended`, async () => {
    const said = await world.run(
      'friend',
      `return E(args[0]).${call}.catch((reason) => reason)`,
      ended.adminNode,
      await world.install(),
    )
    assert.match(show(said), says)
  })
}

test('a vat that is gone without a trace is unknown, by name and by id', async () => {
  await world.create('known')
  const { vat } = await world.controller.vat('known')
  answerOf(await world.take(await world.controller.terminateVat('known', 'x')))
  for (const call of [
    () => world.controller.terminateVat(vat, 'x'),
    () => world.controller.suspendVat('known', 'x'),
    () => world.controller.heapHash(vat),
  ])
    await assert.rejects(call, { code: 'vat/unknown' })
})

test('an upgrade that was asked for before the end is rejected', async () => {
  await world.create('late')
  const upgrade = await world.controller.upgradeVat('late', await world.install())
  await world.take(await world.controller.terminateVat('late', 'x'))
  rejectionOf(await world.settle(upgrade), 'vat-terminated')
})

test('messages on their way when a vat ends are rejected, in a queue and in a pipeline', async () => {
  const { root, adminNode } = await world.create('target')
  const [first, second] = (await world.run('friend', `const [root, node] = args
    const ended = E(node).terminateWithFailure('x')
    const one = E(root).add(1n, 2n), two = E(E(root).echo()).more()
    return Promise.all([one, two].map((p) => p.then((v) => ({ v }), (r) => r)))`,
    root,
    adminNode,
  )) as { code: string }[]
  assert.deepEqual([first?.code, second?.code], ['vat-terminated', 'vat-terminated'])
})

test('a vat that ends itself through its admin node answers first', async () => {
  const { adminNode } = await world.create('suicide')
  const own = await world.controller.send('suicide', 'run', [
    'E.sendOnly(args[0]).terminateWithFailure("me"); return 5n',
    adminNode,
  ])
  assert.equal(answerOf(await world.settle(own)), 5n)
  assert.equal(reasonOf(await world.outcome(adminNode, 'done')), 'me')
})

test('an end that nobody can be told of is forgotten whole', async () => {
  await world.create('unknown')
  const { vat } = await world.controller.vat('unknown')
  await world.forgetAll()
  await world.controller.run()
  await world.take(await world.controller.terminateVat('unknown', 'x'))
  await world.controller.run()
  assert.deepEqual(await remainsOf(world, vat), [])
})

test('who let go of the admin node and waits for the end still learns of it', async () => {
  await world.create('waited')
  const { adminNode } = answerOf(await world.tryCreate('waited-too')) as Kit
  const asked = await world.controller.send(adminNode, 'done')
  await world.forgetAll()
  await world.controller.run()
  await world.controller.terminateVat('waited-too', 'over')
  assert.match(show(reasonOf(await world.settle(asked))), /over/)
  await world.audit()
})

test('promises that a vat was to keep are rejected in the order of their numbers, whatever their names sort like', async (t) => {
  const world = await openWorld(t, { vats: { dying: puppet, asker: puppet }, config: { cleanupBudget: 60 } })
  const code = `const [dying] = args; const told = []; const all = []
    for (let n = 0; n < 120; n += 1) all.push(E(dying).run("return new Promise(() => {})").catch(() => told.push(n)))
    E(dying).run("vatPowers.exitVat('bye')")
    await Promise.all(all)
    return harden(told)`
  assert.deepEqual(
    await world.run('asker', code, await world.root('dying')),
    Array.from({ length: 120 }, (_, n) => n),
  )
})
