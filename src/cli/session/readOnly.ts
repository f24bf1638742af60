/** Access to a store that cannot be opened for writing. */
import type { Report } from '../output/report.ts'
import type { Json } from '../../api/jsonForm.ts'
import type { Code } from '../../protocol/codes.ts'

/**
 * Adds the block that a report describes, since another process may be ahead of it. A document that is a list
 * has no place for it.
 */
export function asOf(report: Report, block: number): Report {
  if (report.kind === 'refused')
    return {
      kind: 'refused',
      problem: { ...report.problem, detail: { ...report.problem.detail, asOf: block } },
    }
  return { ...report, json: isRecord(report.json) ? { ...report.json, asOf: block } : report.json }
}

const isRecord = (json: Json): json is { readonly [key: string]: Json } =>
  typeof json === 'object' && json !== null && !Array.isArray(json)

/** Codes of stores that can be opened for reading although not for writing. */
export const unwritable: ReadonlySet<string> = new Set<Code>([
  'store/in-use',
  'store/not-writable',
  'store/not-readable',
  'store/path-too-long',
])
