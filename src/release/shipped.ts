/**
 * The code of all releases, by bundle id.
 *
 * A store that runs nothing else opens everywhere. A release adds what it ships: kernel, supervisor,
 * loader, base images, and the engines of its packages as rewritten by its meter. Entries are never removed.
 */
import type { BundleId } from '../base/ids.ts'

const releases: Readonly<Record<string, readonly string[]>> = {
  '0.1.0': [
    // kernel
    'b1-eb7c20bf44387c9e32ec460d426394cf0fbc87e260672703c0dc94b2c765a564',
    // supervisor
    'b1-0fbde1a6d31ebcbdf644462bac486ac2075bf145b8ce6d680b8f7b9f97e3b312',
    // quickjs-wasi-3.6.2, and the image of it with this supervisor
    'b1-76b186a63b780ce6e8f11adc4a08da26b0626d07b4183e8676f4331451e6ae3a',
    'b1-395ca52faf4b7fd59f02ab10df1cb7cf0558ae3efde582c0594392b30c5349be',
    // quickjs-wasi-3.5.0
    'b1-acbe13c53a0f314ff57b6db2568da787c110591640f4fff05d549b5ac4debca4',
  ],
  '0.2.0': [
    // kernel, of interface level 1
    'b1-389c24fb5a534dc58f04a0241268fe0dbfc6975563432cd960b349e14827c245',
    // supervisor
    'b1-4171a13a5e122ac069c5b6a03385e70764a6040ad2319c6d9e06dab753698db0',
    // loader
    'b1-05a1d7c75adc3fffa9ade61a744f756cc2257e761876c4fd117f5b5e7449967d',
    // images of the engines of 0.1.0 with this supervisor: quickjs-wasi-3.6.2, quickjs-wasi-3.5.0
    'b1-546f15bd64ff96725c5ce8e4623993c5a7faf07da301e2bbdee629bf23867c33',
    'b1-e0f21c9fb8984c69162551dab790a59612f5dc35c3401627be04f28170521b18',
  ],
  '0.3.0': [
    // quickjs-wasi-3.7.0
    'b1-ebadeb1b3369201a7f93a9b80e0735ff72b24c53c4078d96861756d862c72ddc',
  ],
}

const ids: ReadonlySet<string> = new Set(Object.values(releases).flat())

export const isShipped = (bundle: BundleId): boolean => ids.has(bundle)
