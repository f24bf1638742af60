/**
 * Export and import of a store: half of it pages of heaps, a quarter state, a quarter transcripts, as large
 * as `--megabytes` says. Each in a process of its own, from the call to its answer; an export ends when it
 * is on the disk, an import when all of it is checked and on the disk.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vatId } from '../../src/base/ids.ts'
import { sha256 } from '../../src/hashing/sha256.ts'
import { createStore, type Store } from '../../src/store/store.ts'
import type { BenchCase, Figure } from '../case.ts'

const pageBytes = 4096
const rowBytes = 1024
const entryBytes = 2048
const blockMegabytes = 10

export const exports: BenchCase = {
  name: 'export',
  async measure({ megabytes }) {
    const workplace = mkdtempSync(join(tmpdir(), 'heirloom-bench-'))
    const [store, sent, taken] = ['store', 'export', 'taken'].map((name) => join(workplace, name)) as [
      string,
      string,
      string,
    ]
    try {
      fill(store, megabytes)
      return [
        ...figures('export', megabytes, transfer('export', store, sent)),
        ...figures('import, with all checks', megabytes, transfer('import', sent, taken)),
      ]
    } finally {
      rmSync(workplace, { recursive: true, force: true })
    }
  },
}

interface Transfer {
  readonly bytes: number
  readonly seconds: number
  /** Seconds of all its threads. */
  readonly processor: number
  readonly peak: number
}

function transfer(kind: 'export' | 'import', from: string, to: string): Transfer {
  return JSON.parse(
    execFileSync(process.execPath, [join(import.meta.dirname, '..', 'transfer.ts'), kind, from, to], {
      encoding: 'utf8',
    }),
  ) as Transfer
}

const figures = (
  what: string,
  megabytes: number,
  { bytes, seconds, processor, peak }: Transfer,
): readonly Figure[] => [
  { what: `${what} of ${megabytes} MB`, value: seconds, unit: 's', aim: '' },
  { what: '… speed', value: bytes / 1e6 / seconds, unit: 'MB/s', aim: '' },
  { what: '… processor time', value: processor, unit: 's', aim: '' },
  { what: '… peak memory of the process', value: peak, unit: 'MiB', aim: 'flat' },
]

function fill(directory: string, megabytes: number): void {
  const store = createStore(directory)
  for (let done = 0, vat = 1; done < megabytes; done += blockMegabytes, vat += 1) fillBlock(store, vat)
  store.close()
}

/** A vat with `blockMegabytes` to its name. */
function fillBlock(store: Store, number: number): void {
  const vat = vatId(number)
  const share = (part: number, bytes: number): number => Math.floor((blockMegabytes * 1e6 * part) / bytes)
  store.transcripts.beginSpan(vat, 'incarnation')
  const said = 'x'.repeat(entryBytes - 200)
  for (let entry = 0; entry < share(0.25, entryBytes); entry += 1) {
    store.transcripts.append(vat, {
      delivery: { kind: 'bringOutYourDead' },
      syscalls: [{ kind: 'vatstoreSet', key: `k${entry}`, value: said }],
      result: { kind: 'ok' },
      computrons: '7',
    })
  }
  for (let row = 0; row < share(0.25, rowBytes); row += 1)
    store.state.set(`vat/${vat}`, `key ${row}`, `${row} `.repeat(rowBytes / 5).slice(0, rowBytes))
  const added = Array.from({ length: share(0.5, pageBytes) }, (_, page) => {
    const bytes = new Uint8Array(pageBytes)
    new DataView(bytes.buffer).setUint32(0, number * 1_000_000 + page)
    return { hash: sha256(bytes), bytes }
  })
  const manifestBytes = new TextEncoder().encode(JSON.stringify(added.map(({ hash }) => hash)))
  store.heaps.save(vat, store.transcripts.count(vat), {
    manifestBytes,
    heapHash: sha256(manifestBytes),
    added,
    pages: added.map(({ hash }) => hash),
  })
  store.sealCrank()
  store.commit()
}
