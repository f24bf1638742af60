/**
 * Predicts what an upgrade would do: runs it dry, and compares the estate with the bundle's signature.
 *
 * Uc1. A check is the upgrade itself, made and undone (`sandbox.ts`): it reports what the upgrade would
 *      report if it were the next event. The run-queue is not run before it.
 * Uc2. A signature depends only on a bundle, a worker version and parameters: it may be kept for the life of
 *      the machine.
 */
import { assert } from '../../base/errors.ts'
import { isObjectKref, type BundleId, type VatId, type WorkerId } from '../../base/ids.ts'
import { orderedNumber } from '../../base/ordered.ts'
import type { KernelReader, DryRun, DryRunReport } from '../../protocol/kernel/kernel.ts'
import type { CapData } from '../../protocol/capdata.ts'
import { refuse } from '../../protocol/codes.ts'
import { kindPrefix, nextInstanceKey, type Definition } from '../../protocol/worker/estate.ts'
import type { OnFailure, UpgradeRequest } from '../../protocol/host/inbox.ts'
import type { KernelRejection, ReplayRefusal, StartRefusal, UpgradeResult } from '../../protocol/results.ts'
import type {
  EstateChanges,
  Expectation,
  KindSignature,
  Signature,
  UpgradeCheck,
  UpgradeWarning,
} from '../../protocol/reports/upgradeCheck.ts'
import { changesOf, readEstate, readProbes, spaceOf, type Estate, type KindOfEstate } from './estates.ts'
import { comparedInterfaces, readInterfaces, type Interfaces } from './interfaces/interfaceReading.ts'
import { inDryRun, type Apply, type CopyHeap, type Sandbox } from './sandbox.ts'
import { differentRecords } from './recordFields.ts'
import { compareSignatures, type KnownSignature } from './signatureComparison.ts'
import { decodeValue } from '../../api/values.ts'

export class UpgradeChecks {
  readonly #sandbox: Sandbox
  readonly #read: KernelReader
  /** The latest ones, by bundle, worker version and parameters. */
  readonly #signatures = new Map<string, Signature>()

  constructor(sandbox: Sandbox, read: KernelReader) {
    this.#sandbox = sandbox
    this.#read = read
  }

