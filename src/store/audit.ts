/**
 * An audit of the file: as `verify` with `all`, but it goes on after what it finds, and tells all of it.
 *
 * It is of the last block. What the kernel's rows mean is the kernel's own audit.
 */
import { CodedError } from '../base/errors.ts'
import type { Hash, VatId } from '../base/ids.ts'
import type { Space } from '../kernel/ports.ts'
import { deviationLimit } from '../protocol/audit.ts'
import type { Deviation, StoreAuditCode, StoreCounted } from '../protocol/audit.ts'
import { chainStart, sha256 } from './hash.ts'
import { limits } from './limits.ts'
import { verifyRow } from './rows.ts'
import { successor } from './sorted.ts'
import type { SqlFile } from './sql.ts'
import type { Span } from './transcripts.ts'
import type { Verifiable } from './verify.ts'

export interface StoreAudit {
  readonly deviations: readonly Deviation<StoreAuditCode>[]
  readonly found: number
  readonly counted: StoreCounted
  /** The spaces that have rows, in order. */
  readonly spaces: readonly Space[]
}

/** The pages that a manifest lists: what a manifest says is not the store's to know. */
export type PagesOf = (manifestBytes: Uint8Array) => Iterable<Hash>

export function auditStore(store: Verifiable, pagesOf: PagesOf): StoreAudit {
  const findings = new Findings()
  auditStructure(store.sql, findings)
  const bundles = auditBundles(store, findings)
  const snapshots = auditSnapshots(store, pagesOf, findings)
  const pages = auditPages(store.sql, findings)
  const spans = auditTranscripts(store, findings)
  const { rows, spaces } = auditState(store.sql, findings)
  const blocks = auditBlocks(store.sql, findings)
  auditChannels(store.sql, findings)
  const { deviations, found } = findings
  return { deviations, found, counted: { stateRows: rows, spans, snapshots, pages, bundles, blocks }, spaces }
}

class Findings {
  readonly deviations: Deviation<StoreAuditCode>[] = []
  found = 0

  add(code: StoreAuditCode, where: string, message: string): void {
    this.found += 1
    if (this.deviations.length < deviationLimit) this.deviations.push({ code, where, message })
  }

  /** A refusal with this code is a deviation at this place; anything else is none of ours. */
  attempt(code: StoreAuditCode, where: string, check: () => void): void {
    try {
      check()
    } catch (error) {
      if (!(error instanceof CodedError) || error.code !== code) throw error
      this.add(code, where, error.message)
    }
  }
}

function auditStructure(sql: SqlFile, findings: Findings): void {
  for (const [finding] of sql.query<[string]>('PRAGMA integrity_check(100)').all()) {
    if (finding !== 'ok') findings.add('store/corrupt-file', 'file', `SQLite says: ${finding}`)
  }
}

function auditBundles({ bundles }: Verifiable, findings: Findings): number {
  const all = bundles.list()
  for (const { id, kind } of all) findings.attempt('store/corrupt-bundle', `bundle ${id}`, () => void bundles.get(id, kind))
  return all.length
}

// --- heaps

function auditSnapshots({ sql, heaps }: Verifiable, pagesOf: PagesOf, findings: Findings): number {
  const kept = sql.query<[Hash]>('SELECT hash FROM page_use JOIN page ON id = page WHERE vat = ?')
  const all = sql.query<[VatId, number]>('SELECT vat, position FROM snapshot ORDER BY vat').all()
  for (const [vat, position] of all) {
    const where = `snapshot ${vat} ${position}`
    findings.attempt('store/corrupt-snapshot', where, () => {
      const manifest = heaps.load(vat, position)
      if (manifest === undefined) return
      const listed = new Set(pagesOf(manifest.manifestBytes))
      const held = new Set(kept.all(vat).map(([hash]) => hash))
      const lacking = [...listed].filter((hash) => !held.has(hash)).length
      const beyond = [...held].filter((hash) => !listed.has(hash)).length
      if (lacking + beyond > 0) findings.add('store/corrupt-snapshot', where, `the manifest of ${vat} lists ${lacking} pages that are not kept for it; ${beyond} are kept and not listed`)
    })
  }
  return all.length
}

function auditPages(sql: SqlFile, findings: Findings): number {
  const after = sql.query<[number, Hash, Uint8Array]>(`SELECT id, hash, bytes FROM page WHERE id > ? ORDER BY id LIMIT ${limits.batch}`)
  let pages = 0
  for (let rows = after.all(0); rows.length > 0; rows = after.all(rows.at(-1)?.[0] ?? 0)) {
    for (const [, hash, bytes] of rows) {
      pages += 1
      if (sha256(bytes) !== hash) findings.add('store/corrupt-page', `page ${hash}`, `the bytes of the page ${hash} have another hash`)
    }
  }
  for (const [vat, page] of sql.query<[VatId, number]>('SELECT vat, page FROM page_use WHERE page NOT IN (SELECT id FROM page)').all()) {
    findings.add('store/corrupt-page', `snapshot ${vat}`, `page number ${page} of the snapshot of ${vat} is not there`)
  }
  const wrong = sql.query<[Hash, number, number]>(
    `SELECT hash, uses, count(page_use.page) AS listed FROM page LEFT JOIN page_use ON page_use.page = page.id
     GROUP BY page.id HAVING uses <> listed`,
  )
  for (const [hash, uses, listed] of wrong.all()) {
    findings.add('store/corrupt-page', `page ${hash}`, `${listed} snapshots list the page ${hash}, and it says ${uses}`)
  }
  return pages
}

