/** The parameters of a node, which votes change: each with its default and its bounds. */

/** A whole number with bounds, as all parameters are; `unit` is for people. */
export interface ParameterSpec {
  readonly about: string
  readonly unit: string
  readonly default: number
  readonly least: number
  readonly most: number
}

const most = Number.MAX_SAFE_INTEGER

/** Every parameter. */
export const parameterTable = {
  'block.bytes': {
    about: 'bytes of transactions in a block',
    unit: 'bytes',
    default: 4_000_000,
    least: 1_000_000,
    most: 20_000_000,
  },
  'block.transactions': {
    about: 'transactions in a block',
    unit: 'transactions',
    default: 5_000,
    least: 1,
    most: 100_000,
  },
  'block.ahead': {
    about: 'how far the time of a block may be ahead of that of the block before',
    unit: 'milliseconds',
    default: 86_400_000,
    least: 1_000,
    most,
  },
  'block.kept': {
    about: 'heights for which results of kernel messages are kept',
    unit: 'blocks',
    default: 1_000,
    least: 1,
    most: 1_000_000,
  },
  'fees.byte': { about: 'fee for a byte of a transaction', unit: 'units', default: 0, least: 0, most: 1_000_000_000 },
  'fees.host': { about: 'fee for a message to the host', unit: 'units', default: 1, least: 0, most: 1_000_000_000_000 },
  'fees.kernel': { about: 'fee for a message to a vat', unit: 'units', default: 10, least: 0, most: 1_000_000_000_000 },
  'fees.upload': { about: 'fee for a chunk of code', unit: 'units', default: 100, least: 0, most: 1_000_000_000_000 },
  'governance.period': {
    about: 'how long a vote is open',
    unit: 'blocks',
    default: 1_000,
    least: 1,
    most: 10_000_000,
  },
  'governance.open': { about: 'proposals that may be open at once', unit: 'proposals', default: 100, least: 1, most: 10_000 },
  'governance.deposit': {
    about: 'deposit of a proposal, which its proposer pays in until it is decided',
    unit: 'units',
    default: 0,
    least: 0,
    most,
  },
  'governance.forfeit-no-quorum': {
    about: 'whether a proposal without quorum forfeits its deposit, as a vetoed one does: 1 or 0',
    unit: 'yes or no',
    default: 0,
    least: 0,
    most: 1,
  },
  'governance.quorum': {
    about: 'part of the weight that must vote',
    unit: 'thousandths',
    default: 334,
    least: 1,
    most: 1_000,
  },
  'governance.threshold': {
    about: 'part of yes among yes, no and veto that is needed',
    unit: 'thousandths',
    default: 501,
    least: 501,
    most: 1_000,
  },
  'governance.veto': {
    about: 'part of veto among all votes that refuses a proposal',
    unit: 'thousandths',
    default: 334,
    least: 1,
    most: 1_000,
  },
  'kernel.computrons': {
    about: 'computrons of work of vats in a block; what is left goes on in the next',
    unit: 'computrons',
    default: 2_000_000_000,
    least: 1_000_000,
    most,
  },
  'kernel.step-cranks': {
    about: 'cranks of a step of an upgrade plan in one block of the store',
    unit: 'cranks',
    default: 10_000,
    least: 100,
    most: 10_000_000,
  },
  'kernel.handed': { about: 'items handed to the kernel in a block', unit: 'items', default: 2_000, least: 1, most: 9_000 },
  'kernel.backlog': {
    about: 'messages to vats that may wait; beyond it, new ones are refused',
    unit: 'messages',
    default: 10_000,
    least: 1,
    most: 1_000_000,
  },
  'kernel.queue': {
    about: 'length of the run-queue at which no more messages of accounts are handed to the kernel',
    unit: 'items',
    default: 2_000,
    least: 1,
    most: 1_000_000,
  },
  'transactions.lifetime': {
    about: 'how far ahead a transaction may expire',
    unit: 'blocks',
    default: 1_000,
    least: 1,
    most: 100_000,
  },
  'publishing.kept': { about: 'versions of published data that are kept', unit: 'versions', default: 100, least: 1, most: 100_000 },
  'uploads.bytes': { about: 'bytes of an upload', unit: 'bytes', default: 10_000_000, least: 1_000, most: 40_000_000 },
  'uploads.open': { about: 'uploads that may be open at once: of each member, and of all other accounts together', unit: 'uploads', default: 20, least: 1, most: 1_000 },
  'uploads.lifetime': { about: 'how long an upload may take', unit: 'blocks', default: 1_000, least: 1, most: 1_000_000 },
} as const satisfies Readonly<Record<string, ParameterSpec>>

export type ParameterName = keyof typeof parameterTable

export const isParameterName = (name: string): name is ParameterName => Object.hasOwn(parameterTable, name)
