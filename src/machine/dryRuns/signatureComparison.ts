/**
 * Predicts why the start of a bundle on an estate would be refused, from the estate's rows and the bundle's
 * signature. The wording of the refusals is that of `supervisor/kinds/stored/estate.ts`, which decides.
 *
 * Cm1. It reports all findings, where a start stops at the first.
 * Cm2. It is a prediction: code may define other things on an estate than on an empty one. For code that
 *      defines the same on both, every refusal with one of `findingCodes` was predicted.
 * Cm3. Unknown cases are not reported: of two kinds with one tag, only that one is missing is reported;
 *      untried migrations and patterns with an unclear meaning (`optionality.ts`) are not.
 */
import type { CapData } from '../../protocol/capdata.ts'
import type { Definition, StoredShape } from '../../protocol/worker/estate.ts'
import type { Finding, KindSignature, Signature } from '../../protocol/reports/upgradeCheck.ts'
import type { Estate, KindOfEstate } from './estates.ts'
import { acceptsUndefined } from './optionality.ts'

export type KnownSignature = Extract<Signature, { kind: 'known' }>

export function compareSignatures(
  estate: Estate,
  { kinds, namedExports }: KnownSignature,
  abandonKinds: readonly string[],
): readonly Finding[] {
  const pairs = estate.kinds.flatMap((before): Pair[] => {
    const [now, ...more] = kinds.filter(({ tag }) => tag === before.tag)
    const isOne = estate.kinds.filter(({ tag }) => tag === before.tag).length === 1
    return now !== undefined && more.length === 0 && isOne && before.definition !== null
      ? [{ before, definition: before.definition, now }]
      : []
  })
  return [
    ...kindsMissing(estate.kinds, kinds, abandonKinds),
    ...pairs.flatMap(compareKind),
    ...found(
      'start/exports-missing',
      estate.namedExports.filter((label) => !namedExports.includes(label)),
      (labels) =>
        `named exports of the estate would be neither reconnected nor released: ${labels.join(', ')}`,
    ),
  ]
}

/** A kind of the estate and the bundle's only kind with its tag. */
interface Pair {
  readonly before: KindOfEstate
  readonly definition: Definition
  readonly now: KindSignature
}

/** A kind may be left undefined if it has no objects or the upgrade may abandon it. */
function kindsMissing(
  estate: readonly KindOfEstate[],
  kinds: readonly KindSignature[],
  abandonKinds: readonly string[],
): Finding[] {
  const left = kinds.map(({ tag }) => tag)
  const missing = estate
    .filter(({ tag }) => {
      const at = left.indexOf(tag)
      if (at !== -1) left.splice(at, 1)
      return at === -1
    })
    .filter(({ tag, objects }) => objects === 'some' && !abandonKinds.includes(tag))
  return found(
    'start/kinds-missing',
    missing.map(({ tag }) => tag),
    (tags) => `durable kinds of the estate would not be defined: ${tags.join(', ')}`,
  )
}

const compareKind = (pair: Pair): Finding[] => [...versionOf(pair), ...facetsOf(pair), ...shapeOf(pair)]

function versionOf({
  before: { tag, records },
  definition,
  now: { stateVersion, migratesFrom },
}: Pair): Finding[] {
  if (definition.version > stateVersion) {
    return found(
      'start/migration-missing',
      [tag],
      () =>
        `the durable kind ${quote(tag)} has records of state version ${definition.version}, and the code is of version ${stateVersion}`,
    )
  }
  const oldest = records === 'some' ? definition.oldest : stateVersion
  if (migratesFrom === null || migratesFrom <= oldest) return []
  return found(
    'start/migration-missing',
    [tag],
    () =>
      `the durable kind ${quote(tag)} may have records of state version ${oldest}, and its migrations begin from ${migratesFrom}`,
  )
}

function facetsOf({ before: { tag }, definition: { facets: had }, now: { facets } }: Pair): Finding[] {
  if ((had === null) !== (facets === null)) {
    const many = (is: boolean): string => (is ? 'several facets' : 'a single facet')
    return found(
      'start/facets-changed',
      [tag],
      () =>
        `the durable kind ${quote(tag)} was defined with ${many(had !== null)} and would be defined with ${many(facets !== null)}`,
    )
  }
  const missing = (had ?? []).filter((name) => facets?.includes(name) !== true)
  return found(
    'start/facets-missing',
    missing.map((name) => `${tag}.${name}`),
    () =>
      `the durable kind ${quote(tag)} would be defined without its facets ${missing.map(quote).join(', ')}`,
  )
}

/** Only records of the same version must fit the shape unchanged. */
function shapeOf({ before: { tag }, definition, now: { shape, stateVersion } }: Pair): Finding[] {
  const { shape: had, version } = definition
  if (version !== stateVersion || (had === null && shape === null)) return []
  if (had === null || shape === null) {
    return found(
      'start/shape-changed',
      [tag],
      () =>
        `the durable kind ${quote(tag)} ${had === null ? 'would have a stateShape that it did not have' : 'would lose its stateShape'}`,
    )
  }
  const broken = brokenFields(had, shape)
  return found(
    'start/shape-changed',
    broken.map((name) => `${tag}.${name}`),
    () => `the stateShape of the durable kind ${quote(tag)} would differ in ${broken.map(quote).join(', ')}`,
  )
}

function brokenFields(had: StoredShape, shape: StoredShape): string[] {
  const changed = Object.keys(had).filter((name) => isOther(had[name], shape[name]))
  const added = Object.entries(shape).filter(
    ([name, pattern]) => !Object.hasOwn(had, name) && acceptsUndefined(pattern) === 'no',
  )
  return [...changed, ...added.map(([name]) => name)]
}

/** Slots have another meaning in every vat; the text around them does not. */
const isOther = (one: CapData | undefined, other: CapData | undefined): boolean =>
  one === undefined || other === undefined || one.body !== other.body

const found = (
  code: Finding['code'],
  names: readonly string[],
  message: (names: readonly string[]) => string,
): Finding[] => (names.length === 0 ? [] : [{ code, message: message(names), names }])

const quote = (text: string): string => JSON.stringify(text)
