/** `TextEncoder` and `TextDecoder` of vats, against those of the host, which follow the same standard. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VatTextDecoder, VatTextEncoder } from '../../src/supervisor/realm/text.ts'
import { openWorld } from '../kit/world.ts'

const texts: readonly string[] = [
  '',
  'a',
  'plain ascii',
  'ä',
  'ÿ\u0100\u07ff',
  '\u0800\uffff',
  '😀',
  'a😀b',
  '\ud800',
  '\udc00',
  'a\ud800b',
  '\ud800\ud800\udc00',
  '\udc00\ud800',
  '\ufeffmark',
  'two\ufeff\ufeff',
  '\0\u007f\u0080',
  '\u{10ffff}',
  'x'.repeat(10_000) + '😀'.repeat(3_000),
]

for (const text of texts) {
  // Txt1.
  test(`encodes ${JSON.stringify(text).slice(0, 40)}`, () => {
    assert.deepEqual([...new VatTextEncoder().encode(text)], [...new TextEncoder().encode(text)])
    for (const room of [0, 1, 2, 3, 4, 5, 7, 20_000]) {
      const ours = new Uint8Array(room)
      const theirs = new Uint8Array(room)
      assert.deepEqual(
        new VatTextEncoder().encodeInto(text, ours),
        new TextEncoder().encodeInto(text, theirs),
      )
      assert.deepEqual(ours, theirs)
    }
  })
}

/** Bytes at the borders of what is UTF-8. */
const edges = [
  0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbb, 0xbf, 0xc0, 0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4,
  0xf5, 0xff,
]

function* sequences(length: number): Generator<number[]> {
  if (length === 0) yield []
  else for (const rest of sequences(length - 1)) for (const byte of edges) yield [byte, ...rest]
}

type Outcome = string | 'refused'
const outcome = (decoder: { decode(bytes: Uint8Array): string }, bytes: Uint8Array): Outcome => {
  try {
    return decoder.decode(bytes)
  } catch (error) {
    assert.ok(error instanceof TypeError)
    return 'refused'
  }
}

for (const options of [{}, { fatal: true }, { ignoreBOM: true }]) {
  // Txt2.
  test(`decodes all short sequences of edge bytes, ${JSON.stringify(options)}`, () => {
    for (const length of [1, 2, 3]) {
      for (const sequence of sequences(length)) {
        const bytes = Uint8Array.from([...sequence, 0x42])
        assert.equal(
          outcome(new VatTextDecoder('utf-8', options), bytes),
          outcome(new TextDecoder('utf-8', options), bytes),
          sequence.join(' '),
        )
      }
    }
  })
}

test('a stream cut anywhere decodes as the whole', () => {
  for (const text of texts.slice(0, -1)) {
    const bytes = new TextEncoder().encode(`\ufeff${text}\ufeff`)
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const decoder = new VatTextDecoder()
      const parts =
        decoder.decode(bytes.subarray(0, cut), { stream: true }) + decoder.decode(bytes.subarray(cut))
      assert.equal(parts, new TextDecoder().decode(bytes))
      assert.equal(decoder.decode(new Uint8Array([0x41])), 'A', 'nothing is left of the stream')
    }
  }
})

/**
 * Text longer than what the decoder looks at in one piece, in which few and many characters are longer than a
 * byte.
 */
const longTexts: Readonly<Record<string, string>> = {
  'ASCII alone': 'sound '.repeat(1_000),
  'a long character here and there': 'imports\u034f and $h\u200d_ '.repeat(300),
  'hardly any ASCII': 'äö😀\u0800'.repeat(700),
}
for (const [situation, text] of Object.entries(longTexts)) {
  test(`a long text decodes wherever its pieces end: ${situation}`, () => {
    for (let shift = 0; shift < 5; shift += 1) {
      const bytes = new TextEncoder().encode('x'.repeat(shift) + text)
      assert.equal(new VatTextDecoder().decode(bytes), new TextDecoder().decode(bytes))
      for (const at of [1_020, 1_023, 1_024, 3_000]) bytes[at] = 0xf0
      assert.equal(new VatTextDecoder().decode(bytes), new TextDecoder().decode(bytes), 'damaged')
      assert.throws(() => new VatTextDecoder('utf-8', { fatal: true }).decode(bytes), TypeError)
    }
  })
}

test('a byte of source code takes few computrons to decode', async (t) => {
  const world = await openWorld(t, {
    vats: {
      home: {
        setup: `me.bytes = new TextEncoder().encode('const $h\u034f_a = ({ imports }) => imports'.repeat(2_000))`,
      },
    },
  })
  const costOf = async (code: string): Promise<number> => {
    await world.controller.send('home', 'run', [code])
    return Number((await world.controller.run()).computrons)
  }
  const bytes = Number(await world.run('home', 'return me.bytes.length'))
  const cost =
    (await costOf('new TextDecoder().decode(me.bytes)')) -
    (await costOf('new TextDecoder().decode(me.bytes.subarray(0, 1))'))
  assert.ok(cost / bytes < 60, `${cost / bytes} computrons for each byte`)
})

// Txt3.
test('a failed or ended stream leaves nothing behind, and decoders do not share', () => {
  const fatal = new VatTextDecoder('utf8', { fatal: true })
  fatal.decode(new Uint8Array([0xe2, 0x82]), { stream: true })
  assert.equal(new VatTextDecoder().decode(new Uint8Array([0xac])), '\ufffd')
  assert.throws(() => fatal.decode(new Uint8Array([0x41])), TypeError)
  assert.equal(fatal.decode(new Uint8Array([0x41])), 'A')
})

test('labels and inputs', () => {
  for (const label of ['utf8', ' UTF-8\n', 'unicode-1-1-utf-8'])
    assert.equal(new VatTextDecoder(label).encoding, 'utf-8')
  for (const label of ['latin1', 'utf-16le', '', null])
    assert.throws(() => new VatTextDecoder(label), RangeError)
  const bytes = new TextEncoder().encode('-äöü-')
  assert.equal(new VatTextDecoder().decode(bytes.buffer), '-äöü-')
  assert.equal(new VatTextDecoder().decode(new DataView(bytes.buffer, 1, 4)), 'äö')
  assert.equal(new VatTextDecoder().decode(), '')
  for (const input of [null, 'text', [65], {}])
    assert.throws(() => new VatTextDecoder().decode(input), TypeError)
})
