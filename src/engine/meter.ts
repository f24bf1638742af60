/**
 * The meter: rewrites an engine so that it counts its own work and can be captured.
 *
 * It writes the module; `module.ts` reads it, and `recursion.ts` finds the guards. It knows nothing of
 * JavaScript, images or workers.
 *
 * Mtr1. Every function entry and every loop iteration takes one computron, before anything else happens
 *       there. When none is left the module records the cause and traps.
 * Mtr2. Copying, filling and initialising memory takes an additional computron for every 64 bytes, and
 *       growing it 4,096 for every page of 64 KiB, in advance: about their cost for the host.
 * Mtr3. The memory never grows past the limit that the host set; an attempt records the cause and traps. A
 *       growth within the limit that the host itself cannot provide has its own cause, since it says nothing
 *       about the guest.
 * Mtr4. The module decides how deeply calls can nest, not the host's stack: every recursion passes a guard,
 *       which takes its share of a fixed number of bytes on entry and returns it on exit. When not enough is
 *       left, the module records the cause and traps. An engine that checks its own stack throws a RangeError
 *       earlier, nearly everywhere; this covers the rest.
 * Mtr5. All state that changes while the engine runs can be read and restored: its memory and its mutable
 *       globals are exported. A module with other state (tables that change, segments that are dropped, a
 *       second memory) is refused.
 * Mtr6. Functions keep their indices, and the module's results are otherwise unchanged.
 * Mtr7. Equal input results in equal output.
 */
import { assert } from '../base/errors.ts'
import { refuse } from '../protocol/codes.ts'
import { maxHeapPages } from '../protocol/limits.ts'
import { ByteWriter, leb, refuseModule, signedLeb, type ByteReader } from './binary.ts'
import {
  exportKind,
  open,
  preamble,
  readFacts,
  readSections,
  readVector,
  sectionId,
  sectionOrder,
  signatureForm,
  typeOfLetter,
  type Export,
  type Facts,
  type Import,
  type Sections,
} from './module.ts'
import {
  bulkOnHiddenState,
  bulkOnMemory,
  emptyBlock,
  opcode,
  skipInstruction,
  skipValueType,
  valueType,
} from './opcodes.ts'
import {
  allowedImports,
  globalExport,
  memoryExport,
  meterExports,
  requiredFunctions,
  trapCause,
} from './surface.ts'
import { wasm } from './host.ts'
import { findGuards, readCalls, readElement } from './recursion.ts'
import {
  placeAdditions,
  tickCode,
  stopBody,
  overflowBody,
  takeStack,
  returnStack,
  chargeBody,
  growBody,
  type Additions,
} from './meterCode.ts'

/**
 * Returns the module with metering, exporting only what a worker needs. Refuses modules that it cannot meter.
 */
export function meterModule(bytes: Uint8Array): Uint8Array {
  const sections = readSections(bytes)
  const facts = readFacts(sections)
  checkSurface(facts)
  const metered = writeModule(sections, facts)
  if (!wasm.validate(metered)) refuseModule('the module is not valid', bytes.length)
  return metered
}

/**
 * Total for all guards entered at a time (Mtr4): 48 MiB, of the 64 MiB of a worker's thread. A guard's share
 * is
 * the heaviest chain of calls that it can begin, so it far exceeds the real use: five times, in all
 * recursions that were tried.
 */
const stackBytes = 50_331_648
/** Host stack per call: a fixed part and 8 bytes for each parameter and local. */
const frameBytes = ({ signature, localCount }: Body): number => 96 + 8 * (signature.indexOf(':') + localCount)

// --- Is it an engine?

function checkSurface(facts: Facts): void {
  const missing = Object.entries(requiredFunctions)
    .filter(([name, signature]) => signatureOfExport(facts, name) !== signature)
    .map(([name]) => name)
  if (facts.exports.get(memoryExport)?.kind !== exportKind.memory) missing.push(memoryExport)
  if (missing.length > 0) {
    refuse('engine/not-an-engine', `the module does not export ${missing.join(', ')} as an engine must`, {
      missing,
    })
  }
  const foreign = facts.imports
    .filter((entry) => !isAllowed(facts, entry))
    .map(({ module, name }) => `${module}.${name}`)
  if (foreign.length > 0) {
    refuse('engine/not-an-engine', `the module imports ${foreign.join(', ')}, which vats do not have`, {
      foreign,
    })
  }
}

