/**
 * Bundles: code and images, named by their hash; and labels that the host assigns.
 *
 * Bun1. A bundle's id is `b1-` and the SHA-256 of its bytes; bytes are returned only under their hash. An
 *       archive may also have the id under which it is published, which the host has checked against its
 *       content: a name that never moves.
 * Bun2. The same bytes are one bundle and have one kind.
 * Bun3. Code for vats is removed only when the kernel has retired it and no transcript that is kept names it
 *       (Rtc1, Rtc2): until then an id stays valid once it worked. Code that only the host runs (kernels,
 *       supervisors, engines, base images) may be removed when nothing refers to it any more.
 * Bun4. A name belongs to one bundle at a time; assigning it again moves it.
 * Bun5. A source map belongs to a bundle but not to its bytes. It may be missing, and nothing depends on it.
 *       Bundles belong to the block, not to the crank: installing one changes nothing that a vat could see.
 */
import { assert } from '../../base/errors.ts'
import { archiveId, bundleId, isArchiveId, isBundleId, type BundleId } from '../../base/ids.ts'
import { sha256 } from '../../hashing/sha256.ts'
import type { PlatformBundles } from '../../protocol/kernel/platform.ts'
import { bundleKinds, type BundleKind } from '../../protocol/bundle/bundle.ts'
import { refuse } from '../../protocol/codes.ts'
import { checksumOf, type WholeRow } from '../sql/rowFormat.ts'
import { noInputs, type InputSink } from '../inputs/inputRecorder.ts'
import type { OpenGuard } from '../state/openGuard.ts'
import { isPublishedLabel, retiredCode, type RetiredCode } from '../space/retiredCode.ts'
import { limits } from '../files/limits.ts'
import type { SqlCommand, SqlQuery, SqlFile } from '../sql/sql.ts'

export interface BundleRecord {
  readonly id: BundleId
  readonly kind: BundleKind
  readonly size: number
}

interface Bundle {
  readonly kind: BundleKind
  readonly bytes: Uint8Array
}

export class Bundles implements PlatformBundles {
  readonly #guard: OpenGuard
  readonly #inputs: InputSink
  readonly #added = new Map<BundleId, Bundle>()
  readonly #named = new Map<string, BundleId>()
  readonly #mapped = new Map<BundleId, Uint8Array>()
  readonly #kindOf: SqlQuery<[BundleKind]>
  readonly #read: SqlQuery<[BundleKind, Uint8Array]>
  readonly #records: SqlQuery<[BundleId, BundleKind, number]>
  readonly #code: SqlQuery<[BundleId, BundleKind]>
  readonly #put: SqlCommand
  readonly #nameRow: SqlQuery<WholeRow<'bundle_name'>>
  readonly #putName: SqlCommand
  readonly #labelsOf: SqlQuery<[string]>
  readonly #allLabels: SqlQuery<[string]>
  readonly #mapOf: SqlQuery<[Uint8Array]>
  readonly #putMap: SqlCommand
  readonly #idsFrom: SqlQuery<[BundleId]>
  readonly #removals: readonly SqlCommand[]
  readonly #retired: () => RetiredCode

