import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CodedError } from '../../src/base/errors.ts'
import { leb } from '../../src/engine/binary.ts'
import { compileEngine, instantiate } from '../../src/engine/engine.ts'
import { meterModule } from '../../src/engine/meter.ts'
import { requiredFunctions, trapCause, type EngineExports } from '../../src/engine/surface.ts'
import { bundleId, type Hash } from '../../src/base/ids.ts'
import { engineBytes, releases } from './engines.ts'
import { tinyEngine } from './tiny.ts'

const anyId = bundleId('0'.repeat(64) as Hash)

function refusalOf(bytes: Uint8Array): CodedError {
  try {
    meterModule(bytes)
  } catch (error) {
    assert.ok(error instanceof CodedError, String(error))
    return error
  }
  throw new assert.AssertionError({ message: 'the module was not refused' })
}

const codeOf = (bytes: Uint8Array): string => refusalOf(bytes).code

/** The tiny engine with a body for `wasm_malloc`, metered and started. */
function startTiny(body: readonly number[]): EngineExports {
  const engine = compileEngine(meterModule(tinyEngine({ body })), anyId)
  return instantiate(engine, { memory: () => new Uint8Array(), free: () => {}, hostCall: () => 0 })
}

/** How many computrons a call of `wasm_malloc(argument)` takes. */
function costOf(body: readonly number[], argument: number): number {
  const exports = startTiny(body)
  exports['meter.gas'].value = 1_000_000n
  exports.wasm_malloc(argument)
  return 1_000_000 - Number(exports['meter.gas'].value)
}

const noLocals = 0
const end = 0x0b
const getArgument = [0x20, 0]
/** Turns a loop as often as the argument says, and once more to see that it is over. */
const countdown = [
  noLocals,
  0x03, 0x40, 0x20, 0, 0x41, 0x7f, 0x6a, 0x22, 0, 0x41, 0x7f, 0x47, 0x0d, 0, end,
  0x41, 0, end,
]
const fillMemory = [noLocals, 0x41, 0, 0x41, 1, ...getArgument, 0xfc, 11, 0, 0x41, 0, end]
const growMemory = [noLocals, ...getArgument, 0x40, 0, end]

/** Offsets at which sections begin, and the end. */
function sectionBoundaries(bytes: Uint8Array): number[] {
  const boundaries: number[] = [8]
  for (let offset = 8; offset < bytes.length; ) {
    let size = 0
    let at = offset + 1
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]!
      size |= (byte & 0x7f) << shift
      if (byte < 0x80) break
    }
    offset = at + size
    boundaries.push(offset)
  }
  return boundaries
}

test('Mtr1: an entry of a function and each turn of a loop take one computron', () => {
  assert.equal(costOf([noLocals, 0x41, 0, end], 0), 1)
  assert.equal(costOf(countdown, 0), 2)
  assert.equal(costOf(countdown, 9), 11)
})

test('Mtr1: the last computron can be spent, and one more traps with its cause', () => {
  const exports = startTiny(countdown)
  exports['meter.gas'].value = 11n
  exports.wasm_malloc(9)
  assert.equal(exports['meter.gas'].value, 0n)
  assert.equal(exports['meter.cause'].value, trapCause.none)
  exports['meter.gas'].value = 10n
  assert.throws(() => exports.wasm_malloc(9), /unreachable/)
  assert.equal(exports['meter.cause'].value, trapCause.computrons)
})

test('Mtr2: filling memory takes a computron for every 64 bytes, and none is filled when there are too few', () => {
  assert.equal(costOf(fillMemory, 0), 1)
  assert.equal(costOf(fillMemory, 63), 1)
  assert.equal(costOf(fillMemory, 64 * 100), 101)
  const exports = startTiny(fillMemory)
  exports['meter.gas'].value = 100n
  assert.throws(() => exports.wasm_malloc(64 * 100), /unreachable/)
  assert.equal(exports['meter.cause'].value, trapCause.computrons)
  assert.equal(new Uint8Array(exports.memory.buffer)[0], 0)
})

test('Mtr2: growing memory takes 4,096 computrons for every page', () => {
  assert.equal(costOf(growMemory, 0), 1)
  assert.equal(costOf(growMemory, 3), 1 + 3 * 4096)
})

