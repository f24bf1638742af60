/** Worker versions for people: their names, and those of their engines. */
import type { BundleId, WorkerId } from '../../../base/ids.ts'
import type { Controller, WorkerView } from '../../../host/index.ts'
import { releasedIds } from '../../../release/release.ts'
import { workerIdOf } from '../../../release/workerIdOf.ts'
import { formatCount } from '../text/counts.ts'
import { shortId } from '../text/shortId.ts'

/** A version with the name of its engine; null when the engine is none of this release. */
export type NamedWorker = WorkerView & { readonly engineName: string | null }

/** Finds the names of engines. A store has an engine by its hash alone. */
export async function engineNamer(): Promise<(view: WorkerView) => NamedWorker> {
  const { supervisor, workers } = await releasedIds()
  const names = new Map<WorkerId, string>(Object.entries(workers).map(([name, id]) => [id, name]))
  const nameOf = (engine: BundleId): string | null => names.get(workerIdOf(engine, supervisor)) ?? null
  return (view) => ({ ...view, engineName: nameOf(view.engine) })
}

/** `older (w1-27e7dbb2ef48)`, or only the id of a version without a label. */
export const workerText = (id: WorkerId, label: string | null): string =>
  label === null ? shortId(id) : `${label} (${shortId(id)})`

/** Texts of the installed versions by their ids; other ids are abbreviated. */
export async function workerTexts(controller: Controller): Promise<(id: WorkerId) => string> {
  const labels = new Map((await controller.workers()).map(({ id, note }) => [id, note?.label ?? null]))
  return (id) => workerText(id, labels.get(id) ?? null)
}

/** When and by whom it was installed; the first version of a store has no such note. */
export const installedText = ({ note }: WorkerView): string =>
  note === null ? 'with the store' : `crank ${formatCount(note.crank)}, by ${note.by}`
