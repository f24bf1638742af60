/**
 * The stored definitions of the vat's durable kinds, and whether a new definition is compatible.
 *
 * Es1. The number of a facet never changes: new facets come after the old ones, regardless of their names.
 * Es2. The version of a record is never lost: `oldest` is the oldest version that a record may still have,
 *      and from there to the version of the code there is a migration for each step.
 */
import { assert } from '../../../base/errors.ts'
import type { Definition, KindRecord, StoredShape } from '../../../protocol/worker/estate.ts'
import type { StartRefusalCode } from '../../../protocol/results.ts'
import { refuse } from '../../../protocol/codes.ts'
import { maxDurableKinds } from '../../../protocol/limits.ts'
import { Cursor } from '../../memory/cursor.ts'
import { kindNumbers } from '../../memory/kindNumbers.ts'
import { keys, read, write } from '../../memory/store.ts'
import type { Migration } from './options.ts'
import { brokenFields, type StateShape } from './shape.ts'

/** Why an incarnation cannot start with its definition of a kind. */
export interface Flaw {
  readonly code: StartRefusalCode
  readonly message: string
  readonly names: readonly string[]
}

/** A definition proposed by the code of this incarnation. */
export interface Proposal {
  readonly tag: string
  /** In the order of their names; undefined for a single-facet kind. */
  readonly facets: readonly string[] | undefined
  readonly shape: StateShape | undefined
  readonly storedShape: StoredShape | null
  readonly version: number
  readonly migrate: ReadonlyMap<number, Migration>
}

/** Allocates the number of a new kind; numbers are not reused. */
export function allocateKindNumber(): number {
  const id = Number(read(keys.nextKind) ?? kindNumbers.firstOfUsers)
  assert(Number.isSafeInteger(id) && id >= kindNumbers.firstOfUsers, 'kinds of users are numbered from 10')
  write(keys.nextKind, String(id + 1))
  return id
}

export function readKind(id: number): KindRecord {
  const record = findKind(id)
  if (record === undefined) throw new Error(`there is no durable kind ${id}`)
  return record
}

/** Undefined when there is no durable kind of this number. */
export function findKind(id: number): KindRecord | undefined {
  const text = read(keys.kind(id))
  return text === undefined ? undefined : (JSON.parse(text) as KindRecord)
}

/**
 * The number of durable kinds. They are counted only when enough numbers were allocated to reach the limit.
 */
export class KindCount {
  #count: number | undefined

  /** Counts one more; refuses when the limit is reached. */
  add(): void {
    const given = Number(read(keys.nextKind) ?? kindNumbers.firstOfUsers) - kindNumbers.firstOfUsers
    if (given < maxDurableKinds) return
    if (this.#count === undefined) {
      this.#count = 0
      const cursor = new Cursor(keys.kindPrefix, keys.kindsEnd)
      while (cursor.advance()) this.#count += 1
    }
    if (this.#count >= maxDurableKinds) {
      refuse(
        'kind/too-many',
        `the vat has ${this.#count} durable kinds, and at most ${maxDurableKinds} are possible; make a kind once, and keep its handle`,
        { limit: maxDurableKinds },
      )
    }
    this.#count += 1
  }
}

export function writeKind(id: number, record: KindRecord): void {
  const { definition } = record
  assert(
    definition === null || definition.oldest <= definition.version,
    'Es2: no record is newer than the code',
  )
  const text = JSON.stringify(record)
  if (read(keys.kind(id)) !== text) write(keys.kind(id), text)
}

/** The definition that follows from the previous one and the proposal, or why there is none. */
export function nextDefinition(
  before: Definition | null,
  proposal: Proposal,
  hasRecords: boolean,
): Definition | Flaw {
  const { version, storedShape: shape } = proposal
  const oldest = before === null || !hasRecords ? version : before.oldest
  const definition: Definition = { facets: facetsAfter(before, proposal), shape, version, oldest }
  if (before === null) return definition
  return (
    versionFlaw(before, oldest, proposal) ??
    facetFlaw(before, proposal) ??
    shapeFlaw(before, proposal) ??
    definition
  )
}

export const isFlaw = (result: Definition | Flaw): result is Flaw => 'code' in result

/** Es1. */
function facetsAfter(before: Definition | null, { facets }: Proposal): readonly string[] | null {
  if (facets === undefined) return null
  const old = before?.facets ?? []
  const after = [...old, ...facets.filter((name) => !old.includes(name))]
  assert(after.length >= facets.length, 'Es1: each facet of the definition has a number')
  return after
}

/** Es2. */
function versionFlaw(
  before: Definition,
  oldest: number,
  { tag, version, migrate }: Proposal,
): Flaw | undefined {
  const code = 'start/migration-missing'
  if (before.version > version) {
    const message = `the durable kind ${quote(tag)} has records of state version ${before.version}, and the code is of version ${version}`
    return { code, message, names: [tag] }
  }
  for (let from = oldest; from < version; from += 1) {
    if (migrate.has(from)) continue
    return {
      code,
      message: `the durable kind ${quote(tag)} has no migration from state version ${from} to ${from + 1}`,
      names: [tag],
    }
  }
  return undefined
}

function facetFlaw({ facets: before }: Definition, { tag, facets }: Proposal): Flaw | undefined {
  const many = (is: boolean): string => (is ? 'several facets' : 'a single facet')
  if ((before === null) !== (facets === undefined)) {
    const message = `the durable kind ${quote(tag)} was defined with ${many(before !== null)} and is now defined with ${many(facets !== undefined)}`
    return { code: 'start/facets-changed', message, names: [tag] }
  }
  const missing = (before ?? []).filter((name) => facets?.includes(name) !== true)
  if (missing.length === 0) return undefined
  const message = `the durable kind ${quote(tag)} is defined without its facets ${missing.map(quote).join(', ')}`
  return { code: 'start/facets-missing', message, names: missing.map((name) => `${tag}.${name}`) }
}

/** A migration may produce any shape; without one, old records must fit the new shape unchanged. */
function shapeFlaw(before: Definition, { tag, version, shape, storedShape }: Proposal): Flaw | undefined {
  if (before.version !== version) return undefined
  const code = 'start/shape-changed'
  if (before.shape === null || storedShape === null || shape === undefined) {
    if (before.shape === storedShape) return undefined
    const change = before.shape === null ? 'has a stateShape that it did not have' : 'has lost its stateShape'
    return { code, message: `the durable kind ${quote(tag)} ${change}; raise its stateVersion`, names: [tag] }
  }
  const broken = brokenFields(before.shape, storedShape, shape)
  if (broken.length === 0) return undefined
  const message = `the stateShape of the durable kind ${quote(tag)} differs in ${broken.map(quote).join(', ')}; add only optional fields, or raise its stateVersion`
  return { code, message, names: broken.map((name) => `${tag}.${name}`) }
}

const quote = (text: string): string => JSON.stringify(text)
