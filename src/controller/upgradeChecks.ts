/**
 * Knowing before an upgrade what it would do: a rehearsal of it, and a comparison with the bundle's signature.
 *
 * Uc1. A check is the upgrade itself, made and undone (`rehearsing.ts`): it says what the upgrade would say
 *      if it were the next thing that happens. What waits in the run-queue is not run before it.
 * Uc2. A signature is of a bundle and a worker version, and of nothing else: it may be kept for as long as
 *      the machine lives.
 */
import { assert } from '../base/errors.ts'
import { isObjectKref } from '../base/ids.ts'
import type { BundleId, VatId, WorkerId } from '../base/ids.ts'
import { orderedNumber } from '../base/ordered.ts'
import type { KernelReader, Rehearsal, RehearsalReport } from '../kernel/events.ts'
import type { CapData } from '../protocol/capdata.ts'
import { refuse } from '../protocol/codes.ts'
import { kindPrefix, nextInstanceKey } from '../protocol/estate.ts'
import type { Definition } from '../protocol/estate.ts'
import type { UpgradeMode } from '../protocol/inbox.ts'
import type { KernelRejection, ReplayRefusal, StartRefusal, UpgradeResult } from '../protocol/results.ts'
import type { Salvaged } from '../protocol/salvage.ts'
import type { EstateChanges, Expectation, KindSignature, Signature, UpgradeCheck } from '../protocol/upgradeCheck.ts'
import { changesOf, readEstate, spaceOf } from './estates.ts'
import type { Estate, KindOfEstate } from './estates.ts'
import { rehearse } from './rehearsing.ts'
import type { Perform, Stage } from './rehearsing.ts'
import { compareSignatures } from './signatureComparison.ts'
import { decodeValue, encodeValue } from './values.ts'

export interface UpgradeAsked {
  readonly vat: VatId
  readonly bundle: BundleId
  readonly parameters: CapData
  readonly mode: UpgradeMode
  readonly abandonKinds?: readonly string[]
  /** What the heir would find in its baggage. */
  readonly salvage?: Salvaged
}

export class UpgradeChecks {
  readonly #stage: Stage
  readonly #read: KernelReader
  /** By bundle and worker version. */
  readonly #signatures = new Map<string, Signature>()

  constructor(stage: Stage, read: KernelReader) {
    this.#stage = stage
    this.#read = read
  }

  check(asked: UpgradeAsked): UpgradeCheck {
    const missing = [...asked.parameters.slots, ...salvagedObjects(asked)].find((slot) => this.#read.hasObject?.(slot as never) === false)
    if (missing !== undefined) refuse('object/unknown', `the kernel has no object ${missing}`, { object: missing })
    const { state } = this.#stage.store
    const tried = rehearse(this.#stage, (perform) => {
      const before = readEstate(state, asked.vat)
      const report = perform({ kind: 'upgrade', upgradeMessage: '', ...asked })
      return { report, before, changes: changesOf(before, readEstate(state, asked.vat)) }
    })
    return checkOf(tried.report, tried.changes, this.#expect(asked, tried.before))
  }

  signature(bundle: BundleId): Signature {
    const worker = this.#read.defaultWorker?.()
    if (worker === undefined) refuse('kernel/too-old', `the kernel ${this.#stage.kernelId} cannot try out a start`, { needed: 'rehearse' })
    const key = `${bundle} ${worker}`
    const known = this.#signatures.get(key)
    if (known !== undefined) return known
    const signature = rehearse(this.#stage, (perform) => dryStart(this.#stage, perform, bundle, worker))
    this.#signatures.set(key, signature)
    return signature
  }

  #expect({ bundle, mode, abandonKinds = [] }: UpgradeAsked, estate: Estate): Expectation {
    if (mode === 'replay') return { kind: 'unknown', why: 'a replay goes on with everything there is; nothing is defined anew' }
    const signature = this.signature(bundle)
    if (signature.kind === 'unknown') return { kind: 'unknown', why: `without parameters the bundle does not start: ${signature.why.message}` }
    return { kind: 'compared', findings: compareSignatures(estate, signature, abandonKinds) }
  }
}

const salvagedObjects = ({ salvage }: UpgradeAsked): readonly string[] => salvage?.data.slots.filter(isObjectKref) ?? []

function checkOf({ outcome, data, computrons }: RehearsalReport, estate: EstateChanges, expected: Expectation): UpgradeCheck {
  if (outcome === 'fulfilled') return { kind: 'accepted', result: decodeValue(data) as UpgradeResult, estate, expected, computrons }
  return { kind: 'refused', reason: reasonOf(data), expected, computrons }
}

function reasonOf(data: CapData): StartRefusal | ReplayRefusal {
  const { reason, message } = decodeValue(data) as KernelRejection
  assert(reason !== undefined, `what was asked for was checked before: ${message}`)
  return reason
}

// --- what a bundle does with an empty estate

const noParameters = encodeValue(undefined)

function dryStart({ store: { state } }: Stage, perform: Perform, bundle: BundleId, worker: WorkerId): Signature {
  const { vat, outcome, data } = perform({ kind: 'start', bundle, parameters: noParameters })
  if (outcome === 'rejected') return { kind: 'unknown', bundle, worker, why: reasonOf(data) as StartRefusal }
  const { kinds, baggageKeys, namedExports } = readEstate(state, vat)
  const again: Rehearsal = { kind: 'upgrade', vat, bundle, parameters: noParameters, upgradeMessage: '', mode: 'durable' }
  const takesOver = (kind: KindOfEstate, definition: Definition, version: number): Answer => {
    const mark = state.mark()
    try {
      age(kind, definition, version)
      return answerOf(perform(again))
    } finally {
      state.undo(mark)
    }
  }
  /** Makes the kind look as if its records were of this version. */
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
      return [{ tag, facets, shape, stateVersion: version, migratesFrom: oldestTaken(version, (from) => takesOver(kind, definition, from)) }]
    }),
    baggageKeys,
    namedExports,
  }
}

type Answer = 'yes' | 'no' | 'unknown'

/** Nothing else could be missing: the bundle takes over from itself. */
function answerOf({ outcome, data }: RehearsalReport): Answer {
  if (outcome === 'fulfilled') return 'yes'
  return reasonOf(data).code === 'start/migration-missing' ? 'no' : 'unknown'
}

/**
 * The oldest version that the code takes over from, by halving: from where there is a migration for each
 * step, there is one for each later step.
 */
function oldestTaken(version: number, takesOverFrom: (from: number) => Answer): number | null {
  let [no, yes] = [0, version]
  while (yes - no > 1) {
    const middle = Math.floor((no + yes) / 2)
    const answer = takesOverFrom(middle)
    if (answer === 'unknown') return null
    if (answer === 'yes') yes = middle
    else no = middle
  }
  return yes
}
