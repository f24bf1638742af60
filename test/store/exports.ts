/** A store with something in every table, its exports, and what damaged bytes in them lead to. */
import assert from 'node:assert/strict'
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, type TestContext } from 'node:test'
import { vatId } from '../../src/base/ids.ts'
import { exportModes, type ExportManifest, type ExportMode } from '../../src/protocol/store/export.ts'
import { createStore, exportStore, importStore, openStore, type Store } from '../../src/store/store.ts'
import { Dice, entry, heap, refusal, temporaryDirectory } from './support.ts'

export const [v1, v2, v10] = [vatId(1), vatId(2), vatId(10)]
export const forTheFile = { after } as TestContext

/** Three vats, two incarnations, four blocks, and something in every table. */
export function fill(directory: string): void {
  const store = createStore(directory)
  store.bundles.name('issuer', store.bundles.put('vat', new TextEncoder().encode('the code of an issuer')))
  store.bundles.put('vat', new TextEncoder().encode('never used'))
  store.bundles.put('engine', new Uint8Array(100_000).fill(7))
  for (const vat of [v1, v2, v10]) span(store, vat, 'incarnation', ['a', 'b'])
  store.inbox.append('first')
  commit(store)
  span(store, v1, 'snapshot', ['c'])
  store.heaps.save(v1, 2, heap([1, 2, 3]))
  span(store, v2, 'incarnation', ['heir', 'says \u{1f600}\n'])
  store.outbox.append('bank', 'pay')
  store.outbox.append('bank', 'pay again')
  commit(store)
  store.inbox.take(1)
  store.inbox.append('second')
  store.outbox.acknowledge(1)
  for (let key = 0; key < 500; key += 1) store.state.set('vat/v1', `k${key}`, `value ${key} "quoted"`)
  store.state.set('kernel', 'a', '1')
  store.state.set('vat/v2', 'gone', '1')
  commit(store)
  store.state.delete('vat/v2', 'gone')
  span(store, v2, 'snapshot', [])
  store.heaps.save(v2, store.transcripts.count(v2), heap([3, 4]))
  commit(store)
  store.close()
}

export function span(
  store: Store,
  vat: typeof v1,
  reason: 'incarnation' | 'snapshot',
  said: readonly string[],
): void {
  store.transcripts.beginSpan(vat, reason)
  for (const text of said) store.transcripts.append(vat, entry(text))
}

export function commit(store: Store): void {
  store.sealCrank()
  store.commit()
}

export const whole = temporaryDirectory(forTheFile)
fill(whole)

export function exported(
  t: TestContext,
  mode: ExportMode,
  from: string,
): { to: string; manifest: ExportManifest } {
  const to = temporaryDirectory(t)
  return { to, manifest: exportStore(from, to, mode) }
}

export const ofWhole = new Map(exportModes.map((mode) => [mode, exported(forTheFile, mode, whole)]))

/** A copy of the export of `whole`. */
export function exportedWhole(t: TestContext, mode: ExportMode): { to: string; manifest: ExportManifest } {
  const { to: from, manifest } = ofWhole.get(mode) ?? assert.fail()
  const to = temporaryDirectory(t)
  cpSync(from, to, { recursive: true })
  return { to, manifest }
}

/** Changes every `step`th byte of the list. */
export function changeList(t: TestContext, step: number): void {
  const { to } = exportedWhole(t, 'archival')
  const path = join(to, 'manifest.json')
  const bytes = readFileSync(path)
  const directory = join(temporaryDirectory(t), 'store')
  for (let at = 0; at < bytes.length; at += step) {
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] ?? 0) ^ 0x01
    writeFileSync(path, changed)
    assert.throws(
      () => importStore(to, directory),
      { name: 'CodedError', code: /^export\/(corrupt-manifest|newer-format)$/ },
      `byte ${at}`,
    )
  }
  assert.equal(existsSync(directory), false)
  writeFileSync(path, bytes)
  importStore(to, directory)
}

/** Changes the ends of each artifact and `more` bytes between them. */
export function changeArtifacts(t: TestContext, more: number): void {
  const { to, manifest } = exportedWhole(t, 'archival')
  const dice = new Dice(7)
  const directory = temporaryDirectory(t)
  for (const { name } of manifest.artifacts) {
    const path = join(to, name)
    const bytes = readFileSync(path)
    for (const at of [0, bytes.length - 1, ...Array.from({ length: more }, () => dice.roll(bytes.length))]) {
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] ?? 0) ^ (1 << dice.roll(8))
      writeFileSync(path, changed)
      assert.equal(
        refusal('export/corrupt-artifact', () => importStore(to, directory)).detail['artifact'],
        name,
      )
    }
    writeFileSync(path, bytes)
  }
  refusal('store/not-found', () => openStore(directory))
  importStore(to, directory)
  openAndClose(directory)
}

export function openAndClose(directory: string): unknown {
  const store = openStore(directory, { verify: 'all' })
  const last = store.blocks.last()
  store.close()
  return last
}
