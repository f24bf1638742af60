/**
 * Sweeps: reads durable records of a vat with its present code, in copies of its heap.
 *
 * Swp1. Nothing remains: the vat's worker is not touched, and the state is as before. So a sweep changes no
 *       hash, and any node may sweep at any time.
 * Swp2. Every row of durable data is in exactly one part of a sweep, in the order of `durableSections`; a
 *       part is a function of the state and of where it begins.
 * Swp3. A record fails once, with the first thing that is wrong; rows that describe others (definitions,
 *       descriptions of collections) fail likewise and are not counted as records.
 * Swp4. A sweep needs of the worker only what a salvage needs, so that it can read vats of every release
 *       since 0.2.0.
 */
import { assert } from '../../../base/errors.ts'
import type { VatId } from '../../../base/ids.ts'
import {
  sweepLimits,
  type SweepFailure,
  type SweepPart,
  type SweepPartChoices,
  type SweepStart,
  type SweptKind,
} from '../../../protocol/reports/sweep.ts'
import { durableSections, type DurableSection } from './durableRows.ts'
import type { Lookups } from '../../lookups/lookups.ts'
import { Trace } from '../../trace/trace.ts'
import type { HeapCopy } from '../../workers/heapCopy.ts'
import { Workers } from '../../workers/workers.ts'
import { refuseTrial, type Sandbox } from '../sandbox.ts'
import { subjectOfCollection, subjectOfEntry, subjectsOfWatch } from './collectionRows.ts'
import { subjectOfKind, subjectOfObject } from './objectRows.ts'
import { failed, valueOf, type Item, type Subject } from './subject.ts'
import { Readings, type Trouble } from './readings.ts'
import { VatRows, type VatRow } from './vatRows.ts'

/** A vat's heap for the parts of its sweep, while no crank is run. */
interface Kept {
  readonly vat: VatId
  readonly cranks: number
  readonly copy: HeapCopy
}

export class Sweeps {
  readonly #sandbox: Sandbox
  readonly #lookups: Lookups
  /** Of the sweep that was begun last, until its last part. */
  #kept: Kept | undefined

  constructor(sandbox: Sandbox, lookups: Lookups) {
    this.#sandbox = sandbox
    this.#lookups = lookups
  }