  constructor(sql: SqlFile, guard: OpenGuard, inputs: InputSink = noInputs) {
    this.#guard = guard
    this.#inputs = inputs
    this.#retired = () => retiredCode(sql)
    this.#kindOf = sql.query('SELECT kind FROM bundle WHERE id = ?', 'bundle', ['kind'])
    this.#read = sql.query('SELECT kind, bytes FROM bundle WHERE id = ?', 'bundle', ['kind', 'bytes'])
    this.#records = sql.query('SELECT id, kind, length(bytes) FROM bundle ORDER BY id', 'bundle', [
      'bundle',
      'kind',
      'count',
    ])
    this.#code = sql.query("SELECT id, kind FROM bundle WHERE kind <> 'vat' ORDER BY kind, id", 'bundle', [
      'bundle',
      'kind',
    ])
    this.#put = sql.command('INSERT INTO bundle (id, kind, bytes) VALUES (?, ?, ?)', 'bundle')
    this.#nameRow = sql.rows('bundle_name', 'WHERE label = ?')
    this.#putName = sql.command(
      `INSERT INTO bundle_name (label, id, checksum) VALUES (?, ?, ?)
       ON CONFLICT (label) DO UPDATE SET id = excluded.id, checksum = excluded.checksum`,
      'bundle_name',
    )
    this.#allLabels = sql.query('SELECT label FROM bundle_name', 'bundle_name', ['text'])
    this.#labelsOf = sql.query('SELECT label FROM bundle_name WHERE id = ? ORDER BY label', 'bundle_name', [
      'text',
    ])
    this.#mapOf = sql.query('SELECT map FROM source_map WHERE bundle = ?', 'source_map', ['bytes'])
    this.#putMap = sql.command(
      'INSERT INTO source_map (bundle, map) VALUES (?, ?) ON CONFLICT (bundle) DO UPDATE SET map = excluded.map',
      'source_map',
    )
    this.#idsFrom = sql.query('SELECT id FROM bundle WHERE id >= ? ORDER BY id LIMIT 2', 'bundle', ['bundle'])
    this.#removals = [
      sql.command('DELETE FROM source_map WHERE bundle = ?', 'source_map'),
      sql.command('DELETE FROM bundle_name WHERE id = ?', 'bundle_name'),
      sql.command('DELETE FROM trusted WHERE bundle = ?', 'trusted'),
      sql.command('DELETE FROM bundle WHERE id = ?', 'bundle'),
    ]
  }

  /** Installs a bundle and returns its id. Idempotent. */
  put(kind: BundleKind, bytes: Uint8Array): BundleId {
    this.#guard.assertOpen()
    assert(bundleKinds.includes(kind), `${kind} is not a kind of bundle`)
    const size = bytes.byteLength
    if (size > limits.bundleBytes) {
      refuse('bundle/too-large', `The bundle has ${size} bytes; the limit is ${limits.bundleBytes}`, {
        size,
        limit: limits.bundleBytes,
      })
    }
    const id = bundleId(sha256(bytes))
    const installed = this.#kind(id)
    if (installed === undefined) {
      this.#added.set(id, { kind, bytes: new Uint8Array(bytes) })
      this.#inputs.stored(id, kind)
    } else if (installed !== kind) refuseKind(id, installed, kind)
    return id
  }

  /**
   * Assigns an installed archive the id under which it is published (Bun1). The first archive with it keeps
   * it.
   */
  publish(published: BundleId, id: BundleId): void {
    assert(
      isArchiveId(published) && !isArchiveId(id),
      `${published} is not the id under which an archive is published`,
    )
    const label = publishedLabel(published)
    if (this.named(label) === undefined) this.name(label, id)
  }

  /** The published id, for display. */
  publishedId(id: BundleId): BundleId {
    this.#guard.assertOpen()
    const labels = [
      ...[...this.#named].filter(([, bundle]) => bundle === id).map(([label]) => label),
      ...this.#labelsOf.all(id).map(([label]) => label),
    ]
    const label = labels.find(isPublishedLabel)
    return label === undefined ? id : archiveId(label)
  }

  putScript(script: string): BundleId {
    return this.put('vat', Buffer.from(script, 'utf8'))
  }

  /** The bytes, checked against the id. */
  get(id: BundleId, kind: BundleKind): Uint8Array {
    this.#guard.assertOpen()
    const own = this.#resolve(id)
    const bundle = own === undefined ? undefined : (this.#added.get(own) ?? this.#stored(own))
    if (bundle === undefined) refuse('bundle/unknown', `No bundle ${id} is installed`, { bundle: id })
    if (bundle.kind !== kind) refuseKind(id, bundle.kind, kind)
    if (bundleId(sha256(bundle.bytes)) !== this.#resolve(id)) {
      refuse('store/corrupt-bundle', `The bytes of ${id} do not match its hash`, { bundle: id, kind })
    }
    return bundle.bytes
  }

  /** Whether a bundle of this id and kind is installed. Does not read its bytes. */
  has(id: BundleId, kind: BundleKind): boolean {
    this.#guard.assertOpen()
    return this.#kind(id) === kind
  }

  /** Whether a bundle of this id is installed, of any kind. */
  isInstalled(id: BundleId): boolean {
    this.#guard.assertOpen()
    return this.#kind(id) !== undefined
  }

  /** All bundles, by id. */
  list(): BundleRecord[] {
    this.#guard.assertOpen()
    const stored = this.#records.all().map(([id, kind, size]) => ({ id, kind, size }))
    const added = [...this.#added].map(([id, { kind, bytes }]) => ({ id, kind, size: bytes.byteLength }))
    return [...stored, ...added].sort((one, other) => (one.id < other.id ? -1 : 1))
  }

  /**
   * Code that the host itself runs, or builds workers of, as of the last block: all kinds but code for vats.
   */
  hostCode(): Omit<BundleRecord, 'size'>[] {
    this.#guard.assertOpen()
    return this.#code.all().map(([id, kind]) => ({ id, kind }))
  }

  /** Names an installed bundle. */
  name(label: string, id: BundleId): void {
    this.#guard.assertOpen()
    assert(
      label !== '' && label.length <= limits.nameLength && label.isWellFormed(),
      `${JSON.stringify(label)} is not a name of a bundle`,
    )
    const own = this.#kind(id) === undefined ? undefined : this.#resolve(id)
    if (own === undefined)
      return refuse('bundle/unknown', `No bundle ${id} is installed, so it cannot be named ${label}`, {
        bundle: id,
        label,
      })
    this.#named.set(label, own)
    this.#inputs.named(label, own)
  }

  /** All names, unordered. */
  labels(): readonly string[] {
    return [...new Set([...this.#named.keys(), ...this.#allLabels.all().map(([label]) => label)])]
  }

  /** The bundle of this name; undefined when no bundle has it. */
  named(label: string): BundleId | undefined {
    this.#guard.assertOpen()
    return this.#named.get(label) ?? this.#nameRow.one(label)?.[1]
  }

  /** Stores the source map of an installed bundle, replacing any earlier one (Bun5). */
  putMap(id: BundleId, map: Uint8Array): void {
    this.#guard.assertOpen()
    assert(
      !isArchiveId(id) && this.#kind(id) !== undefined,
      `no bundle ${id} is installed to have a source map (Bun5)`,
    )
    if (map.byteLength <= limits.sourceMapBytes) this.#mapped.set(id, new Uint8Array(map))
  }

  mapOf(id: BundleId): Uint8Array | undefined {
    this.#guard.assertOpen()
    return this.#mapped.get(id) ?? this.#mapOf.one(id)?.[0]
  }

  /** The bundle whose id has this prefix; undefined when there is none, or more than one. */
  beginningWith(prefix: string): BundleId | undefined {
    this.#guard.assertOpen()
    const stored = this.#idsFrom.all(prefix).map(([id]) => id)
    const ids = new Set([...stored, ...this.#added.keys()].filter((id) => id.startsWith(prefix)))
    return ids.size === 1 ? [...ids][0] : undefined
  }

  /** Host code without a name that is not among the used bundles. Of the last block. */
  unused(used: ReadonlySet<BundleId>): { readonly id: BundleId; readonly size: number }[] {
    this.#guard.assertOpen()
    const named = new Set(this.#named.values())
    return this.#records
      .all()
      .filter(
        ([id, kind]) =>
          kind !== 'vat' && !used.has(id) && !named.has(id) && this.#labelsOf.all(id).length === 0,
      )
      .map(([id, , size]) => ({ id, size }))
  }

  /** Retired code of vats, as of the last block. */
  retired(): RetiredCode {
    this.#guard.assertOpen()
    return this.#retired()
  }

  /** Removes bundles, with their names (Bun3). None of them is new in the current block. */
  remove(ids: readonly BundleId[]): void {
    for (const id of ids) {
      assert(!this.#added.has(id), `${id} is new: it is not removed (Bun3)`)
      for (const command of this.#removals) command.run(id)
    }
  }

  /** Verifies every bundle against its id. */
  verify(): void {
    for (const { id, kind } of this.list()) this.get(id, kind)
  }

  flush(): void {
    for (const [id, { kind, bytes }] of this.#added) this.#put.run(id, kind, bytes)
    for (const [label, id] of this.#named)
      this.#putName.run(label, id, checksumOf('bundle_name', [label, id]))
    for (const [id, map] of this.#mapped) this.#putMap.run(id, map)
  }

  onCommitted(): void {
    this.abandon()
  }

  abandon(): void {
    this.#added.clear()
    this.#named.clear()
    this.#mapped.clear()
  }

  /** Resolves an id to that of the bytes' hash. */
  #resolve(id: BundleId): BundleId | undefined {
    return isBundleId(id) && isArchiveId(id) ? this.named(publishedLabel(id)) : id
  }

  #kind(id: BundleId): BundleKind | undefined {
    const own = this.#resolve(id)
    if (own === undefined) return undefined
    return this.#added.get(own)?.kind ?? (isBundleId(own) ? this.#kindOf.one(own)?.[0] : undefined)
  }

  #stored(id: BundleId): Bundle | undefined {
    const row = isBundleId(id) ? this.#read.one(id) : undefined
    return row === undefined ? undefined : { kind: row[0], bytes: row[1] }
  }
}

const publishedLabel = (published: BundleId): string => published.slice('b1-'.length)

function refuseKind(id: BundleId, kind: BundleKind, wanted: BundleKind): never {
  refuse('bundle/wrong-kind', `${id} is a bundle of kind ${kind}, not ${wanted}`, {
    bundle: id,
    kind,
    wanted,
  })
}