  check(asked: UpgradeRequest): UpgradeCheck {
    this.#assertObjects([...asked.parameters.slots, ...salvagedObjects(asked)])
    const { store } = this.#sandbox
    const { state } = store
    const interfaces = (copyHeap: CopyHeap): Interfaces | undefined => {
      if (asked.mode === 'replay') return undefined
      const mark = state.mark()
      try {
        return readInterfaces(state, asked.vat, copyHeap)
      } finally {
        state.undo(mark)
      }
    }
    const tried = inDryRun(this.#sandbox, (apply, copyHeap) => {
      const before = readEstate(state, asked.vat)
      const old = interfaces(copyHeap)
      const report = apply({ ...asked, kind: 'upgrade' })
      const young = report.outcome === 'fulfilled' ? interfaces(copyHeap) : undefined
      return { report, before, changes: changesOf(before, readEstate(state, asked.vat)), old, young }
    })
    return {
      ...checkOf(tried.report, tried.changes, asked.onFailure),
      expected: this.#expect(asked, tried.before),
      warnings: [
        ...this.warnings(asked),
        ...comparedInterfaces(store, asked.vat, tried.old, tried.young),
      ],
    }
  }

  /** Points to review, whether or not the upgrade succeeds; of interfaces only a check knows. */
  warnings(asked: UpgradeRequest): readonly UpgradeWarning[] {
    const { state } = this.#sandbox.store
    const signature = this.#signatureFor(asked)
    const records =
      signature.kind === 'known'
        ? differentRecords(state, spaceOf(asked.vat), readEstate(state, asked.vat), signature)
        : []
    return [...droppedParameters(asked, this.#read.parameters(asked.vat)), ...records]
  }

  signature(bundle: BundleId, parameters: CapData): Signature {
    this.#assertObjects(parameters.slots)
    const worker = this.#read.defaultWorker()
    const key = JSON.stringify([bundle, worker, parameters])
    const known = this.#signatures.get(key)
    if (known !== undefined) return known
    const starting = { bundle, parameters }
    const fields = inDryRun(this.#sandbox, (apply) => probedFields(this.#sandbox, apply, starting))
    const signature = inDryRun(this.#sandbox, (apply) =>
      dryStart(this.#sandbox, apply, { ...starting, worker, fields }),
    )
    const [oldest] = this.#signatures.keys()
    if (oldest !== undefined && this.#signatures.size >= maxSignatures) this.#signatures.delete(oldest)
    this.#signatures.set(key, signature)
    assert(this.#signatures.size <= maxSignatures, 'the kept signatures are bounded')
    return signature
  }

  /** The parameters of the vat's incarnation. */
  parametersOf(vat: VatId): CapData {
    return (
      this.#read.parameters(vat) ??
      refuse(
        'vat/parameters-unknown',
        `the parameters of ${vat} are unknown: the kernel that started it, or the kernel of the store, does not record parameters`,
        { vat },
      )
    )
  }

  #assertObjects(slots: readonly string[]): void {
    const missing = slots.find((slot) => !isObjectKref(slot) || !this.#read.hasObject(slot))
    if (missing !== undefined)
      refuse('object/unknown', `the kernel has no object ${missing}`, { object: missing })
  }

  #expect(asked: UpgradeRequest, estate: Estate): Expectation {
    const signature = this.#signatureFor(asked)
    return signature.kind === 'unknown'
      ? signature
      : { kind: 'compared', findings: compareSignatures(estate, signature, asked.abandonKinds ?? []) }
  }

  /** With the heir's parameters. */
  #signatureFor({
    vat,
    bundle,
    parameters,
    parametersFrom,
    mode,
  }: UpgradeRequest): KnownSignature | Extract<Expectation, { kind: 'unknown' }> {
    if (mode === 'replay') return { kind: 'unknown', why: 'a replay keeps all state; nothing is redefined' }
    const given = parametersFrom === 'kept' ? this.#read.parameters(vat) : parameters
    if (given === undefined)
      return { kind: 'unknown', why: 'the kernel of the store does not report the parameters of a vat' }
    const signature = this.signature(bundle, given)
    if (signature.kind === 'known') return signature
    return {
      kind: 'unknown',
      why: `with an empty baggage and these parameters the bundle does not start: ${signature.why.message}`,
    }
  }
}

/** Signatures are small, and parameters may be long. */
const maxSignatures = 50

/**
 * As in SwingSet, each upgrade passes its parameters; code that starts without them does not report that they
 * were forgotten.
 */
function droppedParameters(
  { parameters, parametersFrom, mode }: UpgradeRequest,
  before: CapData | undefined,
): readonly UpgradeWarning[] {
  if (
    mode === 'replay' ||
    parametersFrom === 'kept' ||
    before === undefined ||
    !isNothing(parameters) ||
    isNothing(before)
  )
    return []
  const message =
    "the new code would start without parameters, but the current incarnation has some; parametersFrom 'kept' keeps them"
  return [{ code: 'upgrade/parameters-dropped', message, names: [] }]
}

const isNothing = (parameters: CapData): boolean => decodeValue(parameters) === undefined

const salvagedObjects = ({ salvage }: UpgradeRequest): readonly string[] =>
  salvage?.data.slots.filter(isObjectKref) ?? []

type Outcome = UpgradeCheck extends infer Check
  ? Check extends UpgradeCheck
    ? Omit<Check, 'expected' | 'warnings'>
    : never
  : never

function checkOf(
  { outcome, data, computrons }: DryRunReport,
  estate: EstateChanges,
  onFailure: OnFailure = 'keep',
): Outcome {
  assert(computrons >= 0n, 'a dry run uses no negative computrons')
  if (outcome === 'paused')
    return refuse(
      'upgrade/check-failed',
      `the kernel would pause before the vat has drained: ${String(decodeValue(data))}`,
      { cause: 'paused' },
    )
  if (outcome === 'fulfilled')
    return { kind: 'accepted', result: decodeValue(data) as UpgradeResult, estate, computrons }
  return { kind: 'refused', reason: reasonOf(data), onFailure, computrons }
}

function reasonOf(data: CapData): StartRefusal | ReplayRefusal {
  const rejection = decodeValue(data) as KernelRejection | Error
  if (rejection instanceof Error)
    return refuse(
      'upgrade/check-failed',
      `the vat would terminate before its upgrade: ${rejection.message}`,
      { cause: 'ended' },
    )
  const { reason, message } = rejection
  assert(reason !== undefined, `the request was checked before: ${message}`)
  return reason
}

// --- definitions of a bundle on an empty estate

/** The fields of a kind's records, by its number; null when not known. */
type FieldsOf = (kind: number) => readonly string[] | null

/** The start to perform. */
interface Starting {
  readonly bundle: BundleId
  readonly parameters: CapData
}

interface DryStart extends Starting {
  readonly worker: WorkerId
  readonly fields: FieldsOf
}

function dryStart(
  { store: { state } }: Sandbox,
  apply: Apply,
  { bundle, parameters, worker, fields }: DryStart,
): Signature {
  const { vat, outcome, data } = apply({ kind: 'start', bundle, parameters, probe: false })
  if (outcome === 'rejected') return { kind: 'unknown', bundle, worker, why: reasonOf(data) as StartRefusal }
  const { kinds, baggageKeys, namedExports } = readEstate(state, vat)
  const again: DryRun = { kind: 'upgrade', vat, bundle, parameters, upgradeMessage: '', mode: 'durable' }
  const takesOver = (kind: KindOfEstate, definition: Definition, version: number): Answer => {
    const mark = state.mark()
    try {
      age(kind, definition, version)
      return answerOf(apply(again))
    } finally {
      state.undo(mark)
    }
  }
  /** Makes the kind's records appear to be of this version. */
  const age = ({ number, tag, records }: KindOfEstate, definition: Definition, version: number): void => {
    const aged = { tag, definition: { ...definition, version, oldest: version } }
    state.set(spaceOf(vat), kindPrefix + orderedNumber(number), JSON.stringify(aged))
    if (records === 'none') state.set(spaceOf(vat), nextInstanceKey(number), '2')
  }
  return {
    kind: 'known',
    bundle,
    worker,
    kinds: kinds.flatMap((kind): KindSignature[] => {
      const { tag, definition } = kind
      if (definition === null) return []
      const { facets, shape, version } = definition
      return [
        {
          tag,
          facets,
          shape,
          stateVersion: version,
          fields: fields(kind.number),
          migratesFrom: oldestTaken(version, (from) => takesOver(kind, definition, from)),
        },
      ]
    }),
    baggageKeys,
    namedExports,
  }
}

/**
 * In a separate start, since the author's code may fail in it. The same code takes the same numbers for its
 * kinds.
 */
function probedFields({ store: { state } }: Sandbox, apply: Apply, starting: Starting): FieldsOf {
  const { vat, outcome } = apply({ kind: 'start', ...starting, probe: true })
  const found = new Map(outcome === 'fulfilled' ? readProbes(state, vat) : [])
  return (kind) => found.get(kind) ?? null
}

type Answer = 'yes' | 'no' | 'unknown'

/** Nothing else could be missing: the bundle takes over from itself. */
function answerOf({ outcome, data }: DryRunReport): Answer {
  if (outcome === 'fulfilled') return 'yes'
  return reasonOf(data).code === 'start/migration-missing' ? 'no' : 'unknown'
}

/**
 * The oldest version that the code takes over from, by bisection: if there is a migration for each step from
 * a version, there is one for each later step.
 */
function oldestTaken(version: number, takesOverFrom: (from: number) => Answer): number | null {
  let [no, yes] = [0, version]
  while (yes - no > 1) {
    const middle = Math.floor((no + yes) / 2)
    assert(no < middle && middle < yes, 'the search halves its range')
    const answer = takesOverFrom(middle)
    if (answer === 'unknown') return null
    if (answer === 'yes') yes = middle
    else no = middle
  }
  return yes
}
