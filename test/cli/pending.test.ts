/**
 * A pending answer says why; services and ports are arguments by name; a name with a slip in it is
 * recognized.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { openController } from '../../src/host/index.ts'
import { emptyStore, fixture, heirloom, temporaryDirectory, well } from './support.ts'

const store = join(temporaryDirectory({ after }), 'store')
const said = async (...words: readonly string[]): Promise<string> => {
  const { out, err } = await heirloom(words, { store })
  return out + err
}
/** The number of the result that is pending. */
const pendingOf = (text: string): string => /result (\d+)/.exec(text)?.[1] ?? ''

before(async () => {
  await emptyStore(store)
  await well(['install', 'waiter', fixture('waiter')], { store })
  await well(['port', 'bank', 'open'], { store })
  for (const name of ['alice', 'bob', 'carol'])
    await well(['create', name, 'waiter', '--parameters', '[@timer, @vatAdmin, @bank]'], { store })
})

test('services of the kernel, ports and roots by name work as arguments', async () => {
  assert.match(
    await said('send', 'alice', 'parameters'),
    /^\[\[Alleged: timer ko\d+\], \[Alleged: vatAdmin ko\d+\], \[Alleged: port ko\d+\]\]$/m,
  )
  assert.match(
    await said('send', 'alice', 'echo', '{"who": @bob, "key": @criticalVatKey}'),
    /who: \[Alleged: root ko\d+\]/,
  )
  await well(['create', 'timer', 'waiter', '--parameters', '@alice'], { store })
  assert.match(await said('send', 'alice', 'echo', '@timer'), /^\[Alleged: root ko\d+\]$/m)
  await well(['terminate', 'timer'], { store })
})

test('an answer waits for the timer', async () => {
  assert.match(
    await said('send', 'alice', 'delay', '100n'),
    /^pending: .*\n {2}vat alice \(v\d+\) has the message and has not answered; it waits for the timer, at 100\n$/,
  )
  await well(['time', '100'], { store })
})

test('an answer waits for another vat, which does not answer, and then is suspended', async () => {
  const asked = await said('send', 'alice', 'ask', '@bob')
  assert.match(asked, /it waits for vat bob \(v\d+\), which has not answered\n/)
  await well(['suspend', 'bob', '--reason', 'audit'], { store })
  assert.match(
    await said('result', pendingOf(asked)),
    /it waits for vat bob \(v\d+\), which is suspended: audit\n/,
  )
  const json = JSON.parse(await well(['result', pendingOf(asked), '--json'], { store })) as {
    why: { kind: string; waitsFor: readonly { kind: string; suspended: string }[] }
  }
  assert.deepEqual(
    [json.why.kind, json.why.waitsFor.map(({ kind, suspended }) => [kind, suspended])],
    ['vat', [['vat', 'audit']]],
  )
})

test('a message waits for a vat that is suspended', async () => {
  assert.match(await said('send', 'bob', 'echo', '1'), /\n {2}vat bob \(v\d+\) is suspended: audit\n$/)
  await well(['resume', 'bob'], { store })
  await well(['run'], { store })
})

test('a message waits for the kernel, which is paused, and for a run', async () => {
  const asked = await said('send', '--queue', 'carol', 'echo', '1')
  await well(['pause', '--reason', 'night'], { store })
  assert.match(await said('result', pendingOf(asked)), /\n {2}the kernel is paused: night\n$/)
  const refused = await heirloom(['send', 'carol', 'echo', '1'], { store })
  assert.match(refused.err, /kernel\/paused/)
  await well(['unpause'], { store })
  assert.match(await said('result', pendingOf(asked)), /it waits in the run-queue; `heirloom run` continues/)
  await well(['run'], { store })
  assert.equal(await said('result', pendingOf(asked)), '1\n')
})

test('a vat that waits for no one else says so, or at which ports it receives', async () => {
  assert.match(
    await said('send', 'carol', 'never'),
    /vat carol \(v\d+\) has the message and has not answered, and waits for no one else\n/,
  )
  await well(['send', 'carol', 'receiveAt', '@bank'], { store })
  assert.match(await said('send', 'carol', 'never'), /has not answered; it receives at the port bank\n/)
})

test('a message waits for a vat that drains before its upgrade', async (t) => {
  const controller = await openController({ directory: store, make: 'never' })
  t.after(() => controller.shutdown())
  await controller.sendOnly('carol', 'ask', [await controller.root('bob')])
  await controller.upgradeVat('carol', 'waiter', { parametersFrom: 'kept', drain: { maxCranks: 1_000 } })
  const echo = await controller.send('carol', 'echo', [1])
  // The message to carol, its upgrade that drains, the one that waits for it: and one to bob, so that the
  // kernel is not idle.
  await controller.run({ cranks: 3 })
  const why = await controller.whyPending(echo)
  assert.deepEqual(
    [why?.kind, why?.kind === 'parked' && [why.name, why.status]],
    ['parked', ['carol', 'draining']],
  )
})

test('names of vats, bundles and ports with a slip in them are recognized', async () => {
  assert.match(
    await said('send', 'alicf', 'echo'),
    /vat\/unknown: there is no vat "alicf"; did you mean alice\?/,
  )
  assert.match(
    await said('create', 'dave', 'waitr'),
    /bundle\/unknown: no bundle "waitr" is installed; did you mean waiter\?/,
  )
  assert.match(
    await said('port', 'bnak', 'status'),
    /port\/unknown: there is no port "bnak"; did you mean bank\?/,
  )
  assert.match(await said('send', 'zzz', 'echo'), /there is no vat "zzz"\n/)
})