// --- transcripts

function auditTranscripts({ sql, transcripts }: Verifiable, findings: Findings): number {
  let spans = 0
  for (const vat of transcripts.vats()) {
    let before: Span | undefined
    for (const span of transcripts.spans(vat)) {
      spans += 1
      const where = `transcript ${vat} ${span.start}..${span.end}`
      findings.attempt('store/corrupt-transcript', where, () => transcripts.verifyKept(vat, span))
      const follows = span.number === (before?.number ?? -1) + 1 && span.start === (before?.end ?? 0) && span.previous === (before?.hash ?? chainStart)
      if (!follows) findings.add('store/corrupt-transcript', where, `span ${span.number} of ${vat} does not go on where the one before ended`)
      before = span
    }
  }
  for (const [vat, last] of sql.query<[VatId, number]>('SELECT vat, max(position) FROM entry GROUP BY vat ORDER BY vat').all()) {
    if (last >= transcripts.count(vat)) findings.add('transcript/stray', `transcript ${vat}`, `${vat} has an entry at ${last}, and its spans end at ${transcripts.count(vat)}`)
  }
  return spans
}

// --- state

function auditState(sql: SqlFile, findings: Findings): { rows: number; spaces: Space[] } {
  const batch = sql.query<[string, string, number]>('SELECT key, value, checksum FROM state WHERE space = ? AND key >= ? ORDER BY key LIMIT ?')
  const spaces: Space[] = []
  let rows = 0
  for (const [id, space] of sql.query<[number, Space]>('SELECT id, name FROM space ORDER BY name').all()) {
    const before = rows
    let from = ''
    for (let found = batch.all(id, from, limits.batch); found.length > 0; found = batch.all(id, from, limits.batch)) {
      for (const [key, value, check] of found) {
        rows += 1
        findings.attempt('store/corrupt-state', `${space} ${key}`, () => verifyRow(space, key, value, check))
        from = successor(key)
      }
    }
    if (rows > before) spaces.push(space)
  }
  return { rows, spaces }
}

// --- blocks and channels

type BlockRow = [height: number, cranks: number, hash: Hash, inboxLast: number, inboxTaken: number, outboxLast: number, outboxAcknowledged: number]

function auditBlocks(sql: SqlFile, findings: Findings): number {
  const after = sql.query<BlockRow>(`SELECT height, cranks, activity_hash, inbox_last, inbox_taken, outbox_last, outbox_acknowledged FROM block WHERE height > ? ORDER BY height LIMIT ${limits.batch}`)
  const [first] = sql.query<[number]>(`SELECT before FROM pruned WHERE what = 'block'`).one() ?? [0]
  let before: BlockRow = [first - 1, 0, chainStart, 0, 0, 0, 0]
  for (let rows = after.all(-1); rows.length > 0; rows = after.all(before[0])) {
    for (const row of rows) {
      if (!follows(row, before, row[0] === first)) findings.add('block/chain', `block ${row[0]}`, `block ${row[0]} does not go on where block ${before[0]} ended`)
      before = row
    }
  }
  return before[0] + 1 - first
}

/** Counters never go back, and the activity hash is another exactly when there were cranks. */
function follows([height, cranks, hash, ...channels]: BlockRow, [heightBefore, cranksBefore, hashBefore, ...channelsBefore]: BlockRow, isFirst: boolean): boolean {
  if (height !== heightBefore + 1) return false
  // Of what was before the first block that is there nothing is known.
  if (isFirst && height > 0) return true
  if (cranks < cranksBefore || (cranks === cranksBefore) !== (hash === hashBefore)) return false
  return channels.every((count, index) => count >= (channelsBefore[index] ?? 0))
}

function auditChannels(sql: SqlFile, findings: Findings): void {
  const [last] = sql.query<BlockRow>('SELECT height, cranks, activity_hash, inbox_last, inbox_taken, outbox_last, outbox_acknowledged FROM block ORDER BY height DESC LIMIT 1').all()
  if (last === undefined) return
  const [, , , inboxLast, inboxTaken, outboxLast, outboxAcknowledged] = last
  for (const [channel, from, to] of [['inbox', inboxTaken, inboxLast], ['outbox', outboxAcknowledged, outboxLast]] as const) {
    const [count = 0, inside = 0] = sql.query<[number, number]>(`SELECT count(*), coalesce(sum(sequence > ? AND sequence <= ?), 0) FROM ${channel}`).one(from, to) ?? []
    if (count !== to - from || inside !== count) {
      findings.add('channel/gap', channel, `the ${channel} should have the items after ${from} up to ${to}; it has ${count}, of which ${inside} are of those`)
    }
  }
}