test('Mtr3: memory grows up to the limit and not past it, not even by a growth that would wrap', () => {
  const exports = startTiny(growMemory)
  exports['meter.heapLimit'].value = 5
  assert.equal(exports.wasm_malloc(4), 1)
  assert.equal(exports.memory.buffer.byteLength, 5 * 65_536)
  for (const pages of [1, -1]) {
    exports['meter.cause'].value = trapCause.none
    assert.throws(() => exports.wasm_malloc(pages), /unreachable/)
    assert.equal(exports['meter.cause'].value, trapCause.heap)
  }
})

test('Mtr3: a growth that the host cannot give has another cause than the limit', () => {
  const body = growMemory
  const engine = compileEngine(meterModule(tinyEngine({ body, memory: [1, 1, 2] })), anyId)
  const exports = instantiate(engine, { memory: () => new Uint8Array(), free: () => {}, hostCall: () => 0 })
  assert.throws(() => exports.wasm_malloc(2), /unreachable/)
  assert.equal(exports['meter.cause'].value, trapCause.hostMemory)
})

test('Mtr4: a recursion gives its stack back by whichever way it ends, and gives its results', () => {
  const self = Object.keys(requiredFunctions).indexOf('wasm_malloc')
  const recurse = [...getArgument, 0x41, 1, 0x6b, 0x10, self]
  const ways = {
    'the end': [noLocals, ...getArgument, 0x04, 0x7f, ...recurse, 0x05, 0x41, 5, end, end],
    'return in a block': [
      noLocals,
      0x02,
      0x40,
      ...getArgument,
      0x45,
      0x04,
      0x40,
      0x41,
      5,
      0x0f,
      end,
      end,
      ...recurse,
      end,
    ],
    'a branch to the end': [
      noLocals,
      0x03,
      0x40,
      0x41,
      5,
      ...getArgument,
      0x45,
      0x0d,
      1,
      0x1a,
      end,
      ...recurse,
      end,
    ],
    'a table of branches': [
      noLocals,
      0x02,
      0x40,
      ...getArgument,
      0x0d,
      0,
      0x41,
      5,
      0x41,
      0,
      0x0e,
      0,
      1,
      end,
      ...recurse,
      end,
    ],
  }
  for (const [way, body] of Object.entries(ways)) {
    const exports = startTiny(body)
    for (let round = 0; round < 10_000; round += 1) assert.equal(exports.wasm_malloc(100), 5, way)
    const gas = exports['meter.gas']
    gas.value = 10_000n
    exports.wasm_malloc(100)
    assert.ok(gas.value <= 10_000n - 101n, `${way}: each of 101 entries is charged`)
  }
})

test('Mtr5: every mutable global can be read and put back, and constants are not among them', () => {
  const engine = compileEngine(meterModule(tinyEngine()), anyId)
  assert.deepEqual(engine.globalNames, ['global.0', 'global.2'])
})

test('Mtr5: what changes tables or drops segments is refused with its offset', () => {
  const refNull = [0xd0, 0x70]
  const bodies = {
    'table.set': [noLocals, 0x41, 0, ...refNull, 0x26, 0, 0x41, 0, end],
    'table.grow': [noLocals, ...refNull, 0x41, 1, 0xfc, 15, 0, end],
    'data.drop': [noLocals, 0xfc, 9, 0, 0x41, 0, end],
  }
  for (const [what, body] of Object.entries(bodies)) {
    const refusal = refusalOf(tinyEngine({ body }))
    assert.equal(refusal.code, 'engine/not-wasm', what)
    assert.match(refusal.message, /no snapshot can hold, at offset [0-9]+/, what)
  }
})

test('instructions beyond those that can be metered are refused by number and offset', () => {
  const bodies = {
    '0xfd': [0xfd, 0x0c],
    '0xfe': [0xfe, 0x00],
    '0x6': [0x06, 0x40],
    '0x12': [0x12, 0x00],
    '0xfc 0x20': [0xfc, 0x20],
  }
  for (const [number, instruction] of Object.entries(bodies)) {
    const bytes = tinyEngine({ body: [noLocals, ...instruction, 0x41, 0, end] })
    const refusal = refusalOf(bytes)
    assert.equal(refusal.code, 'engine/not-wasm')
    assert.match(refusal.message, new RegExp(`unknown instruction ${number} at offset`))
    assert.equal(bytes[Number(refusal.detail['offset'])], instruction[0])
  }
})

test('vector locals, shared memories and a second memory are refused', () => {
  assert.equal(codeOf(tinyEngine({ body: [1, 1, 0x7b, 0x41, 0, end] })), 'engine/not-wasm')
  assert.equal(codeOf(tinyEngine({ memory: [3, 1, 1] })), 'engine/not-wasm')
  assert.equal(codeOf(tinyEngine({ body: [noLocals, ...getArgument, 0x40, 1, end] })), 'engine/not-wasm')
})

