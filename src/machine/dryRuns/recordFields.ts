/**
 * Compares the fields of an estate's records with those that new code would make. Old records that are not
 * migrated stay as they are, and code that reads a missing field gets `undefined`.
 *
 * Rf1. A difference is a warning. Fields may be added or removed on purpose, if the code expects both forms.
 * Rf2. Only records of one state version are compared: when the version rises, migrations are responsible. A
 *      kind with a state shape is not compared either: the start compares the shape's fields.
 * Rf3. Unknown cases are not reported: two kinds with one tag, and an `init` whose fields are not known
 *      (`supervisor/kinds/probe.ts`).
 */
import { assert } from '../../base/errors.ts'
import type { Space, PlatformState } from '../../protocol/kernel/platform.ts'
import { durableObjectsPrefix, fieldsOfRecord } from '../../protocol/worker/estate.ts'
import type { UpgradeWarning } from '../../protocol/reports/upgradeCheck.ts'
import type { Estate, KindOfEstate } from './estates.ts'
import type { KnownSignature } from './signatureComparison.ts'

/** Limit on the records to read of a kind, oldest names first. */
const maxRecords = 50

interface Difference {
  readonly lacking: readonly string[]
  readonly left: readonly string[]
}

export function differentRecords(
  state: PlatformState,
  space: Space,
  estate: Estate,
  { kinds }: KnownSignature,
): readonly UpgradeWarning[] {
  return estate.kinds.flatMap((before): UpgradeWarning[] => {
    const { tag, definition } = before
    const [now, ...more] = kinds.filter((kind) => kind.tag === tag)
    if (now === undefined || more.length > 0 || estate.kinds.filter((kind) => kind.tag === tag).length > 1)
      return []
    if (now.fields === null || now.shape !== null || definition?.version !== now.stateVersion) return []
    const { lacking, left } = differenceOf(state, space, before, now.fields)
    return lacking.length + left.length === 0 ? [] : [warningOf(tag, { lacking, left })]
  })
}

function differenceOf(
  state: PlatformState,
  space: Space,
  { number, definition }: KindOfEstate,
  fields: readonly string[],
): Difference {
  const lacking = new Set<string>()
  const left = new Set<string>()
  for (const text of recordsOf(state, space, number)) {
    const record = fieldsOfRecord(text)
    if (record.version !== definition?.version) continue
    for (const name of fields) if (!record.fields.includes(name)) lacking.add(name)
    for (const name of record.fields) if (!fields.includes(name)) left.add(name)
  }
  return { lacking: [...lacking], left: [...left] }
}

function* recordsOf(state: PlatformState, space: Space, kind: number): Generator<string> {
  const prefix = durableObjectsPrefix(kind)
  let key = state.nextKey(space, prefix, prefix)
  for (let looked = 0; key !== undefined && looked < maxRecords; looked += 1) {
    yield state.get(space, key) ?? ''
    key = state.nextKey(space, prefix, key)
  }
}

function warningOf(tag: string, { lacking, left }: Difference): UpgradeWarning {
  assert(lacking.length + left.length > 0, 'a warning names a field that differs (Rf1)')
  const parts = [
    ...(lacking.length === 0 ? [] : [`lack ${listed(lacking)}, which init of the new code returns`]),
    ...(left.length === 0 ? [] : [`have ${listed(left)}, which init of the new code does not return`]),
  ]
  const message = `stored records of the durable kind ${JSON.stringify(tag)} ${parts.join(', and ')}; nothing migrates them: raise stateVersion and add the step to migrate`
  return {
    code: 'estate/record-differs',
    message,
    names: [...lacking, ...left].map((name) => `${tag}.${name}`),
  }
}

const listed = (names: readonly string[]): string => names.map((name) => JSON.stringify(name)).join(', ')
