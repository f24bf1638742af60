/**
 * The code that the meter adds to a module: what each metered place executes, and the four functions behind
 * it.
 *
 * `meter.ts` decides where this code goes, and states what it achieves (Mtr1 to Mtr6).
 */
import type { Facts } from './module.ts'
import { opcode, emptyBlock } from './opcodes.ts'
import { leb, signedLeb } from './binary.ts'
import { trapCause } from './surface.ts'

/** Memory copied or filled per computron, as a shift: 64 bytes. */
const bulkShift = 6

/** Computrons per page of 64 KiB of memory growth, as a shift: 4,096. */
const growthShift = 12

/** Indices of the meter's additions: all after those of the module (Mtr6). */
export interface Additions {
  readonly gas: number
  readonly heapLimit: number
  readonly cause: number
  readonly stack: number
  /** The signature `[] → []`. */
  readonly stopType: number
  /** The signature `[i32] → [i32]`. */
  readonly checkType: number
  /** Functions: record that computrons or the stack ran out, and trap. */
  readonly stop: number
  readonly overflow: number
  /** Function: takes the charge for a length in bytes, and returns the length. */
  readonly charge: number
  /** Function: `memory.grow` under the limit. */
  readonly grow: number
}

export function placeAdditions(facts: Facts): Additions {
  const global = facts.globals.length
  const type = facts.signatures.length
  const index = facts.imports.length + facts.functions.length
  return {
    gas: global, heapLimit: global + 1, cause: global + 2, stack: global + 3,
    stopType: type, checkType: type + 1,
    stop: index, overflow: index + 1, charge: index + 2, grow: index + 3,
  }
}

/**
 * Takes one computron (Mtr1). The global is read twice: a local in between was measured, and is not faster.
 */
export const tickCode = (added: Additions): number[] => takeCost(added, [opcode.i64Const, 1])

/** Takes the 64-bit `cost` on the stack. */
function takeCost(added: Additions, cost: readonly number[]): number[] {
  const gas = leb(added.gas)
  return [
    opcode.globalGet, ...gas, ...cost, opcode.i64Sub, opcode.globalSet, ...gas, ...stopWhenNegative(added),
  ]
}

function stopWhenNegative({ gas, stop }: Additions): number[] {
  return [
    opcode.globalGet, ...leb(gas), opcode.i64Const, 0, opcode.i64LtS,
    opcode.if, emptyBlock, opcode.call, ...leb(stop), opcode.unreachable, opcode.end,
  ]
}

const noLocals = 0

export function stopBody({ cause }: Additions): number[] {
  return [noLocals, ...trapWith(cause, trapCause.computrons), opcode.end]
}

export function overflowBody({ cause }: Additions): number[] {
  return [noLocals, ...trapWith(cause, trapCause.stack), opcode.end]
}

/** Takes a function's share of the stack (Mtr4). */
export function takeStack({ stack, overflow }: Additions, share: number): number[] {
  return [
    opcode.globalGet, ...leb(stack), opcode.i32Const, ...signedLeb(share), opcode.i32Sub,
    opcode.globalSet, ...leb(stack),
    opcode.globalGet, ...leb(stack), opcode.i32Const, 0, opcode.i32LtS,
    opcode.if, emptyBlock, opcode.call, ...leb(overflow), opcode.unreachable, opcode.end,
  ]
}

export function returnStack({ stack }: Additions, share: number): number[] {
  return [
    opcode.globalGet, ...leb(stack), opcode.i32Const, ...signedLeb(share), opcode.i32Add,
    opcode.globalSet, ...leb(stack),
  ]
}

function trapWith(cause: number, value: number): number[] {
  return [opcode.i32Const, value, opcode.globalSet, ...leb(cause), opcode.unreachable]
}

/** (length) → length, for which it takes Mtr2's charge. */
export function chargeBody(added: Additions): number[] {
  const length = 0
  const cost = [opcode.localGet, length, opcode.i32Const, bulkShift, opcode.i32ShrU, opcode.i64ExtendI32U]
  return [noLocals, ...takeCost(added, cost), opcode.localGet, length, opcode.end]
}

/**
 * (pages) → the size before, or a trap with its cause (Mtr3). Sums have 64 bits, so that they cannot wrap.
 */
export function growBody(added: Additions): number[] {
  const { heapLimit, cause } = added
  const pages = 0
  const minusOne = 0x7f
  const cost = [opcode.localGet, pages, opcode.i64ExtendI32U, opcode.i64Const, growthShift, opcode.i64Shl]
  return [
    noLocals,
    opcode.memorySize, 0, opcode.i64ExtendI32U, opcode.localGet, pages, opcode.i64ExtendI32U, opcode.i64Add,
    opcode.globalGet, ...leb(heapLimit), opcode.i64ExtendI32U, opcode.i64GtU,
    opcode.if, emptyBlock, ...trapWith(cause, trapCause.heap), opcode.end,
    ...takeCost(added, cost),
    opcode.localGet, pages, opcode.memoryGrow, 0,
    opcode.localTee, pages, opcode.i32Const, minusOne, opcode.i32Eq,
    opcode.if, emptyBlock, ...trapWith(cause, trapCause.hostMemory), opcode.end,
    opcode.localGet, pages, opcode.end,
  ]
}
