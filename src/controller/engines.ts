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

/** Those of one store: also what is in the cache already is read from the store once, so that damage is met. */
export class Engines implements SpareInstances {
  readonly #store: Source
  readonly cache: EngineCache
  readonly #engines = new Map<BundleId, Engine>()
  readonly #images = new Map<BundleId, Image>()

  constructor(store: Source, cache: EngineCache) {
    this.#store = store
    this.cache = cache
  }

  /** Of all images: a cache that several stores share has one set of spare instances. */
  get spareBytes(): number {
    let bytes = 0
    for (const image of this.cache.images.values()) bytes += spareBytesOf(image)
    return bytes
  }

  dropSpares(): void {
    for (const image of this.cache.images.values()) dropSparesOf(image)
  }

  engine(id: BundleId): Engine {
    return found(id, this.#engines, this.cache.engines, () => this.#store.bundles.get(id, 'engine'), (bytes) => compileEngine(bytes, id))
  }

  image({ engine: engineId, image: id }: WorkerVersion): Image {
    const engine = this.engine(engineId)
    return found(id, this.#images, this.cache.images, () => this.#store.bundles.get(id, 'image'), (bytes) => decodeImage(bytes, engine))
  }
}

function found<Made>(id: BundleId, own: Map<BundleId, Made>, shared: Map<BundleId, Made>, read: () => Uint8Array, make: (bytes: Uint8Array) => Made): Made {
  const known = own.get(id)
  if (known !== undefined) return known
  const bytes = read()
  const made = shared.get(id) ?? make(bytes)
  own.set(id, made)
  shared.set(id, made)
  return made
}
