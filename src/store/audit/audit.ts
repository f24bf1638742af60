/**
 * Audits the file: like `verify` with `all`, but it continues after a finding and reports all of them.
 *
 * It covers the last block. The meaning of the kernel's rows is left to the kernel's own audit.
 *
 * Aud1. Damage is a deviation and never an error: an unreadable row is reported and skipped, and where SQLite
 *       itself cannot continue the audit moves on to the next part.
 */
import { assert, CodedError } from '../../base/errors.ts'
import type { Hash, VatId } from '../../base/ids.ts'
import { sha256 } from '../../hashing/sha256.ts'
import type { Space } from '../../protocol/kernel/platform.ts'
import {
  deviationLimit,
  storeAuditCodes,
  type Deviation,
  type StoreAuditCode,
  type StoreCounted,
} from '../../protocol/reports/audit.ts'
import { followsBlock } from '../state/blocks.ts'
import type { WholeRow } from '../sql/rowFormat.ts'
import { emptyDigest, verifyDigest, verifyRow, withRow } from '../state/digest.ts'
import type { SqlFile } from '../sql/sql.ts'
import { followsSpan, spanOfRow, type Span } from '../contents/spans.ts'
import type { Verifiable } from './verify.ts'

export interface StoreAudit {
  readonly deviations: readonly Deviation<StoreAuditCode>[]
  readonly found: number
  readonly counted: StoreCounted
  /** The spaces that have rows, in order. */
  readonly spaces: readonly Space[]
}

/** The pages that a manifest lists: the store does not interpret manifests. */
export type PagesOf = (manifestBytes: Uint8Array) => Iterable<Hash>

export function auditStore(store: Verifiable, pagesOf: PagesOf): StoreAudit {
  const findings = new StoreFindings()
  const { sql } = store
  findings.section(() => auditStructure(sql, findings))
  const bundles = findings.count((counted) => auditBundles(store, findings, counted))
  const snapshots = findings.count((counted) => auditSnapshots(store, pagesOf, findings, counted))
  const pages = findings.count((counted) => auditPages(sql, findings, counted))
  findings.section(() => auditUses(sql, findings))
  const spans = findings.count((counted) => auditTranscripts(store, findings, counted))
  findings.section(() => auditEntries(store, findings))
  const spaces: Space[] = []
  const stateRows = findings.count((counted) => auditState(sql, findings, spaces, counted))
  const blocks = findings.count((counted) => auditBlocks(store, findings, counted))
  findings.section(() => auditInputs(store, findings))
  findings.section(() => auditChannels(sql, findings))
  findings.attempt('undo log', () => store.undoLog.verify())
  const { deviations, found } = findings
  assert(deviations.length <= found, 'every listed deviation is counted')
  return { deviations, found, counted: { stateRows, spans, snapshots, pages, bundles, blocks }, spaces }
}

/** Called for each item that a section of the audit has checked. */
type Counter = () => void

const isAuditCode = (code: string): code is StoreAuditCode => Object.hasOwn(storeAuditCodes, code)

class StoreFindings {
  readonly deviations: Deviation<StoreAuditCode>[] = []
  found = 0

  add(code: StoreAuditCode, where: string, message: string): void {
    this.found += 1
    if (this.deviations.length < deviationLimit) this.deviations.push({ code, where, message })
  }

  /** A refusal of stored data is a deviation; anything else is a bug of ours. */
  addRefusal(error: unknown, where: string): void {
    if (!(error instanceof CodedError) || !isAuditCode(error.code)) throw error
    this.add(error.code, where, error.message)
  }

  /** A damaged row of a table is a deviation. */
  readonly addDamagedRow = (damaged: CodedError): void => this.addRefusal(damaged, placeOf(damaged.detail))

  attempt(where: string, check: () => void): void {
    try {
      check()
    } catch (error) {
      this.addRefusal(error, where)
    }
  }

  /**
   * A part of the audit. Where SQLite cannot continue, that is a deviation, and the audit moves on to the
   * next part.
   */
  section(audit: () => void): void {
    this.attempt('file', audit)
  }

  /** Like `section`, for a part that counts the items it checks. */
  count(audit: (counted: Counter) => void): number {
    let number = 0
    this.section(() => audit(() => (number += 1)))
    return number
  }
}

/** Display names of places; others are named after their table, followed by the first cell of the row. */
const places: Readonly<Record<string, string>> = {
  span: 'transcript',
  entry: 'transcript',
  page_use: 'snapshot',
  bundle_name: 'bundle name',
  block_input: 'inputs',
  pruned: 'left out',
}

function placeOf({ table, first }: Readonly<Record<string, unknown>>): string {
  const name = places[String(table)] ?? String(table)
  return name === 'inbox' || name === 'outbox' || first === undefined
    ? name
    : `${name} ${String(first).slice(0, 100)}`
}

function auditStructure(sql: SqlFile, findings: StoreFindings): void {
  for (const finding of sql.text('integrity_check(100)')) {
    if (finding !== 'ok') findings.add('store/corrupt-file', 'file', `SQLite says: ${finding}`)
  }
}

