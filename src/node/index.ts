/** The entry of the node package: `import { Application } from 'heirloom/node'`. */
export { Application } from './application/application.ts'
export type { ApplicationOptions } from './application/application.ts'
export type { Progress } from './application/blockInWork.ts'
export { Sequencer } from './sequencer/sequencer.ts'
export type { BlockUnderWay, Inclusion, SequencerOptions, SequencerState } from './sequencer/sequencer.ts'
export type { BlockStore, EventRange, StoredEvent, StoredTransaction } from './sequencer/blockStore.ts'
export type { Admission, MempoolLimits } from './sequencer/mempool.ts'
export { readGenesis } from './application/genesis.ts'
export type { HostUpgrade, HostUpgrades } from './application/upgrading.ts'
export type { Context } from './modules/module.ts'
export type {
  Block,
  BlockResult,
  CheckResult,
  NodeEvent,
  NodeInfo,
  TransactionResult,
} from '../protocol/node/views.ts'
export type { Genesis } from '../protocol/node/genesis.ts'
export type { Message, MessageKind, MessageOf } from '../protocol/node/messages.ts'
export { messageTable } from '../protocol/node/messages.ts'
export { resultCodes } from '../protocol/node/resultCodes.ts'
export type { ResultCode } from '../protocol/node/resultCodes.ts'
export { parameterTable } from '../protocol/node/parameters.ts'
export type { ParameterName } from '../protocol/node/parameters.ts'
export { openPorts } from './application/ports.ts'
export { owedCount } from './modules/ledger/debts.ts'
