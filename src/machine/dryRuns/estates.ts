/** The estate of a vat, read from its rows: durable kinds, baggage, named exports. */
import { isRecord } from '../../base/guards.ts'
import { vatSpace, type VatId } from '../../base/ids.ts'
import { fromOrderedNumber } from '../../base/ordered.ts'
import type { Space, PlatformState } from '../../protocol/kernel/platform.ts'
import {
  baggagePrefix,
  durableObjectsPrefix,
  kindPrefix,
  namedExportLabel,
  namedExportPrefix,
  nextInstanceKey,
  probePrefix,
  type KindFields,
  type KindRecord,
} from '../../protocol/worker/estate.ts'
import { decodeScalar } from '../../codec/scalarKeys.ts'
import type { EstateChanges } from '../../protocol/reports/upgradeCheck.ts'

export interface Estate {
  readonly kinds: readonly KindOfEstate[]
  /** Keys that are strings. */
  readonly baggageKeys: readonly string[]
  /** Labels. */
  readonly namedExports: readonly string[]
}

export interface KindOfEstate extends KindRecord {
  readonly number: number
  /** Whether any object of it ever existed. */
  readonly records: 'some' | 'none'
  /** Whether any object of it exists now. */
  readonly objects: 'some' | 'none'
}

export const spaceOf = (vat: VatId): Space => vatSpace(vat)

/** Throws when a foreign supervisor has written other rows. */
export function readEstate(state: PlatformState, vat: VatId): Estate {
  const space = spaceOf(vat)
  const kinds = [...rowsFrom(state, space, kindPrefix)].map((key): KindOfEstate => {
    const number = fromOrderedNumber(key.slice(kindPrefix.length))
    const records = state.get(space, nextInstanceKey(number)) === undefined ? 'none' : 'some'
    const objects = durableObjectsPrefix(number)
    return {
      ...kindOf(space, key, state.get(space, key) ?? ''),
      number,
      records,
      objects: state.nextKey(space, objects, objects) === undefined ? 'none' : 'some',
    }
  })
  const baggageKeys = [...rowsFrom(state, space, baggagePrefix)].map((key) =>
    decodeScalar(key.slice(baggagePrefix.length)),
  )
  return {
    kinds: kinds.filter(({ abandoned }) => abandoned !== true),
    baggageKeys: baggageKeys.filter((key) => typeof key === 'string'),
    namedExports: [...rowsFrom(state, space, namedExportPrefix)].map(namedExportLabel),
  }
}

/** Fields that records would have, by kind number, as recorded by a start that was asked to. */
export function* readProbes(
  state: PlatformState,
  vat: VatId,
): Generator<readonly [kind: number, fields: readonly string[] | null]> {
  for (const key of rowsFrom(state, spaceOf(vat), probePrefix)) {
    const { fields } = JSON.parse(state.get(spaceOf(vat), key) ?? '') as KindFields
    yield [Number(key.slice(probePrefix.length)), fields]
  }
}

/** Compares two states of one estate. Kinds keep their numbers even if their tags change. */
export function changesOf(before: Estate, after: Estate): EstateChanges {
  const old = new Map(before.kinds.map((kind) => [kind.number, kind]))
  const goesOn = after.kinds.filter(({ number }) => old.has(number))
  return {
    kindsAdded: after.kinds.filter(({ number }) => !old.has(number)).map(({ tag }) => tag),
    facetsAdded: goesOn.flatMap(({ tag, number, definition }) => {
      const had = old.get(number)?.definition
      return had === null
        ? []
        : (definition?.facets ?? [])
            .filter((name) => had?.facets?.includes(name) !== true)
            .map((name) => `${tag}.${name}`)
    }),
    migrations: goesOn.flatMap(({ tag, definition }) =>
      definition === null || definition.oldest === definition.version
        ? []
        : [{ tag, from: definition.oldest, to: definition.version }],
    ),
    exportsNamed: after.namedExports.filter((label) => !before.namedExports.includes(label)),
    exportsReleased: before.namedExports.filter((label) => !after.namedExports.includes(label)),
  }
}

function kindOf(space: Space, key: string, text: string): KindRecord {
  try {
    const record: unknown = JSON.parse(text)
    if (isKind(record)) return record
  } catch {
    // Refused below, like any other text that is not a kind.
  }
  throw new Error(`the row ${key} of ${space} says nothing of a durable kind`)
}

function isKind(value: unknown): value is KindRecord {
  if (!isRecord(value) || typeof value['tag'] !== 'string') return false
  const { definition } = value
  if (definition === null) return true
  if (!isRecord(definition)) return false
  const { facets, shape, version, oldest } = definition
  return (
    (facets === null || Array.isArray(facets)) &&
    (shape === null || isRecord(shape)) &&
    Number.isSafeInteger(version) &&
    Number.isSafeInteger(oldest)
  )
}

function* rowsFrom(state: PlatformState, space: Space, prefix: string): Generator<string> {
  for (
    let key = state.nextKey(space, prefix, prefix);
    key !== undefined;
    key = state.nextKey(space, prefix, key)
  )
    yield key
}
