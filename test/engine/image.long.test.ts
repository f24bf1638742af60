import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'
import { CodedError } from '../../src/base/errors.ts'
import { buildImage, decodeImage, encodeImage } from '../../src/engine/image.ts'
import { Worker } from '../../src/engine/worker.ts'
import { engineOf, heapLimit, imageOf, outcomeOf, releases, run } from './engines.ts'

const printImage = fileURLToPath(new URL('./print-image.ts', import.meta.url))

for (const release of releases) {
  const bytesOf = (): Uint8Array => encodeImage(imageOf(release))

  const assertBroken = (bytes: Uint8Array, what: string): void => {
    assert.throws(() => decodeImage(bytes, engineOf(release)), { code: 'engine/image-broken' }, what)
  }

  test(`${release}: Img1: two processes build the same image as this one`, () => {
    const ids = [1, 2].map(() => execFileSync(process.execPath, [printImage, release], { encoding: 'utf8' }))
    assert.deepEqual(ids, [imageOf(release).id, imageOf(release).id])
  })

  test(`${release}: Img1: building again in a warm process gives the same bytes`, () => {
    const again = buildImage(
      engineOf(release),
      'globalThis.hostEntries = { dispatch() {}, finish: () => "" }',
    )
    const once = buildImage(engineOf(release), 'globalThis.hostEntries = { dispatch() {}, finish: () => "" }')
    assert.ok(Buffer.from(encodeImage(again)).equals(encodeImage(once)))
    assert.notEqual(again.id, imageOf(release).id)
  })

  test(`${release}: Img2: an image that was written and read gives the same workers`, () => {
    const read = decodeImage(bytesOf(), engineOf(release))
    assert.equal(read.id, imageOf(release).id)
    const [first, second] = [Worker.start(imageOf(release), heapLimit), Worker.start(read, heapLimit)]
    assert.equal(first.heapHash(), second.heapHash())
    const script = 'Array.from({ length: 100 }, (_, n) => ({ n })).length'
    assert.deepEqual(outcomeOf(first, script), outcomeOf(second, script))
    assert.equal(first.heapHash(), second.heapHash())
  })

  test(`${release}: workers of one image do not touch each other nor the image`, () => {
    const before = bytesOf()
    const [first, second] = [
      Worker.start(imageOf(release), heapLimit),
      Worker.start(imageOf(release), heapLimit),
    ]
    run(first, 'Object.prototype.mark = 1')
    assert.equal(run(second, '({}).mark'), 'undefined')
    assert.ok(Buffer.from(bytesOf()).equals(before))
  })

  test(`${release}: an image with one byte flipped is refused, wherever the byte is`, () => {
    const bytes = bytesOf()
    const offsets = [
      0,
      15,
      16,
      19,
      20,
      40,
      300,
      bytes.length >> 1,
      bytes.length - 33,
      bytes.length - 32,
      bytes.length - 1,
    ]
    for (const offset of offsets) {
      const broken = Uint8Array.from(bytes)
      broken[offset]! ^= 1
      assertBroken(broken, `flipped at ${offset}`)
    }
  })

  test(`${release}: an image that is cut off, or no image at all, is refused`, () => {
    const bytes = bytesOf()
    for (const length of [0, 1, 16, 20, 51, 52, 53, 1000, bytes.length - 1])
      assertBroken(bytes.subarray(0, length), `cut at ${length}`)
    assertBroken(new Uint8Array(5000).fill(0xa5), 'garbage')
    assertBroken(Buffer.concat([bytes, new Uint8Array(1)]), 'longer')
  })

  test(`${release}: an image of another engine is refused`, () => {
    const other = releases.find((each) => each !== release)!
    assert.throws(() => decodeImage(encodeImage(imageOf(other)), engineOf(release)), {
      code: 'engine/image-broken',
      message: /was built with the engine/,
    })
  })

  test(`${release}: a supervisor that cannot make an image is refused, and says why`, () => {
    const supervisors: readonly [source: string, why: RegExp][] = [
      [
        'function fail() { throw new TypeError("not today") } fail()',
        /TypeError: not today\n.*at fail \(supervisor:1/,
      ],
      ['const = 5', /SyntaxError[^]*supervisor:1/],
      ['delete Object.prototype', /TypeError/],
      ['1', /did not leave globalThis\.hostEntries/],
      ['globalThis.hostEntries = 5', /did not leave globalThis\.hostEntries/],
      ['globalThis.hostEntries = { dispatch() {} }', /hostEntries\.finish is not a function/],
      ['globalThis.hostEntries = { dispatch: "x", finish() {} }', /hostEntries\.dispatch is not a function/],
      ['globalThis.hostEntries = { get dispatch() { throw Error("gone") } }', /Error: gone/],
      ['hostSyscall("x")', /called outside of a delivery/],
      ['Promise.resolve().then(() => hostSyscall("x"))', /called outside of a delivery/],
      ['const all = []; for (;;) all.push(new Uint8Array(1e6))', /ran out of heap/],
    ]
    for (const [source, why] of supervisors) {
      assert.throws(
        () => buildImage(engineOf(release), source),
        (error) =>
          error instanceof CodedError && error.code === 'engine/supervisor-broken' && why.test(error.message),
        source,
      )
    }
  })
}