function signatureOfExport(facts: Facts, name: string): string | undefined {
  const found = facts.exports.get(name)
  if (found?.kind !== exportKind.function) return undefined
  const type = facts.functions[found.index - facts.imports.length]
  return type === undefined ? undefined : facts.signatures[type]
}

function isAllowed(facts: Facts, { module, name, type }: Import): boolean {
  const modules: Readonly<Record<string, Readonly<Record<string, string>>>> = allowedImports
  if (!Object.hasOwn(modules, module) || !Object.hasOwn(modules[module]!, name)) return false
  return modules[module]![name] === facts.signatures[type]
}

// --- Writing

function writeModule(sections: Sections, facts: Facts): Uint8Array {
  const added = placeAdditions(facts)
  const rewritten: Readonly<Record<number, () => Uint8Array>> = {
    [sectionId.type]: () =>
      extendVector(sections, sectionId.type, [
        signatureOf([], []),
        signatureOf([valueType.i32], [valueType.i32]),
      ]),
    [sectionId.function]: () =>
      extendVector(
        sections,
        sectionId.function,
        [added.stopType, added.stopType, added.checkType, added.checkType].map(leb),
      ),
    [sectionId.global]: () => extendVector(sections, sectionId.global, meterGlobals()),
    [sectionId.export]: () => writeExports(facts, added),
    [sectionId.code]: () => writeCode(sections, facts, added),
  }
  const writer = new ByteWriter()
  writer.put(preamble)
  for (const id of sectionOrder) {
    const body = rewritten[id]?.() ?? (sections.has(id) ? open(sections, id).rest() : undefined)
    if (body === undefined) continue
    writer.byte(id)
    writer.sized(body)
  }
  return writer.bytes()
}

/** A vector section, with items appended. */
function extendVector(sections: Sections, id: number, items: readonly (readonly number[])[]): Uint8Array {
  const reader = open(sections, id)
  const writer = new ByteWriter()
  writer.u32(reader.u32() + items.length)
  writer.put(reader.rest())
  for (const item of items) writer.put(item)
  return writer.bytes()
}

const signatureOf = (parameters: readonly number[], results: readonly number[]): number[] => [
  signatureForm, parameters.length, ...parameters, results.length, ...results,
]

/** Unlimited at first, so that a start function of the module can run; the host sets them first of all. */
function meterGlobals(): number[][] {
  const mutable = 1
  const maxInt64 = [...new Array<number>(9).fill(0xff), 0x00]
  const maxPages = signedLeb(maxHeapPages)
  return [
    [valueType.i64, mutable, opcode.i64Const, ...maxInt64, opcode.end],
    [valueType.i32, mutable, opcode.i32Const, ...maxPages, opcode.end],
    [valueType.i32, mutable, opcode.i32Const, trapCause.none, opcode.end],
    [valueType.i32, mutable, opcode.i32Const, ...signedLeb(stackBytes), opcode.end],
  ]
}

/** Only a worker's needs: every export costs time at each instantiation. */
function writeExports(facts: Facts, added: Additions): Uint8Array {
  const entries: [string, Export][] = [[memoryExport, { kind: exportKind.memory, index: 0 }]]
  for (const name of Object.keys(requiredFunctions)) entries.push([name, facts.exports.get(name)!])
  facts.globals.forEach(({ mutable }, index) => {
    if (mutable) entries.push([globalExport(index), { kind: exportKind.global, index }])
  })
  for (const role of ['gas', 'heapLimit', 'cause'] as const) {
    entries.push([meterExports[role], { kind: exportKind.global, index: added[role] }])
  }
  const writer = new ByteWriter()
  writer.u32(entries.length)
  for (const [name, { kind, index }] of entries) {
    writer.name(name)
    writer.byte(kind)
    writer.u32(index)
  }
  return writer.bytes()
}

/** One function that the module defines. */
interface Body {
  readonly reader: ByteReader
  /** Start of its code, after its locals. */
  readonly start: number
  readonly localCount: number
  readonly signature: string
}

function writeCode(sections: Sections, facts: Facts, added: Additions): Uint8Array {
  const bodies = readBodies(open(sections, sectionId.code), facts)
  const graph = {
    importCount: facts.imports.length,
    calls: bodies.map(({ reader, start }) => readCalls(reader.at(start))),
    signatures: facts.functions,
    signatureCount: facts.signatures.length,
    inTable: new Set(readVector(open(sections, sectionId.element), readElement).flat()),
  }
  assert(bodies.length === facts.functions.length, 'Mtr6: each function has one body')
  const guards = findGuards(graph, bodies.map(frameBytes))
  const writer = new ByteWriter()
  writer.u32(bodies.length + 4)
  bodies.forEach((body, position) => writer.sized(meterBody(body, guards.get(position), added)))
  for (const body of [stopBody(added), overflowBody(added), chargeBody(added), growBody(added)])
    writer.sized(Uint8Array.from(body))
  return writer.bytes()
}

