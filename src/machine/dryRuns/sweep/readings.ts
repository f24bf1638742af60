/**
 * Reads texts and migrates records in copies of the vat's heap.
 *
 * Rdg1. Each script runs in a copy, on the vat's space as it is; what it writes is undone before the next.
 * Rdg2. A script that exceeds its limits is run again with fewer items, until one item alone exceeds them: it
 *       has failed, and all others have not.
 * Rdg3. After `maxExhausted` such records of a kind no more of them are migrated.
 */
import { assert } from '../../../base/errors.ts'
import type { ObjectVref } from '../../../base/ids.ts'
import type { SalvageOutcome } from '../../../protocol/kernel/platform.ts'
import { isRecord } from '../../../base/guards.ts'
import { encodeScalar } from '../../../codec/scalarKeys.ts'
import { orderedNumber } from '../../../base/ordered.ts'
import { sweepLimits, type SweepFailureCode } from '../../../protocol/reports/sweep.ts'
import {
  collectionKey,
  entryPrefix,
  objectKey,
  objectsPrefix,
  parsed,
  sweepKey,
} from './durableRows.ts'
import { kindPrefix } from '../../../protocol/worker/estate.ts'
import type { Store } from '../../../store/store.ts'
import type { HeapCopy } from '../../workers/heapCopy.ts'
import { flawOfMigrated } from './objectRows.ts'
import { decodingScript, migratingScript, patternKey, scratchKey, scratchMap } from './scripts.ts'
import { SpaceSyscalls, type Reach } from './spaceSyscalls.ts'
import type { Item } from './subject.ts'
import type { VatRows } from './vatRows.ts'

export interface Trouble {
  readonly code: SweepFailureCode
  readonly message: string
}

/** What happened to each item, in their order; null: nothing is wrong. */
type Troubles = readonly (Trouble | null)[]

export interface MigrationOf {
  readonly kind: number
  readonly bases: readonly ObjectVref[]
}

export interface ReadingParts {
  readonly store: Store
  readonly rows: VatRows
  readonly copy: HeapCopy
  /** Of one script. */
  readonly computrons: bigint
}

export class Readings {
  readonly #parts: ReadingParts
  /** Of all scripts. */
  computrons = 0n
  /** Kinds whose migrations are not tried any more (Rdg3), and how many records of others were exhausted. */
  readonly exhausted: Set<number>
  readonly #exhaustions = new Map<number, number>()

  constructor(parts: ReadingParts, exhausted: readonly number[]) {
    this.#parts = parts
    this.exhausted = new Set(exhausted)
  }

  // --- decoding

  decode(items: readonly Item[]): Troubles {
    if (items.length === 0) return []
    const patterns = new Map<string, number>()
    const scripted = items.map(({ is }) => {
      if (typeof is === 'string') return { is, pattern: null }
      const number = patterns.get(is.pattern) ?? patterns.size
      patterns.set(is.pattern, number)
      return { is: 'value' as const, pattern: number }
    })
    const prepare = (rows: VatRows): void => {
      rows.set(collectionKey(scratchMap), '#["swept","#undefined","#undefined"]')
      for (const [at, { text }] of items.entries()) rows.set(scratchRow(scratchKey(at)), text)
      for (const [pattern, number] of patterns) rows.set(scratchRow(patternKey(number)), pattern)
    }
    const outcome = this.#run(decodingScript(scripted), { exports: [scratchMap], swept: null }, prepare)
    if (outcome.kind === 'found') return troublesOf(items.length, outcome.failures, troubleOfItem)
    if (items.length === 1) return [outcome.trouble]
    const half = items.length >> 1
    return [...this.decode(items.slice(0, half)), ...this.decode(items.slice(half))]
  }

  // --- migrating

