/**
 * The lengths of WebAssembly instructions.
 *
 * The table has the instructions of version 1 with sign extension, non-trapping conversions, bulk memory,
 * reference types and multiple values. Unknown instructions are refused: unreadable code cannot be metered.
 */
import { ByteReader, refuseModule } from './binary.ts'

/** Operands after an opcode. */
type Immediate =
  | 'none' | 'block' | 'index' | 'two indices' | 'labels' | 'memory access' | 'zero byte'
  | 'i32' | 'i64' | 'f32' | 'f64' | 'types' | 'heap type'

export const opcode = {
  unreachable: 0x00,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  end: 0x0b,
  br: 0x0c,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  localGet: 0x20,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  tableSet: 0x26,
  memorySize: 0x3f,
  memoryGrow: 0x40,
  i32Const: 0x41,
  i64Const: 0x42,
  i32Eq: 0x46,
  i32LtS: 0x48,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i64LtS: 0x53,
  i64GtU: 0x56,
  i32ShrU: 0x76,
  i64Add: 0x7c,
  i64Sub: 0x7d,
  i64Shl: 0x86,
  i64ExtendI32U: 0xad,
  refFunc: 0xd2,
  bulk: 0xfc,
} as const

export const emptyBlock = 0x40
export const valueType = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  funcref: 0x70,
  externref: 0x6f,
} as const

/**
 * After the prefix 0xFC: memory.init, memory.copy and memory.fill, whose last operand is a length in bytes.
 */
export const bulkOnMemory: ReadonlySet<number> = new Set([8, 10, 11])
/** After the prefix 0xFC: instructions that change tables or drop segments. */
export const bulkOnHiddenState: ReadonlySet<number> = new Set([9, 12, 13, 14, 15, 17])

function plainImmediates(): (Immediate | undefined)[] {
  const table = new Array<Immediate | undefined>(256).fill(undefined)
  const set = (from: number, to: number, immediate: Immediate): void =>
    void table.fill(immediate, from, to + 1)
  set(0x00, 0x01, 'none') // unreachable, nop
  set(0x02, 0x04, 'block') // block, loop, if
  set(0x05, 0x05, 'none') // else
  set(0x0b, 0x0b, 'none') // end
  set(0x0c, 0x0d, 'index') // br, br_if
  set(0x0e, 0x0e, 'labels') // br_table
  set(0x0f, 0x0f, 'none') // return
  set(0x10, 0x10, 'index') // call
  set(0x11, 0x11, 'two indices') // call_indirect
  set(0x1a, 0x1b, 'none') // drop, select
  set(0x1c, 0x1c, 'types') // select with types
  set(0x20, 0x26, 'index') // local.*, global.*, table.get, table.set
  set(0x28, 0x3e, 'memory access') // loads and stores
  set(0x3f, 0x40, 'zero byte') // memory.size, memory.grow
  set(0x41, 0x41, 'i32')
  set(0x42, 0x42, 'i64')
  set(0x43, 0x43, 'f32')
  set(0x44, 0x44, 'f64')
  set(0x45, 0xc4, 'none') // comparisons, arithmetic, conversions, sign extension
  set(0xd0, 0xd0, 'heap type') // ref.null
  set(0xd1, 0xd1, 'none') // ref.is_null
  set(0xd2, 0xd2, 'index') // ref.func
  return table
}

/** After the prefix 0xFC. */
const bulkImmediates: readonly (Immediate | undefined)[] = [
  'none', 'none', 'none', 'none', 'none', 'none', 'none', 'none', // non-trapping conversions
  'two indices', // memory.init
  'index', // data.drop
  'two indices', // memory.copy
  'index', // memory.fill
  'two indices', // table.init
  'index', // elem.drop
  'two indices', // table.copy
  'index', // table.grow
  'index', // table.size
  'index', // table.fill
]

const immediates = plainImmediates()

const skippers: { readonly [kind in Immediate]: (reader: ByteReader) => void } = {
  none: () => {},
  block: skipBlockType,
  index: (reader) => reader.skipNumber(32),
  'two indices': (reader) => {
    reader.skipNumber(32)
    reader.skipNumber(32)
  },
  labels: (reader) => {
    for (let count = reader.u32() + 1; count > 0; count -= 1) reader.skipNumber(32)
  },
  'memory access': skipMemoryAccess,
  'zero byte': skipZeroByte,
  i32: (reader) => reader.skipNumber(32),
  i64: (reader) => reader.skipNumber(64),
  f32: (reader) => reader.skip(4),
  f64: (reader) => reader.skip(8),
  types: (reader) => {
    for (let count = reader.u32(); count > 0; count -= 1) skipValueType(reader)
  },
  'heap type': skipValueType,
}

/** One instruction: a plain opcode, or 0xFC00 plus the number after the prefix. */
export function skipInstruction(reader: ByteReader): number {
  const start = reader.offset
  const plain = reader.byte()
  if (plain === opcode.bulk) return skipBulk(reader, start)
  const immediate = immediates[plain]
  if (immediate === undefined) refuseModule(`unknown instruction 0x${plain.toString(16)}`, start)
  skippers[immediate](reader)
  return plain
}

function skipBulk(reader: ByteReader, start: number): number {
  const number = reader.u32()
  const immediate = bulkImmediates[number]
  if (immediate === undefined) refuseModule(`unknown instruction 0xfc 0x${number.toString(16)}`, start)
  skippers[immediate](reader)
  return (opcode.bulk << 8) | number
}

/** An expression with its `end`, as in globals. */
export function skipConstantExpression(reader: ByteReader): void {
  while (skipInstruction(reader) !== opcode.end);
}

export function skipValueType(reader: ByteReader): number {
  const start = reader.offset
  const type = reader.byte()
  if (!isValueType(type)) refuseModule(`unknown type of value 0x${type.toString(16)}`, start)
  return type
}

const isValueType = (byte: number): boolean =>
  (byte >= valueType.f64 && byte <= valueType.i32) ||
  byte === valueType.funcref ||
  byte === valueType.externref

/** A block's type is empty, one type of value, or the index of a signature. */
function skipBlockType(reader: ByteReader): void {
  const first = reader.bytes[reader.offset] ?? 0
  const isTypeOfOneByte = first < 0x80 && (first & 0x40) !== 0
  if (!isTypeOfOneByte) reader.skipNumber(33)
  else if (first === emptyBlock) reader.skip(1)
  else skipValueType(reader)
}

function skipMemoryAccess(reader: ByteReader): void {
  const start = reader.offset
  const alignment = reader.u32()
  if (alignment > 3) refuseModule(`unknown memory access 0x${alignment.toString(16)}`, start)
  reader.skipNumber(32)
}

function skipZeroByte(reader: ByteReader): void {
  const start = reader.offset
  if (reader.byte() !== 0) refuseModule('a second memory', start)
}