function readBodies(reader: ByteReader, facts: Facts): Body[] {
  let position = 0
  return readVector(reader, () => {
    const signature = facts.signatures[facts.functions[position++] ?? -1]
    if (signature === undefined) refuseModule('a function of unknown signature', reader.offset)
    const body = reader.part(reader.u32())
    const locals = body.at(body.offset)
    const localCount = skipLocals(locals)
    return { reader: body, start: locals.offset, localCount, signature }
  })
}

/**
 * One function: its locals, the charge of the entry, and the code with its loops, bulk instructions and
 * growth metered. A guard's code is in a block, so that every exit returns the share.
 */
function meterBody(body: Body, share: number | undefined, added: Additions): Uint8Array {
  const writer = new ByteWriter()
  const { reader, start } = body
  writer.put(reader.bytes.subarray(reader.offset, start))
  const tick = tickCode(added)
  writer.put(tick)
  if (share === undefined) {
    writeMetered(writer, reader.at(start), tick, added, 'stays')
    return writer.bytes()
  }
  writer.put(takeStack(added, share))
  writer.put([opcode.block, blockType(body.signature)])
  writeMetered(writer, reader.at(start), tick, added, 'becomes a branch')
  writer.put([...returnStack(added, share), opcode.end])
  return writer.bytes()
}

/**
 * Copies and meters code. Code inside its own block leaves it by a branch instead of `return`; branches to
 * the function's end already reach the end of the block.
 */
function writeMetered(
  writer: ByteWriter,
  reader: ByteReader,
  tick: readonly number[],
  added: Additions,
  returning: 'stays' | 'becomes a branch',
): void {
  let copied = reader.offset
  let depth = 0
  const insert = (offset: number, code: readonly number[], next = offset): void => {
    writer.put(reader.bytes.subarray(copied, offset))
    writer.put(code)
    copied = next
  }
  while (!reader.done) {
    const start = reader.offset
    const instruction = skipInstruction(reader)
    depth += nesting(instruction)
    if (instruction === opcode.loop) insert(reader.offset, tick)
    else if (instruction === opcode.memoryGrow)
      insert(start, [opcode.call, ...leb(added.grow)], reader.offset)
    else if (instruction === opcode.return && returning === 'becomes a branch')
      insert(start, [opcode.br, ...leb(depth)], reader.offset)
    else if (bulkCost(instruction, start) === 'by length') insert(start, [opcode.call, ...leb(added.charge)])
  }
  assert(depth === -1, 'the code of a function ends with its outermost block')
  insert(reader.end, [])
}

const nesting = (instruction: number): number =>
  instruction === opcode.block || instruction === opcode.loop || instruction === opcode.if
    ? 1
    : instruction === opcode.end
      ? -1
      : 0

/** The type of a block with the function's result. */
function blockType(signature: string): number {
  const results = signature.slice(signature.indexOf(':') + 1)
  if (results.length === 0) return emptyBlock
  const type = results.length === 1 ? typeOfLetter[results] : undefined
  if (type === undefined)
    refuse('engine/not-wasm', `a recursive function returns "${results}", which cannot be metered`)
  return type
}

/** Skips the declarations of locals and returns how many they declare. */
function skipLocals(reader: ByteReader): number {
  let count = 0
  for (let groups = reader.u32(); groups > 0; groups -= 1) {
    count += reader.u32()
    skipValueType(reader)
  }
  return count
}

/**
 * Which bulk instructions are charged by the length on top of the stack; those that no snapshot could capture
 * are refused (Mtr5).
 */
function bulkCost(instruction: number, offset: number): 'none' | 'by length' {
  if (instruction === opcode.tableSet)
    refuseModule('a table that changes, which no snapshot can hold,', offset)
  if (instruction >> 8 !== opcode.bulk) return 'none'
  const number = instruction & 0xff
  if (bulkOnMemory.has(number)) return 'by length'
  if (bulkOnHiddenState.has(number))
    refuseModule('a change of tables or segments, which no snapshot can hold,', offset)
  return 'none'
}
