/** The entry of the node package: `import { Application } from 'heirloom/node'`. */
export { Application } from './application/application.ts'
export type { ApplicationOptions } from './application/application.ts'
export type { BlockWatch, Progress, RunWork } from './application/blockInWork.ts'
export { Sequencer } from './sequencer/sequencer.ts'
export type { BlockTimeline, TimelineEntry } from './sequencer/timeline.ts'
export type {
  BlockUnderWay,
  CommitListener,
  Inclusion,
  SequencerOptions,
  SequencerState,
} from './sequencer/sequencer.ts'
export type { BlockStore, EventRange, StoredEvent, StoredTransaction } from './sequencer/blockStore.ts'
export type { Admission, MempoolLimits } from './sequencer/mempool.ts'
export { readGenesis } from './application/genesis.ts'
export { parameterOf, setParameter } from './modules/parameters/parameters.ts'
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
export { FieldFlaw, readVoteMessages } from './transactions/fields.ts'
export type { Message, MessageKind, MessageOf, VoteMessage } from '../protocol/node/messages.ts'
export { messageTable } from '../protocol/node/messages.ts'
export { resultCodes } from '../protocol/node/resultCodes.ts'
export type { ResultCode } from '../protocol/node/resultCodes.ts'
export { parameterTable } from '../protocol/node/parameters.ts'
export type { ParameterName } from '../protocol/node/parameters.ts'
export { NodeHome } from './program/nodeHome.ts'
export { initNode } from './program/initNode.ts'
export type { InitOptions, InitReport } from './program/initNode.ts'
export { openNode } from './program/openNode.ts'
export type { OpenNode, OpenNodeOptions } from './program/openNode.ts'
export { exportNode, importNode } from './program/transferNode.ts'
export type { ImportedNode } from './program/transferNode.ts'
export type { NodeConfig } from './program/nodeConfig.ts'
export type { ChainOptions } from './program/makeGenesis.ts'
export { hasKey, listKeys, readKey, viewKey, writeKey } from './keys/keyFile.ts'
export type { KeyView, StoredKey } from './keys/keyFile.ts'
export type { ProposalChecks } from './checking/proposalChecks.ts'
export type { ProposalCheck } from '../protocol/node/proposalCheck.ts'
export { openPorts } from './application/ports.ts'
export { owedCount } from './modules/ledger/debts.ts'
