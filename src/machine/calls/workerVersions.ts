/**
 * The host's calls about worker versions: installing and retiring them, moving vats to them, rollouts. Each
 * call refuses what the kernel would reject with certainty.
 */
import type { BundleId, VatId, WorkerId } from '../../base/ids.ts'
import { refuse } from '../../protocol/codes.ts'
import type { WorkerPart } from '../../protocol/bundle/bundle.ts'
import { isSupportedBy, type InboxItem } from '../../protocol/host/requests.ts'
import type { VatView } from '../../protocol/kernel/views.ts'
import type { InstalledBundle } from '../../protocol/machine/reports.ts'
import type { WorkerCalls } from '../../protocol/machine/calls.ts'
import type {
  RolloutAction,
  RolloutChoices,
  RolloutSelection,
  RolloutVat,
  RolloutView,
} from '../../protocol/worker/rollout.ts'
import type { WorkerUpgradeChoices, WorkerView } from '../../protocol/worker/versions.ts'
import type { WorkerVersion } from '../../protocol/worker/worker.ts'
import type { WorkerCode } from '../../protocol/worker/workerCode.ts'
import { wireList } from '../../protocol/kernel/workerWires.ts'
import { wireOfImage } from '../../engine/image.ts'
import { keepsIncarnations, type Retention } from '../../protocol/store/retention.ts'
import type { Store } from '../../store/store.ts'
import type { Lookups } from '../lookups/lookups.ts'
import { refuseWithoutStart } from '../replay/preparedReplay.ts'
import type { KernelInPlace } from '../kernel/kernelInPlace.ts'
import { matcher } from '../lookups/pattern.ts'
import { putWorker } from '../workers/putWorker.ts'

type Submit = (item: InboxItem) => number
type KernelDeclarations = Pick<KernelInPlace, 'level' | 'bundle'>

export class WorkerVersions implements WorkerCalls {
  readonly #store: Store
  readonly #lookups: Lookups
  readonly #kernel: KernelDeclarations
  readonly #submit: Submit
  readonly #retired: WorkerVersion[] = []

  /** `kernel`: the one in place at any time. */
  constructor(store: Store, lookups: Lookups, kernel: KernelDeclarations, submit: Submit) {
    this.#store = store
    this.#lookups = lookups
    this.#kernel = kernel
    this.#submit = submit
  }

  // --- versions

  installWorker(
    code: WorkerCode,
    use: 'default' | 'on-demand',
    label: string | null,
    image: BundleId | null = null,
  ): WorkerVersion {
    this.#assertSpoken(code)
    const version = putWorker(this.#store, code, image)
    this.#submit({ kind: 'installWorker', version, use, ...(label === null ? {} : { label }) })
    return version
  }

  /** Vats on the version would send what the kernel does not know. */
  #assertSpoken({ image }: WorkerCode): void {
    const { workerWires } = this.#kernel.bundle
    const wire = wireOfImage(image)
    if (workerWires.includes(wire)) return
    refuse(
      'worker/wire-unknown',
      `the supervisor speaks wire ${wire}; the kernel of the store speaks the wires ${wireList(workerWires)}`,
      { wire, wires: workerWires },
    )
  }

