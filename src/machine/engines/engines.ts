/** Engines and base images in memory, each compiled and decoded once from the store's bundles. */
import type { BundleId } from '../../base/ids.ts'
import { bundleImageBytes, dropBundleImages } from '../../engine/bundleImage.ts'
import { compileEngine, type Engine } from '../../engine/engine.ts'
import { decodeImage, type Image } from '../../engine/image.ts'
import { dropSparesOf, spareBytesOf } from '../../engine/instances.ts'
import type { WorkerVersion } from '../../protocol/worker/worker.ts'
import type { Store } from '../../store/store.ts'
import type { SpareInstances } from './residents.ts'

/** The store of engine and image bytes. */
type Source = { readonly bundles: Pick<Store['bundles'], 'get'> }

/** Compiled engines and decoded images. Ids are hashes, so several stores of one thread may share a cache. */
export class EngineCache {
  readonly engines = new Map<BundleId, Engine>()
  readonly images = new Map<BundleId, Image>()
}

/** The engines of one store: even cached bundles are read from the store once, to detect damage. */
export class Engines implements SpareInstances {
  readonly #store: Source
  readonly cache: EngineCache
  readonly #engines = new Map<BundleId, Engine>()
  readonly #images = new Map<BundleId, Image>()

  constructor(store: Source, cache: EngineCache) {
    this.#store = store
    this.cache = cache
  }

  /** Of all images: stores that share a cache share one set of spare instances. */
  get spareBytes(): number {
    let bytes = 0
    for (const image of this.cache.images.values()) bytes += spareBytesOf(image) + bundleImageBytes(image)
    return bytes
  }

  dropSpares(): void {
    for (const image of this.cache.images.values()) {
      dropSparesOf(image)
      dropBundleImages(image)
    }
  }

  engine(id: BundleId): Engine {
    return found(
      id,
      this.#engines,
      this.cache.engines,
      () => this.#store.bundles.get(id, 'engine'),
      (bytes) => compileEngine(bytes, id),
    )
  }

  image({ engine: engineId, image: id }: WorkerVersion): Image {
    const engine = this.engine(engineId)
    return found(
      id,
      this.#images,
      this.cache.images,
      () => this.#store.bundles.get(id, 'image'),
      (bytes) => decodeImage(bytes, engine),
    )
  }
}

function found<Made>(
  id: BundleId,
  own: Map<BundleId, Made>,
  shared: Map<BundleId, Made>,
  read: () => Uint8Array,
  make: (bytes: Uint8Array) => Made,
): Made {
  const known = own.get(id)
  if (known !== undefined) return known
  const bytes = read()
  const made = shared.get(id) ?? make(bytes)
  own.set(id, made)
  shared.set(id, made)
  return made
}