test('a body that does not validate is refused', () => {
  assert.equal(codeOf(tinyEngine({ body: [noLocals, 0x6a, 0x41, 0, end] })), 'engine/not-wasm')
})

test('calls of functions and signatures that are not there are refused', () => {
  assert.equal(codeOf(tinyEngine({ body: [noLocals, 0x10, ...leb(9999), 0x41, 0, end] })), 'engine/not-wasm')
  assert.equal(
    codeOf(tinyEngine({ body: [noLocals, 0x41, 0, 0x11, ...leb(9999), 0, 0x41, 0, end] })),
    'engine/not-wasm',
  )
})

test('numbers written in more bytes than they need are read', () => {
  const padded = [noLocals, 0x41, 0x85, 0x80, 0x80, 0x80, 0x00, end]
  assert.equal(startTiny(padded).wasm_malloc(0), 5)
  assert.equal(
    codeOf(tinyEngine({ body: [noLocals, 0x41, 0x85, 0x80, 0x80, 0x80, 0x80, 0x00, end] })),
    'engine/not-wasm',
  )
})

test('an import that the world does not have is refused by name', () => {
  const name = (text: string): number[] => [...leb(text.length), ...Buffer.from(text)]
  const refusal = refusalOf(tinyEngine({ extraImport: [...name('env'), ...name('fetch'), 0, 0] }))
  assert.equal(refusal.code, 'engine/not-an-engine')
  assert.match(refusal.message, /env\.fetch/)
})

test('an unmetered engine is not compiled', () => {
  assert.throws(() => compileEngine(engineBytes('3.6.2'), anyId), {
    code: 'engine/not-an-engine',
    message: /meter\.gas/,
  })
  assert.throws(() => compileEngine(new Uint8Array(100), anyId), { code: 'engine/not-wasm' })
})

for (const release of releases) {
  test(`${release}: Mtr7: metering twice gives the same bytes`, () => {
    assert.ok(Buffer.from(meterModule(engineBytes(release))).equals(meterModule(engineBytes(release))))
  })

  test(`${release}: cut off at any section, the module is refused`, () => {
    const bytes = engineBytes(release)
    const boundaries = sectionBoundaries(bytes)
    assert.equal(boundaries.pop(), bytes.length)
    const beforeCustomSection = boundaries.pop()!
    assert.ok(boundaries.length > 8)
    for (const boundary of boundaries) {
      assert.match(
        codeOf(bytes.subarray(0, boundary)),
        /^engine\/not-(wasm|an-engine)$/,
        `cut at ${boundary}`,
      )
      assert.equal(codeOf(bytes.subarray(0, boundary + 1)), 'engine/not-wasm', `cut behind ${boundary}`)
    }
    const whole = meterModule(bytes.subarray(0, beforeCustomSection))
    assert.ok(Buffer.from(whole).equals(meterModule(bytes)), 'a custom section means nothing')
  })

  test(`${release}: cut off anywhere else, the module is refused`, () => {
    const bytes = engineBytes(release)
    for (let length = 0; length < bytes.length; length += 9973) {
      assert.equal(codeOf(bytes.subarray(0, length)), 'engine/not-wasm', `cut at ${length}`)
    }
  })

  test(`${release}: garbage inside the module is refused or leaves a valid module, and never breaks the meter`, () => {
    const bytes = engineBytes(release)
    for (let offset = 5; offset < bytes.length; offset += 40_009) {
      const broken = Uint8Array.from(bytes)
      broken.fill(0xff, offset, offset + 16)
      try {
        meterModule(broken)
      } catch (error) {
        assert.ok(error instanceof CodedError, `${offset}: ${String(error)}`)
      }
    }
  })

  test(`${release}: each export that an engine must have is missed by name`, () => {
    for (const name of [...Object.keys(requiredFunctions), 'memory']) {
      const bytes = Buffer.from(engineBytes(release))
      const entry = Buffer.from([name.length, ...Buffer.from(name)])
      const offset = bytes.indexOf(entry)
      bytes.write('?', offset + 1)
      const refusal = refusalOf(bytes)
      assert.equal(refusal.code, 'engine/not-an-engine')
      assert.deepEqual(refusal.detail['missing'], [name])
    }
  })
}
