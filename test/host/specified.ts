/** Vats whose durable kinds and named exports are written down as data. */
import { join } from 'node:path'
import { bundleFile } from '../kit/bundles.ts'
import type { BundledVat } from '../../src/host/index.ts'

export const patternNames = [
  'any',
  'bigint',
  'nat',
  'string',
  'null',
  'literal',
  'undefined',
  'kindUndefined',
  'kindString',
  'optional',
  'either',
  'eitherUndefined',
  'both',
  'bothAny',
  'notString',
  'notUndefined',
  'scalar',
  'key',
  'pattern',
  'atLeast',
  'record',
  'recordOf',
  'arrayOf',
  'split',
  'literalRecord',
] as const
export type PatternName = (typeof patternNames)[number]

export interface KindSpecification {
  readonly tag: string
  readonly facets: readonly string[] | null
  readonly shape: Readonly<Record<string, PatternName>> | null
  readonly version: number
  /** Old versions that a migration begins from. */
  readonly migrates: readonly number[]
  /** Whether the start makes an object of the kind. */
  readonly records: 'some' | 'none'
}

export interface Specification {
  readonly kinds: readonly KindSpecification[]
  readonly exports: readonly string[]
}

export const kind = (tag: string, more: Partial<KindSpecification> = {}): KindSpecification => ({
  tag, facets: null, shape: null, version: 1, migrates: [], records: 'some', ...more,
})

export async function specified(specification: Specification): Promise<BundledVat> {
  const bundle = await bundleFile(join(import.meta.dirname, 'fixtures', 'specified.ts'))
  const source = bundle.source.replace(/(["'])@specification@\1/, () =>
    JSON.stringify(JSON.stringify(specification)),
  )
  if (source === bundle.source) throw new Error('the bundle has no place for a specification')
  return { ...bundle, source, bytes: new TextEncoder().encode(source) }
}