  migrate({ kind, bases }: MigrationOf): Troubles {
    if (bases.length === 0) return []
    if (this.exhausted.has(kind)) return bases.map(() => notExamined)
    const handle = `o+d1/${kind}` as ObjectVref
    const record = this.#parts.rows.kind(kind)
    assert(typeof record === 'object' && record.definition !== null, 'Obr1: a record that is migrated has a kind')
    const { definition } = record
    const prepare = (rows: VatRows): void => {
      // The supervisor ends a sweep at once when no record can be old.
      const aged = { ...record, definition: { ...definition, oldest: 0 } }
      rows.set(kindPrefix + orderedNumber(kind), JSON.stringify(aged))
      rows.set(sweepKey(kind), null)
    }
    const reach = {
      exports: [handle, ...bases],
      swept: { prefix: objectsPrefix(kind), keys: bases.map((base) => objectKey(base)) },
    }
    const outcome = this.#run(migratingScript(handle, bases), reach, prepare, (failures) =>
      troublesOf(bases.length, failures, ([, message]) => ({
        code: 'migration-failed',
        message: String(message),
      })).map((trouble, at) => trouble ?? this.#flawOf(bases[at] as ObjectVref, definition.version)),
    )
    if (outcome.kind === 'found') return outcome.troubles
    if (bases.length === 1) return [this.#exhaust(kind, outcome.trouble)]
    return this.#divided({ kind, bases }, outcome.asked)
  }

  /** Rdg2. The record that was asked for last is the likely one, unless all were: then jobs are left. */
  #divided({ kind, bases }: MigrationOf, asked: number): Troubles {
    const culprit = asked >= 1 && asked < bases.length ? asked - 1 : bases.length >> 1
    const isKnown = asked >= 1 && asked < bases.length
    const cuts = isKnown ? [0, culprit, culprit + 1, bases.length] : [0, culprit, bases.length]
    return cuts.slice(1).flatMap((end, at) => this.migrate({ kind, bases: bases.slice(cuts[at], end) }))
  }

  /** Rdg3. */
  #exhaust(kind: number, trouble: Trouble): Trouble {
    const count = (this.#exhaustions.get(kind) ?? 0) + 1
    this.#exhaustions.set(kind, count)
    if (count >= sweepLimits.exhausted) this.exhausted.add(kind)
    return trouble
  }

  #flawOf(base: ObjectVref, version: number): Trouble | null {
    const { rows } = this.#parts
    const flaw = flawOfMigrated(rows, rows.get(objectKey(base)), version)
    if (flaw === undefined) return null
    const [code, message, property] = flaw
    return { code, message: `after its migration${property == null ? '' : `, ${property}`}: ${message}` }
  }

  // --- scripts

  /** Rdg1. `read` sees the space as the script leaves it. */
  #run(
    source: string,
    reach: Reach,
    prepare: (rows: VatRows) => void,
    read: (failures: readonly Failure[]) => Troubles = () => [],
  ): ScriptOutcome {
    const { store, rows, copy, computrons } = this.#parts
    const mark = store.state.mark()
    const sink = new SpaceSyscalls(rows, reach)
    try {
      prepare(rows)
      const outcome = copy.search(source, { computrons }, sink)
      assert(outcome.kind !== 'too-old', 'a sweep begins on a supervisor that can search')
      this.computrons += outcome.computrons
      const failures = failuresIn(outcome)
      if (failures !== undefined) return { kind: 'found', failures, troubles: read(failures) }
      return { kind: 'stopped', trouble: troubleOfStop(outcome), asked: sink.asked }
    } finally {
      store.state.undo(mark)
    }
  }
}

const scratchRow = (key: string): string => entryPrefix(scratchMap) + (encodeScalar(key) ?? '')

type Failure = readonly [index: number, ...texts: unknown[]]

type ScriptOutcome =
  | { readonly kind: 'found'; readonly failures: readonly Failure[]; readonly troubles: Troubles }
  | { readonly kind: 'stopped'; readonly trouble: Trouble; readonly asked: number }

/** The list that the script has returned; undefined when it has returned none. */
function failuresIn(outcome: SalvageOutcome): readonly Failure[] | undefined {
  if (outcome.kind !== 'done' || outcome.result.kind !== 'salvaged') return undefined
  const list = parsed(outcome.result.data.body.slice(1))
  return Array.isArray(list) && list.every(isFailure) ? list : undefined
}

const isFailure = (value: unknown): value is Failure => Array.isArray(value) && typeof value[0] === 'number'

function troublesOf(
  length: number,
  failures: readonly Failure[],
  troubleOf: (failure: Failure) => Trouble,
): Troubles {
  const troubles: (Trouble | null)[] = Array.from({ length }, () => null)
  for (const failure of failures) troubles[failure[0]] = troubleOf(failure)
  return troubles
}

function troubleOfItem([, stage, message]: Failure): Trouble {
  const code = stage === 'pattern' ? 'shape-differs' : stage === 'watch' ? 'watcher-without-methods' : 'value-undecodable'
  return { code, message: String(message) }
}

function troubleOfStop(outcome: SalvageOutcome): Trouble {
  if (outcome.kind === 'exhausted')
    return { code: 'exhausted', message: `it used more ${outcome.resource} than the limit` }
  if (outcome.kind === 'done') {
    const { result } = outcome
    return { code: 'trapped', message: isRecord(result) && 'message' in result ? String(result.message) : 'the copy returned no result' }
  }
  return { code: 'trapped', message: 'message' in outcome ? outcome.message : 'the copy stopped' }
}

const notExamined: Trouble = {
  code: 'not-examined',
  message: 'not tried: the migrations of too many other records of the kind exceeded the limit',
}
