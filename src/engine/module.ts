/**
 * A module as the meter reads it: its sections, and the facts for rewriting it.
 *
 * Reading is strict where the meter relies on it and leaves the rest to the host's validation of the
 * rewritten module.
 */
import { refuse } from '../protocol/codes.ts'
import { ByteReader, refuseModule } from './binary.ts'
import { skipConstantExpression, skipValueType, valueType } from './opcodes.ts'

export const sectionId = {
  custom: 0, type: 1, import: 2, function: 3, table: 4, memory: 5, global: 6,
  export: 7, start: 8, element: 9, code: 10, data: 11, dataCount: 12,
} as const
/** The order of a module's sections; the count of data precedes the code. */
export const sectionOrder: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 10, 11]
export const preamble = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]
export const exportKind = { function: 0, table: 1, memory: 2, global: 3 } as const
const importKindFunction = 0
export const signatureForm = 0x60

export type Sections = ReadonlyMap<number, ByteReader>

export interface Import {
  readonly module: string
  readonly name: string
  readonly type: number
}

export interface Global {
  readonly type: number
  readonly mutable: boolean
}

export interface Export {
  readonly kind: number
  readonly index: number
}

/** Facts about a module for rewriting it. */
export interface Facts {
  /** Signatures as `surface.ts` writes them. */
  readonly signatures: readonly string[]
  readonly imports: readonly Import[]
  /** The signature of each function that the module defines. */
  readonly functions: readonly number[]
  readonly globals: readonly Global[]
  readonly exports: ReadonlyMap<string, Export>
}

export function readSections(bytes: Uint8Array): Sections {
  const reader = new ByteReader(bytes, 0, bytes.length)
  for (const expected of preamble) {
    if (reader.byte() !== expected) refuseModule('not the beginning of a module', reader.offset - 1)
  }
  const sections = new Map<number, ByteReader>()
  let place = -1
  while (!reader.done) {
    const start = reader.offset
    const id = reader.byte()
    const body = reader.part(reader.u32())
    if (id === sectionId.custom) continue
    const next = sectionOrder.indexOf(id)
    if (next < 0) refuseModule(`unknown section ${id}`, start)
    if (next <= place) refuseModule(`section ${id} out of order`, start)
    place = next
    sections.set(id, body)
  }
  return sections
}

/** A fresh reader of a section, empty when the module has none. */
export function open(sections: Sections, id: number): ByteReader {
  const section = sections.get(id)
  if (section === undefined) return new ByteReader(new Uint8Array([0]), 0, 1)
  return new ByteReader(section.bytes, section.offset, section.end)
}

export function readFacts(sections: Sections): Facts {
  checkMemory(open(sections, sectionId.memory))
  const facts = {
    signatures: readVector(open(sections, sectionId.type), readSignature),
    imports: readVector(open(sections, sectionId.import), readImport),
    functions: readVector(open(sections, sectionId.function), (reader) => reader.u32()),
    globals: readVector(open(sections, sectionId.global), readGlobal),
    exports: new Map(readVector(open(sections, sectionId.export), readExport)),
  }
  checkCounts(sections, facts)
  return facts
}

export function readVector<Item>(reader: ByteReader, read: (reader: ByteReader) => Item): Item[] {
  const items: Item[] = []
  for (let count = reader.u32(); count > 0; count -= 1) items.push(read(reader))
  if (!reader.done) refuseModule('bytes behind the end of a section', reader.offset)
  return items
}

function readSignature(reader: ByteReader): string {
  const start = reader.offset
  if (reader.byte() !== signatureForm) refuseModule('a type that is not a signature', start)
  const letters = (): string => {
    let text = ''
    for (let count = reader.u32(); count > 0; count -= 1) text += letterOfType(skipValueType(reader))
    return text
  }
  const parameters = letters()
  return `${parameters}:${letters()}`
}

export const typeOfLetter: Readonly<Record<string, number>> = {
  i: valueType.i32,
  l: valueType.i64,
  f: valueType.f32,
  d: valueType.f64,
  r: valueType.funcref,
  x: valueType.externref,
}
const letterOfType = (type: number): string =>
  Object.keys(typeOfLetter).find((letter) => typeOfLetter[letter] === type)!

function readImport(reader: ByteReader): Import {
  const module = reader.name()
  const name = reader.name()
  if (reader.byte() !== importKindFunction)
    refuse('engine/not-an-engine', `the module imports ${module}.${name}, which is not a function`)
  return { module, name, type: reader.u32() }
}

function readGlobal(reader: ByteReader): Global {
  const type = skipValueType(reader)
  const start = reader.offset
  const mutability = reader.byte()
  if (mutability > 1) refuseModule('a global neither mutable nor constant', start)
  const mutable = mutability === 1
  if (mutable && (type === valueType.funcref || type === valueType.externref)) {
    refuseModule('a mutable global that holds a reference, which no snapshot can hold,', start)
  }
  skipConstantExpression(reader)
  return { type, mutable }
}

function readExport(reader: ByteReader): [string, Export] {
  const name = reader.name()
  const kind = reader.byte()
  return [name, { kind, index: reader.u32() }]
}

function checkMemory(reader: ByteReader): void {
  const start = reader.offset
  const count = reader.u32()
  if (count > 1) refuseModule('a second memory', start)
  if (count === 1 && reader.byte() > 1) refuseModule('a memory that is shared or of 64 bits', start)
}

/** Duplicate counts in a module must agree, to detect a module truncated between sections. */
function checkCounts(sections: Sections, facts: Facts): void {
  const code = open(sections, sectionId.code)
  if (code.u32() !== facts.functions.length)
    refuseModule('functions without bodies, or bodies without functions,', code.offset)
  const data = open(sections, sectionId.data)
  const counted = sections.has(sectionId.dataCount) ? open(sections, sectionId.dataCount).u32() : data.u32()
  if (counted !== open(sections, sectionId.data).u32())
    refuseModule('segments of data are missing', data.offset)
}
