/**
 * Carries out one preparation: replays the committed part of an incarnation on other code, while the kernel
 * runs.
 */
import { assert } from '../../base/errors.ts'
import { baseOf } from '../../engine/bundleImage.ts'
import { Worker } from '../../engine/worker.ts'
import { readableBundle } from '../../protocol/bundle/bundle.ts'
import { StoreReader, type LinkedEntry } from '../../store/store.ts'
import type { TranscriptPosition } from '../../protocol/store/views.ts'
import { Engines, type EngineCache } from '../engines/engines.ts'
import { meteringAfter, shareHeap, snapshotOf } from './preparedReplay.ts'
import type { PreparationOrder, Prepared } from '../../protocol/machine/preparation.ts'
import { replayIncarnation } from './replayIncarnation.ts'

/** Returns the outcome and the number of matching deliveries. */
export function carryOut(
  order: PreparationOrder,
  cache: EngineCache,
): { readonly prepared: Prepared; readonly deliveries: number } {
  const { of, from, to, source } = order
  const reader = new StoreReader(order.directory)
  try {
    const worker = startWorker(order, new Engines(reader, cache))
    const [begin, spent] =
      from.kind === 'start' ? [from.point, 0n] : [from.prepared.point, from.prepared.computrons]
    assert(begin.position <= to.position, 'a preparation goes forward')
    const course = new Course(begin, reader.entries(of.vat, begin, to))
    const readBundle = (bundle: Parameters<typeof reader.bundles.get>[0]): string =>
      readableBundle(Buffer.from(reader.bundles.get(bundle, 'vat')).toString('utf8'))
    const replayed = replayIncarnation(course, { worker, bundle: of.bundle, source, limits: of, readBundle })
    const isWhole = course.point.position === to.position
    assert(replayed.kind === 'differs' || isWhole, 'a replay that matches reaches its end (Ri1)')
    // A difference caused by damage does not count: reading all entries throws then.
    if (replayed.kind === 'differs') for (const _entry of reader.entries(of.vat, begin, to));
    return {
      prepared: {
        of,
        point: course.point,
        computrons: spent + replayed.computrons,
        verdict: verdictOf(order, replayed, worker),
      },
      deliveries: replayed.deliveries,
    }
  } finally {
    reader.close()
  }
}

/** Records the point after the last entry read. */
class Course implements Iterable<LinkedEntry> {
  point: TranscriptPosition
  readonly #entries: Iterable<LinkedEntry>

  constructor(from: TranscriptPosition, entries: Iterable<LinkedEntry>) {
    this.point = from
    this.#entries = entries
  }

  *[Symbol.iterator](): Generator<LinkedEntry> {
    for (const entry of this.#entries) {
      this.point = { position: entry.position + 1, link: entry.link }
      yield entry
    }
  }
}

function startWorker({ of, version, from, source }: PreparationOrder, engines: Engines): Worker {
  const image = engines.image(version)
  if (from.kind === 'start') return Worker.start(image, of.heapLimitPages)
  const { verdict } = from.prepared
  assert(verdict.kind === 'same', 'a replay that differed does not go on')
  const base = baseOf(image, verdict.heap.manifest, () => source)
  return Worker.resume(base, snapshotOf(verdict.heap), of.heapLimitPages)
}

function verdictOf(
  { from }: PreparationOrder,
  replayed: ReturnType<typeof replayIncarnation>,
  worker: Worker,
): Prepared['verdict'] {
  if (replayed.kind === 'differs') return { kind: 'differs', divergence: replayed.divergence }
  const { manifest, overlay } = worker.changes()
  const metering = meteringAfter(from.kind === 'start' ? undefined : from.prepared, replayed.metering)
  return { kind: 'same', heap: shareHeap(manifest, overlay), metering }
}