  begin(vat: VatId): SweepStart {
    const { incarnation, bundle, worker } = this.#lookups.vat(vat)
    let rows = 0
    for (const _key of new VatRows(this.#sandbox.store.state, vat).durableKeys(null)) rows += 1
    const support = this.#copyOf(vat).salvages ? 'supported' : 'worker-too-old'
    if (support === 'worker-too-old') this.#kept = undefined
    return { vat, incarnation, bundle, worker, support, rows }
  }

  part(vat: VatId, { after, computrons, exhausted }: SweepPartChoices): SweepPart {
    const { store } = this.#sandbox
    const { cranks, activityHash } = store.blocks
    const limit = computrons ?? this.#lookups.read.replayLimits(vat).computrons
    const rows = new VatRows(store.state, vat)
    const parts = { store, rows, copy: this.#copyOf(vat), computrons: limit + overhead }
    const readings = new Readings(parts, exhausted)
    const { taken, next } = takeRows(rows, after, limit)
    const subjects = migrated(readings, decoded(readings, taken.flatMap((row) => subjectsOf(rows, row))))
    if (next === null) this.#kept = undefined
    assert(store.blocks.cranks === cranks, 'a sweep seals no crank (Swp1)')
    assert(store.blocks.activityHash === activityHash, 'a sweep changes no hash (Swp1)')
    return {
      rows: taken.length,
      next,
      kinds: tally(subjects),
      exhausted: [...readings.exhausted],
      computrons: readings.computrons,
    }
  }

  #copyOf(vat: VatId): HeapCopy {
    const { cranks } = this.#sandbox.store.blocks
    if (this.#kept?.vat !== vat || this.#kept.cranks !== cranks)
      this.#kept = { vat, cranks, copy: copyOf(this.#sandbox, this.#lookups, vat) }
    return this.#kept.copy
  }
}

/** Computrons of a script beside those for its items. */
const overhead = 2_000_000n

/** Of the vat's heap. Damage of the store is a refusal, as in every dry run (Sb2). */
function copyOf({ store, engines }: Sandbox, lookups: Lookups, vat: VatId): HeapCopy {
  const workers = new Workers(store, engines, {
    resident: { workers: 1, bytes: Infinity },
    tracer: new Trace(null),
    prepared: { find: () => undefined, drop: () => {} },
  })
  try {
    return workers.copyOf(vat, lookups.read.assignment(vat))
  } catch (error) {
    return refuseTrial(error)
  }
}

// --- rows

/** So many that reading them all is no more work than the limit allows for one record. */
function takeRows(
  rows: VatRows,
  after: string | null,
  limit: bigint,
): { readonly taken: readonly VatRow[]; readonly next: string | null } {
  const affordable = Number(limit / sweepLimits.computronsPerRow)
  const most = Math.max(1, Math.min(sweepLimits.rows, affordable))
  const taken: VatRow[] = []
  let length = 0
  for (const key of rows.durableKeys(after)) {
    if (taken.length === most || length > sweepLimits.text) return { taken, next: taken.at(-1)?.key ?? null }
    const text = rows.get(key) ?? ''
    taken.push({ key, text })
    length += text.length
  }
  return { taken, next: null }
}

const readers: Readonly<Record<DurableSection, (rows: VatRows, row: VatRow) => readonly Subject[]>> = {
  'kind.': (rows, row) => listed(subjectOfKind(rows, row)),
  'collection.o+d': (rows, row) => listed(subjectOfCollection(rows, row)),
  'entry.o+d': (rows, row) => listed(subjectOfEntry(rows, row)),
  'object.o+d': (rows, row) => listed(subjectOfObject(rows, row)),
  'watch.': subjectsOfWatch,
  'watches.': subjectsOfWatch,
}

const listed = (subject: Subject | undefined): readonly Subject[] => (subject === undefined ? [] : [subject])

function subjectsOf(rows: VatRows, row: VatRow): readonly Subject[] {
  const section = durableSections.find((prefix) => row.key.startsWith(prefix))
  assert(section !== undefined, 'Swp2: a row of a sweep is in one of its sections')
  return readers[section](rows, row)
}

// --- readings

/** The subjects, with the first failure of each. */
function decoded(readings: Readings, subjects: readonly Subject[]): readonly Subject[] {
  const checked = withDefinedKinds(readings, subjects)
  const items = checked.flatMap(({ items: own }) => own)
  const troubles = readings.decode(items)
  let at = 0
  return checked.map((subject) => {
    const from = at
    at += subject.items.length
    const index = troubles.slice(from, at).findIndex((trouble) => trouble !== null)
    const trouble = troubles[from + index]
    return index < 0 || trouble == null
      ? subject
      : withTrouble(subject, trouble, subject.items[index]?.property ?? null)
  })
}

/** One object of each kind is brought into the heap: that fails for a kind that the code has not defined. */
function withDefinedKinds(readings: Readings, subjects: readonly Subject[]): readonly Subject[] {
  const first = new Map<number, Item>()
  for (const { defined, vref } of subjects)
    if (defined !== null && !first.has(defined)) first.set(defined, valueOf(`${vref}#"$0"`))
  const troubles = readings.decode([...first.values()])
  const undefinedKinds = new Map([...first.keys()].map((kind, at) => [kind, troubles[at] ?? null]))
  return subjects.map((subject) => {
    const trouble = subject.defined === null ? null : (undefinedKinds.get(subject.defined) ?? null)
    return trouble === null ? subject : failed(subject, 'kind-undefined', trouble.message)
  })
}

/** The subjects, with the failures of their migrations. */
function migrated(readings: Readings, subjects: readonly Subject[]): readonly Subject[] {
  const byKind = new Map<number, Subject[]>()
  for (const subject of subjects) {
    if (subject.migration === null || subject.failure !== null) continue
    const { kind } = subject.migration
    byKind.set(kind, [...(byKind.get(kind) ?? []), subject])
  }
  const troubles = new Map<Subject, Trouble | null>()
  for (const [kind, some] of byKind) {
    const bases = some.flatMap(({ migration }) => (migration === null ? [] : [migration.base]))
    for (const [at, trouble] of readings.migrate({ kind, bases }).entries())
      troubles.set(some[at] as Subject, trouble)
  }
  return subjects.map((subject) => {
    const trouble = troubles.get(subject) ?? null
    return trouble === null ? subject : withTrouble(subject, trouble, null)
  })
}

const withTrouble = (subject: Subject, { code, message }: Trouble, property: string | null): Subject =>
  failed(subject, code, message, property)

// --- the result

function tally(subjects: readonly Subject[]): readonly SweptKind[] {
  const kinds = new Map<string, SweptKind & { readonly failures: SweepFailure[] }>()
  for (const { group, counts, failure, migration } of subjects) {
    const name = `${group.sort} ${group.number ?? ''} ${group.kind}`
    const before = kinds.get(name) ?? { ...group, records: 0, migrated: 0, failed: 0, failures: [] }
    if (failure !== null && before.failures.length < sweepLimits.failures) before.failures.push(failure)
    kinds.set(name, {
      ...before,
      records: before.records + (counts ? 1 : 0),
      migrated: before.migrated + (migration === null ? 0 : 1),
      failed: before.failed + (failure === null ? 0 : 1),
    })
  }
  return [...kinds.values()].filter(({ records, failed: bad }) => records > 0 || bad > 0)
}
