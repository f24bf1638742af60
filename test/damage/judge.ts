/**
 * What comes of a store that is opened, audited, used, exported and forked as any other.
 *
 * Right is: each refusal has a code, and a kernel fault has a cause; an audit does not fail; and where
 * nothing was refused or found, everything is exactly as it would be without the damage.
 */
import { rmSync } from 'node:fs'
import { EngineCache } from '../../src/machine/engines/engines.ts'
import { Machine } from '../../src/machine/machine.ts'
import { CodedError } from '../../src/base/errors.ts'
import { encodeValue } from '../../src/api/values.ts'
import { exportStore, forkStore } from '../../src/store/store.ts'
import type { Verification } from '../../src/protocol/store/views.ts'

export interface Way {
  readonly verify: Verification
  readonly first: 'audit' | 'run'
  readonly beside: 'export' | 'fork' | 'nothing'
}

export interface Judgement {
  /** Codes of refusals and deviations, in the order in which they came. */
  readonly found: readonly string[]
  /** All that there is to be seen of the store and of what it then does; null where it was refused. */
  readonly seen: string | null
  /** What may not be: an error without a code, a fault without a cause. */
  readonly raw: readonly string[]
}

const cache = new EngineCache()
const limits = {
  computrons: 2_000_000_000n,
  cranks: 500,
  cleanups: null,
  deliveries: null,
  vatsCreated: null,
  onCrank: 'nothing',
} as const

const faults: ReadonlySet<string> = new Set(['kernel/fault', 'machine/failed'])

class Findings {
  readonly found: string[] = []
  readonly raw: string[] = []

  attempt<Value>(use: () => Value): Value | undefined {
    try {
      return use()
    } catch (error) {
      this.#refused(error)
      return undefined
    }
  }

  #refused(error: unknown): void {
    const refusal = error instanceof CodedError ? error : undefined
    if (refusal === undefined)
      this.raw.push(error instanceof Error ? (error.stack ?? error.message) : String(error))
    else if (faults.has(refusal.code) && refusal.detail['cause'] === undefined)
      this.raw.push(`a fault without a cause: ${refusal.message}`)
    this.found.push(refusal?.code ?? 'raw')
  }
}

const send = (machine: Machine, vat: string, method: string, ...args: readonly unknown[]): number =>
  machine.requests.send({ kind: 'root', vat }, encodeValue([method, args]), 'keep', 'ignore')

/** The same further inputs for every store. */
function use(machine: Machine): unknown {
  const before = machine.status()
  const vats = machine.vats().map(({ vat, name, status, incarnation }) => [vat, name, status, incarnation])
  machine.run(limits)
  const { channels } = machine
  const sent = channels.receiveItems('post', null, 100)
  channels.deliverItem('post', encodeValue('an item'), null)
  machine.requests.resumeVat('third')
  const results = [
    send(
      machine,
      'first',
      'run',
      'return [...me.counts.keys()].map((key) => me.counts.get(key)).concat(me.generation)',
    ),
    send(machine, 'second', 'add', 1n, 2n),
    send(machine, 'third', 'take', 'nothing'),
    send(machine, 'first', 'run', 'me.counts.init("more", 1); return "kept"'),
  ]
  machine.run(limits)
  const answers = results.map((sequence) => machine.requests.result(sequence))
  const { activityHash, height } = machine.commit()
  const heaps = ['first', 'second', 'third'].map((vat) => machine.heapHash(vat))
  return {
    height: before.height,
    hash: before.activityHash,
    vats,
    sent,
    answers,
    activityHash,
    after: height,
    heaps,
    host: machine.hostState.get('note'),
  }
}

export function judge(directory: string, { verify, first, beside }: Way): Judgement {
  const findings = new Findings()
  const to = `${directory}-to`
  rmSync(to, { recursive: true, force: true })
  if (beside === 'export') findings.attempt(() => exportStore(directory, to, 'archival'))
  if (beside === 'fork') findings.attempt(() => forkStore(directory, to))
  const machine = findings.attempt(() =>
    Machine.open(
      {
        directory,
        make: 'never',
        access: 'write',
        verify,
        residentWorkers: 2,
        residentBytes: 1024 ** 3,
        eviction: 'when-needed',
        trace: null,
        genesis: null,
      },
      cache,
    ),
  )
  if (machine === undefined) return { ...findings, seen: null }
  try {
    if (first === 'audit') audit(machine, findings)
    const seen = findings.attempt(() => use(machine))
    if (first === 'run') audit(machine, findings)
    return {
      ...findings,
      seen:
        seen === undefined
          ? null
          : JSON.stringify(seen, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value)),
    }
  } finally {
    findings.attempt(() => machine.close())
  }
}

/** An audit never fails (Au1). */
function audit(machine: Machine, { found, raw }: Findings): void {
  try {
    for (const { code } of machine.audit('all', null)?.deviations ?? []) found.push(code)
  } catch (error) {
    raw.push(`the audit failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  }
}
