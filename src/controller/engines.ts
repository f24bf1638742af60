/**
 * Engines and base images in memory, each compiled and decoded once from the bundles of the store.
 */
import type { BundleId } from '../base/ids.ts'
import { compileEngine } from '../engine/engine.ts'
import type { Engine } from '../engine/engine.ts'
import { decodeImage } from '../engine/image.ts'
import type { Image } from '../engine/image.ts'
import type { WorkerVersion } from '../protocol/worker.ts'
import type { Store } from '../store/store.ts'

/** Where the bytes of engines and images are. */
type Source = { readonly bundles: Pick<Store['bundles'], 'get'> }

/** What is compiled and decoded. Ids are hashes, so several stores of one thread may share it. */
export class EngineCache {
  readonly engines = new Map<BundleId, Engine>()
  readonly images = new Map<BundleId, Image>()
}

export class Engines {
  readonly #store: Source
  readonly #engines: Map<BundleId, Engine>
  readonly #images: Map<BundleId, Image>

  constructor(store: Source, cache: EngineCache) {
    this.#store = store
    this.#engines = cache.engines
    this.#images = cache.images
  }

  engine(id: BundleId): Engine {
    const known = this.#engines.get(id)
    if (known !== undefined) return known
    const engine = compileEngine(this.#store.bundles.get(id, 'engine'), id)
    this.#engines.set(id, engine)
    return engine
  }

  image({ engine, image: id }: WorkerVersion): Image {
    const known = this.#images.get(id)
    if (known !== undefined) return known
    const image = decodeImage(this.#store.bundles.get(id, 'image'), this.engine(engine))
    this.#images.set(id, image)
    return image
  }
}
