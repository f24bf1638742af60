/**
 * What fixed pieces of work cost, in counts that no machine changes: statements of SQLite, bytes written,
 * JSON, crossings into vats, computrons, pages. `golden/costs.txt` has them; a change of it is a change of
 * speed that someone meant. `HEIRLOOM_BLESS=1` writes it.
 *
 * Counts are rounded to two digits: what libraries of Node do inside is not ours.
 */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { StatementSync } from 'node:sqlite'
import { test } from 'node:test'
import { Worker } from '../../src/engine/worker.ts'
import { callsOf, type CallTable } from '../../src/machine/threads/machineCalls.ts'
import { encodeValue } from '../../src/api/values.ts'
import { openMachine } from '../kit/machines.ts'
import { openWorld } from '../kit/world.ts'

const source = `
  import { Far } from '@endo/far'
  export function buildRootObject(_powers, _parameters, baggage) {
    const { makeScalarBigMapStore, defineDurableKind, makeKindHandle } = VatData
    if (!baggage.has('handle')) baggage.init('handle', makeKindHandle('counter'))
    if (!baggage.has('map')) baggage.init('map', makeScalarBigMapStore('map', { durable: true }))
    const map = baggage.get('map')
    const make = defineDurableKind(baggage.get('handle'), () => ({ count: 0 }), { add({ state }) { state.count += 1 } })
    const kept = []
    return Far('root', {
      nothing() {},
      make() { kept.push(make()) },
      makeMany(n) { for (let at = 0; at < n; at += 1) kept.push(make()) },
      update() { for (const one of kept) one.add() },
      insert(key) { map.init(key, key) },
      insertMany(from, n) { for (let at = from; at < from + n; at += 1) map.init(at, at) },
      sum() { let sum = 0; for (const value of map.values()) sum += value; return sum },
    })
  }
`

interface Counts {
  reads: number
  writes: number
  bytes: number
  parses: number
  crossings: number
  computrons: bigint
  pages: number
}

const counts: Counts = { reads: 0, writes: 0, bytes: 0, parses: 0, crossings: 0, computrons: 0n, pages: 0 }

/** Counts every call of a method, and goes on to it. */
function count<Owner, Name extends keyof Owner>(
  owner: Owner,
  name: Name,
  noted: (args: readonly unknown[]) => void,
): void {
  const method = owner[name] as (...args: unknown[]) => unknown
  Object.defineProperty(owner, name, {
    configurable: true,
    writable: true,
    value(this: unknown, ...args: unknown[]) {
      noted(args)
      return Reflect.apply(method, this, args)
    },
  })
}

const lengthOf = (value: unknown): number =>
  typeof value === 'string' || value instanceof Uint8Array ? value.length : 8

for (const name of ['get', 'all', 'iterate'] as const) count(StatementSync.prototype, name, () => (counts.reads += 1))
count(StatementSync.prototype, 'run', (values) => {
  counts.writes += 1
  for (const value of values) counts.bytes += lengthOf(value)
})
count(JSON, 'parse', () => (counts.parses += 1))
count(Worker.prototype, 'deliver', () => (counts.crossings += 1))

type Message = readonly [method: string, ...args: readonly unknown[]]

/** Sends, runs and commits. */
function work(calls: CallTable, messages: readonly Message[]): void {
  for (const [method, ...args] of messages)
    calls.send({ kind: 'root', vat: 'one' }, encodeValue([method, args]), 'ignore', 'fault')
  const { ended, computrons } = calls.run(withoutLimits)
  assert.equal(ended, 'idle')
  counts.computrons += BigInt(computrons)
  for (const { bytesWritten } of calls.commit().snapshots) counts.pages += Math.ceil(bytesWritten / 4096)
}

const withoutLimits = {
  computrons: null,
  cranks: null,
  deliveries: null,
  vatsCreated: null,
  cleanups: null,
  onCrank: 'nothing',
} as const

const hundred = (method: string): Message[] => Array.from({ length: 100 }, (_, at) => [method, at])

/** In their order, each on what the ones before have left. */
const pieces: Readonly<Record<string, readonly Message[]>> = {
  '100 messages that do nothing': hundred('nothing'),
  '100 messages that each create a durable object': hundred('make'),
  'a message that creates 100 durable objects': [['makeMany', 100]],
  'a message that changes 200 durable objects': [['update']],
  '100 messages that each insert into a durable map': hundred('insert'),
  'a message that inserts 100 entries': [['insertMany', 100, 100]],
  'a message that reads 200 entries': [['sum']],
}

const rounded = (value: number): string => String(Number(value.toPrecision(2)))

/** What the work has added to the counts, as a line. */
function lineOf(what: string, act: () => void): string {
  const before = { ...counts }
  act()
  const added = (name: Exclude<keyof Counts, 'computrons'>): string => rounded(counts[name] - before[name])
  const computrons = rounded(Number(counts.computrons - before.computrons))
  const parts = [
    `${added('reads')} reads`,
    `${added('writes')} writes of ${added('bytes')} bytes`,
    `${added('parses')} JSON.parse`,
    `${added('crossings')} deliveries`,
    `${computrons} computrons`,
    `${added('pages')} pages`,
  ]
  return `${what}: ${parts.join(', ')}\n`
}

test('the costs of fixed pieces of work are what they were', async (t) => {
  const world = await openWorld(t, { vats: { one: { source } } })
  await world.controller.commit()
  const { directory } = world
  await world.controller.shutdown()
  world.state = 'ended'
  const machine = openMachine(directory)
  t.after(() => machine.close())
  const calls = callsOf(machine)
  // The first run loads and restores.
  work(calls, [['nothing']])
  const text = Object.entries(pieces).map(([what, messages]) => lineOf(what, () => work(calls, messages)))
  const path = join(import.meta.dirname, '..', '..', 'golden', 'costs.txt')
  if (process.env['HEIRLOOM_BLESS'] === '1') writeFileSync(path, text.join(''))
  assert.equal(text.join(''), readFileSync(path, 'utf8'))
})
