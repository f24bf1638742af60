/**
 * Engines and base images in memory, each compiled and decoded once from the bundles of the store.
 */
import type { BundleId } from '../base/ids.ts'
import { compileEngine } from '../engine/engine.ts'
import type { Engine } from '../engine/engine.ts'
import { decodeImage } from '../engine/image.ts'
import type { Image } from '../engine/image.ts'
import { dropSparesOf, spareBytesOf } from '../engine/instances.ts'
import type { WorkerVersion } from '../protocol/worker.ts'
import type { Store } from '../store/store.ts'
import type { SpareInstances } from './residents.ts'

/** Where the bytes of engines and images are. */
type Source = { readonly bundles: Pick<Store['bundles'], 'get'> }

/** What is compiled and decoded. Ids are hashes, so several stores of one thread may share it. */
export class EngineCache {
  readonly engines = new Map<BundleId, Engine>()
  readonly images = new Map<BundleId, Image>()
}

export class Engines implements SpareInstances {
  readonly #store: Source
  readonly #engines: Map<BundleId, Engine>
  readonly #images: Map<BundleId, Image>

  constructor(store: Source, cache: EngineCache) {
    this.#store = store
    this.#engines = cache.engines
    this.#images = cache.images
  }

  /** Of all images: a cache that several stores share has one set of spare instances. */
  get spareBytes(): number {
    let bytes = 0
    for (const image of this.#images.values()) bytes += spareBytesOf(image)
    return bytes
  }

  dropSpares(): void {
    for (const image of this.#images.values()) dropSparesOf(image)
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
