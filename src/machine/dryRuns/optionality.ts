/**
 * Whether a stored pattern accepts `undefined`, making its field optional, as far as its text shows. The
 * supervisor has the pattern itself (`kinds/stored/shape.ts`); a host has only the text.
 */
import type { CapData } from '../../protocol/capdata.ts'

export type Accepts = 'yes' | 'no' | 'unknown'

export function acceptsUndefined({ body }: CapData): Accepts {
  return accepts(JSON.parse(body.slice(1)))
}

type Matcher = (payload: unknown) => Accepts

const always: Matcher = () => 'yes'
const never: Matcher = () => 'no'
const opposite: Readonly<Record<Accepts, Accepts>> = { yes: 'no', no: 'yes', unknown: 'unknown' }

const matchers: Readonly<Record<string, Matcher>> = {
  'match:any': always,
  'match:scalar': always,
  'match:key': always,
  'match:pattern': always,
  'match:or': (payload) => ofAll(payload, 'yes', 'no'),
  'match:and': (payload) => ofAll(payload, 'no', 'yes'),
  'match:not': (payload) => opposite[accepts(payload)],
  'match:kind': (payload) => (payload === 'undefined' ? 'yes' : 'no'),
  ...Object.fromEntries(
    [
      'bigint',
      'nat',
      'string',
      'symbol',
      'remotable',
      'recordOf',
      'arrayOf',
      'setOf',
      'bagOf',
      'mapOf',
      'splitArray',
      'splitRecord',
    ].map((name) => [`match:${name}`, never]),
  ),
}

function accepts(pattern: unknown): Accepts {
  if (pattern === '#undefined') return 'yes'
  if (typeof pattern !== 'object' || pattern === null || !('#tag' in pattern)) return 'no'
  const matcher = matchers[String(pattern['#tag'])]
  return matcher === undefined ? 'unknown' : matcher('payload' in pattern ? pattern.payload : undefined)
}

/** Returns `decisive` if any part is that, else `unknown` if any part is, else `rest`. */
function ofAll(payload: unknown, decisive: Accepts, rest: Accepts): Accepts {
  if (!Array.isArray(payload)) return 'unknown'
  const each = payload.map(accepts)
  return each.includes(decisive) ? decisive : each.includes('unknown') ? 'unknown' : rest
}