  installWorkerPart(part: WorkerPart, bytes: Uint8Array, label: string | null): InstalledBundle {
    const { bundles, trust } = this.#store
    if (!isSupportedBy(this.#kernel.level, 'installWorkerPart'))
      refuse('kernel/too-old', 'the kernel of the store does not support parts of worker versions', {
        needed: 'installWorkerPart',
      })
    const id = bundles.put(part, bytes)
    trust.add([id], 'installed')
    this.#submit({ kind: 'installWorkerPart', bundle: id, part, label })
    return { id, size: bytes.byteLength }
  }

  workerBundle(id: BundleId, kind: 'engine' | 'supervisor'): Uint8Array {
    return this.#store.bundles.get(id, kind)
  }

  workers(): readonly WorkerView[] {
    return this.#lookups.read.workerViews()
  }

  worker(nameOrId: string): WorkerView {
    return this.#lookups.worker(nameOrId)
  }

  useWorker(nameOrId: string): void {
    const version = this.#lookups.worker(nameOrId)
    // Older kernels change the default when a version is installed again.
    if (isSupportedBy(this.#kernel.level, 'useWorker')) this.#submit({ kind: 'useWorker', worker: version.id })
    else this.#submit({ kind: 'installWorker', version: partsOf(version), use: 'default' })
  }

  retireWorker(nameOrId: string): number {
    const version = this.#lookups.worker(nameOrId)
    const sequence = this.#submit({ kind: 'retireWorker', worker: version.id })
    this.#retired.push(version)
    return sequence
  }

  /** The versions whose retirement in the current block was asked for. */
  get retired(): readonly WorkerVersion[] {
    return this.#retired
  }

  /** The block is committed. */
  committed(): void {
    this.#retired.length = 0
  }

  // --- moving vats

  upgradeWorker(vat: string, worker: string, choices: WorkerUpgradeChoices): number {
    const of = this.#lookups.alive(vat)
    const { id } = this.#lookups.worker(worker)
    if (choices.mode !== 'restart') this.#assertReplayable(of)
    return this.#submit({ kind: 'upgradeWorker', vat: of, worker: id, ...choices })
  }

  /** The vats that a rollout to the version would move. */
  selected(target: WorkerId, selection: RolloutSelection): readonly VatId[] {
    return this.#selected(target, selection)
  }

  startRollout(worker: string, selection: RolloutSelection, choices: RolloutChoices): number {
    const { id } = this.#lookups.worker(worker)
    const before = this.rollout()
    if (before !== null && before.state !== 'done' && before.state !== 'aborted')
      refuse('worker/rollout-active', `rollout ${before.number} is ${before.state}; finish or abort it first`, {
        rollout: before.number,
      })
    const vats = this.#selected(id, selection)
    if (choices.mode !== 'restart') {
      assertKeepsHistories(this.#store.retention)
      for (const vat of vats) this.#assertReplayable(vat)
    }
    return this.#submit({ kind: 'startRollout', worker: id, vats, ...choices })
  }

  controlRollout(action: RolloutAction, reason: string): number {
    const rollout = this.rollout()
    if (rollout === null || rollout.state === 'done' || rollout.state === 'aborted')
      refuse('worker/no-rollout', rollout === null ? 'there is no rollout' : `rollout ${rollout.number} is ${rollout.state}`)
    return this.#submit({ kind: 'controlRollout', action, reason })
  }

  rollout(): RolloutView | null {
    return this.#lookups.read.rollout() ?? null
  }

  rolloutVats(after: number, limit: number): readonly RolloutVat[] {
    return this.#lookups.read.rolloutVats(after, limit)
  }

  // --- inside

  /** In the order of their ids. Vats that are on the version already are left out unless they are named. */
  #selected(target: WorkerId, { vats, pattern, worker, bundle }: RolloutSelection): readonly VatId[] {
    const named = vats === undefined ? undefined : new Set(vats.map((vat) => this.#lookups.alive(vat)))
    const on = worker === undefined ? undefined : this.#lookups.worker(worker).id
    const of = bundle === undefined ? undefined : this.#lookups.vatBundle(bundle)
    const matches = pattern === undefined ? () => true : matcher(pattern)
    const isMeant = (view: VatView): boolean =>
      (named === undefined ? view.worker !== target : named.has(view.vat)) &&
      (on === undefined || view.worker === on) &&
      (of === undefined || view.bundle === of) &&
      matches(view.name)
    return this.#lookups.read
      .vats()
      .filter(({ status }) => status.kind !== 'terminated' && status.kind !== 'starting')
      .filter(isMeant)
      .map(({ vat }) => vat)
  }

  #assertReplayable(vat: VatId): void {
    const { transcripts } = this.#store
    if (transcripts.count(vat) > 0 && transcripts.incarnation(vat) === undefined) refuseWithoutStart(vat)
  }
}

/** A history that a rollout needs must not be pruned before its vat is moved. */
function assertKeepsHistories(retention: Retention): void {
  if (keepsIncarnations(retention)) return
  refuse(
    'worker/needs-history',
    'a rollout by replay needs the transcripts of all incarnations that run, and the retention of this store ' +
      'prunes them; keep them, or use the mode restart',
    { retention },
  )
}

const partsOf = ({ id, engine, supervisor, image }: WorkerView): WorkerVersion => ({
  id,
  engine,
  supervisor,
  image,
})
