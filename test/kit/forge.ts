/** Exports as somebody would make them who wants their code to run: whole, with hashes that agree. */
import { createHash } from 'node:crypto'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  listText,
  manifestText,
  type Artifact,
  type ExportManifest,
} from '../../src/protocol/store/export.ts'
import type { BundleKind } from '../../src/protocol/bundle/bundle.ts'

type Writable<Type> = { -readonly [Key in keyof Type]: Type[Key] }

const sha256 = (bytes: string | Uint8Array): Artifact['sha256'] =>
  createHash('sha256').update(bytes).digest('hex') as Artifact['sha256']

/**
 * Puts other bytes in the place of the export's only bundle of a kind, and its id wherever the old one
 * stands. Returns the new id.
 */
export function forgeBundle(directory: string, kind: BundleKind, change: (source: string) => string): string {
  const manifest = JSON.parse(
    readFileSync(join(directory, 'manifest.json'), 'utf8'),
  ) as Writable<ExportManifest>
  const artifacts: Writable<Artifact>[] = [...manifest.artifacts]
  const forged = artifacts.find(({ name }) => name.startsWith(`bundle-${kind}-`))!
  const before = forged.name.slice(`bundle-${kind}-`.length, -'.bin'.length)
  const bytes = Buffer.from(change(readFileSync(join(directory, forged.name), 'latin1')), 'latin1')
  rmSync(join(directory, forged.name))
  Object.assign(forged, {
    name: `bundle-${kind}-${sha256(bytes)}.bin`,
    bytes: bytes.length,
    sha256: sha256(bytes),
  })
  writeFileSync(join(directory, forged.name), bytes)
  for (const artifact of artifacts.filter(({ kind: what }) => what === 'names')) {
    const text = readFileSync(join(directory, artifact.name), 'utf8').replaceAll(before, forged.sha256)
    writeFileSync(join(directory, artifact.name), text)
    Object.assign(artifact, { bytes: Buffer.byteLength(text), sha256: sha256(text) })
  }
  manifest.artifacts = artifacts
  manifest.rootHash = sha256(listText(manifest, artifacts))
  writeFileSync(join(directory, 'manifest.json'), manifestText(manifest))
  return `b1-${forged.sha256}`
}