function auditBundles({ sql, bundles }: Verifiable, findings: StoreFindings, counted: Counter): void {
  const all = sql.query('SELECT id, kind FROM bundle ORDER BY id', 'bundle', ['bundle', 'kind'])
  for (const [id, kind] of all.eachSound(findings.addDamagedRow)) {
    counted()
    findings.attempt(`bundle ${id}`, () => void bundles.get(id, kind))
  }
  for (const [label, id] of sql.rows('bundle_name', 'ORDER BY label').eachSound(findings.addDamagedRow)) {
    if (!bundles.isInstalled(id))
      findings.add('store/corrupt-bundle', `bundle ${id}`, `${label} names ${id}, which is not there`)
  }
}

// --- heaps

function auditSnapshots(
  { sql, heaps }: Verifiable,
  pagesOf: PagesOf,
  findings: StoreFindings,
  counted: Counter,
): void {
  const kept = sql.query('SELECT hash FROM page_use JOIN page ON id = page WHERE vat = ?', 'page', ['hash'])
  for (const [vat, position] of sql.rows('snapshot', 'ORDER BY vat').eachSound(findings.addDamagedRow)) {
    counted()
    const where = `snapshot ${vat} ${position}`
    findings.attempt(where, () => {
      const manifest = heaps.load(vat, position)
      if (manifest === undefined) return
      const listed = new Set(pagesOf(manifest.manifestBytes))
      const held = new Set(kept.all(vat).map(([hash]) => hash))
      const lacking = [...listed].filter((hash) => !held.has(hash)).length
      const beyond = [...held].filter((hash) => !listed.has(hash)).length
      if (lacking + beyond > 0)
        findings.add(
          'store/corrupt-snapshot',
          where,
          `the manifest of ${vat} lists ${lacking} pages that are not kept for it; ${beyond} are kept and not listed`,
        )
    })
  }
}

function auditPages(sql: SqlFile, findings: StoreFindings, counted: Counter): void {
  for (const [hash, bytes] of sql
    .query('SELECT hash, bytes FROM page ORDER BY id', 'page', ['hash', 'bytes'])
    .eachSound(findings.addDamagedRow)) {
    counted()
    if (sha256(bytes) !== hash)
      findings.add('store/corrupt-page', `page ${hash}`, `the bytes of the page ${hash} have another hash`)
  }
}

function auditUses(sql: SqlFile, findings: StoreFindings): void {
  const lost = sql.query(
    'SELECT vat, page FROM page_use WHERE page NOT IN (SELECT id FROM page)',
    'page_use',
    ['vat', 'count'],
  )
  for (const [vat, page] of lost.eachSound(findings.addDamagedRow)) {
    findings.add(
      'store/corrupt-page',
      `snapshot ${vat}`,
      `page number ${page} of the snapshot of ${vat} is not there`,
    )
  }
  const wrong = sql.query(
    `SELECT hash, uses, count(page_use.page) AS listed FROM page LEFT JOIN page_use ON page_use.page = page.id
     GROUP BY page.id HAVING uses <> listed`,
    'page',
    ['hash', 'count', 'count'],
  )
  for (const [hash, uses, listed] of wrong.eachSound(findings.addDamagedRow)) {
    findings.add(
      'store/corrupt-page',
      `page ${hash}`,
      `${listed} snapshots list the page ${hash}, and it says ${uses}`,
    )
  }
}

// --- transcripts

function auditTranscripts(
  { sql, transcripts, pruned }: Verifiable,
  findings: StoreFindings,
  counted: Counter,
): void {
  const before = new Map<VatId, Span>()
  for (const row of sql.rows('span', 'ORDER BY vat, number').eachSound(findings.addDamagedRow)) {
    counted()
    const [vat] = row
    const span = spanOfRow(row)
    const where = `transcript ${vat} ${span.start}..${span.end}`
    findings.attempt(where, () => transcripts.verifyKept(vat, span))
    if (!followsSpan(before.get(vat), span, pruned.of(vat)))
      findings.add(
        'store/corrupt-transcript',
        where,
        `span ${span.number} of ${vat} does not go on where the one before ended`,
      )
    before.set(vat, span)
  }
}

/** Entries outside every span, and pruning records that do not match the transcripts. */
function auditEntries({ sql, pruned }: Verifiable, findings: StoreFindings): void {
  const ends = sql.query(
    'SELECT vat, min(position), max(position), ifnull((SELECT max(end) FROM span WHERE span.vat = entry.vat), 0) FROM entry GROUP BY vat ORDER BY vat',
    'entry',
    ['vat', 'count', 'count', 'count'],
  )
  for (const [vat, first, last, end] of ends.eachSound(findings.addDamagedRow)) {
    const { entry } = pruned.of(vat)
    if (last >= end)
      findings.add(
        'transcript/stray',
        `transcript ${vat}`,
        `${vat} has an entry at ${last}, and its spans end at ${end}`,
      )
    if (first < entry)
      findings.add(
        'transcript/stray',
        `transcript ${vat}`,
        `${vat} has an entry at ${first}, and all before ${entry} were removed`,
      )
  }
  auditPruned(sql, findings)
}

function auditPruned(sql: SqlFile, findings: StoreFindings): void {
  const left = sql.query("SELECT what, before FROM pruned WHERE what <> 'block' ORDER BY what", 'pruned', [
    'vat',
    'count',
  ])
  const borders = sql.query('SELECT start FROM span WHERE vat = ? AND (start = ? OR end = ?)', 'span', [
    'count',
  ])
  for (const [vat, kept] of left.eachSound(findings.addDamagedRow)) {
    findings.attempt(`transcript ${vat}`, () => {
      if (borders.one(vat, kept, kept) === undefined)
        findings.add(
          'store/corrupt-transcript',
          `transcript ${vat}`,
          `entries of ${vat} were left out up to ${kept}, where none of its spans begins`,
        )
    })
  }
  const lost = sql.query(
    `SELECT vat, entry, span FROM pruned_to
     WHERE entry > ifnull((SELECT before FROM pruned WHERE what = vat), 0) OR span > ifnull((SELECT min(number) FROM span WHERE span.vat = pruned_to.vat), -1)`,
    'pruned_to',
    ['vat', 'count', 'count'],
  )
  for (const [vat, entry, span] of lost.eachSound(findings.addDamagedRow)) {
    findings.add(
      'store/corrupt-transcript',
      `transcript ${vat}`,
      `the entries of ${vat} before ${entry} and its spans before number ${span} are said to be removed, and more was kept`,
    )
  }
  for (const _ of sql.rows('pruned_to').eachSound(findings.addDamagedRow));
  for (const _ of sql.rows('span_begun').eachSound(findings.addDamagedRow));
  for (const _ of sql.rows('retention').eachSound(findings.addDamagedRow));
}

// --- state

function auditState(sql: SqlFile, findings: StoreFindings, spaces: Space[], counted: Counter): void {
  const rows = sql.query('SELECT key, value, checksum FROM state WHERE space = ? ORDER BY key', 'state', [
    'text',
    'text',
    'checksum',
  ])
  for (const [id, space, count, sum] of sql
    .rows('space', 'ORDER BY name')
    .eachSound(findings.addDamagedRow)) {
    let digest = emptyDigest
    const before = findings.found
    findings.attempt(space, () => {
      for (const [key, value, check] of rows.eachSound(
        (damaged) => findings.addRefusal(damaged, `${space} ${String(damaged.detail['first'])}`),
        id,
      )) {
        counted()
        findings.attempt(`${space} ${key}`, () => verifyRow(space, key, value, check))
        digest = withRow(digest, check)
      }
      // With damaged rows the digest differs anyway, and adds no information.
      if (findings.found === before) verifyDigest(space, digest, { rows: count, sum })
    })
    if (digest.rows > 0) spaces.push(space)
  }
  const strays = sql.query(
    'SELECT DISTINCT space FROM state WHERE space NOT IN (SELECT id FROM space)',
    'state',
    ['count'],
  )
  for (const [id] of strays.eachSound(findings.addDamagedRow))
    findings.add(
      'store/corrupt-state',
      `space ${id}`,
      `there are rows of the space number ${id}, and no such space`,
    )
}

// --- blocks and channels

function auditBlocks({ sql, pruned }: Verifiable, findings: StoreFindings, counted: Counter): void {
  const first = pruned.blocks()
  let before: WholeRow<'block'> | undefined
  for (const row of sql.rows('block', 'ORDER BY height').eachSound(findings.addDamagedRow)) {
    counted()
    const fits = before === undefined ? row[0] === first : followsBlock(before, row)
    const gone = before === undefined ? 'what was left out' : `block ${before[0]}`
    if (!fits)
      findings.add('block/chain', `block ${row[0]}`, `block ${row[0]} does not go on where ${gone} ended`)
    before = row
  }
}

/** Rows that are missing before the first one were pruned (Bin1). */
function auditInputs({ sql, blocks, inputs }: Verifiable, findings: StoreFindings): void {
  for (const [height] of sql.rows('block_input', 'ORDER BY height').eachSound(findings.addDamagedRow))
    findings.attempt(`inputs ${height}`, () => void inputs.of(height))
  const flaw = inputs.flaw(blocks.last().height)
  if (flaw !== undefined) findings.add('store/corrupt-block', 'inputs', flaw)
}

function auditChannels(sql: SqlFile, findings: StoreFindings): void {
  const [last] = sql.rows('block', 'ORDER BY height DESC LIMIT 1').eachSound(() => {})
  const ends =
    last === undefined
      ? []
      : ([
          ['inbox', last[4], last[3]],
          ['outbox', last[6], last[5]],
        ] as const)
  for (const [channel, from, to] of ends) {
    let count = 0
    let inside = 0
    for (const [sequence] of sql.rows(channel, 'ORDER BY sequence').eachSound(findings.addDamagedRow)) {
      count += 1
      if (sequence > from && sequence <= to) inside += 1
    }
    if (count !== to - from || inside !== count) {
      findings.add(
        'channel/gap',
        channel,
        `the ${channel} should have the items after ${from} up to ${to}; it has ${count}, of which ${inside} are of those`,
      )
    }
  }
}
