/**
 * A node as a program: its blocks, its server, its signals.
 *
 * Npr1. At the first signal the block under way is finished; what it does meanwhile is said. No further block
 *       is begun, and the server closes after the block, so that its status can be asked until then.
 * Npr2. A halt for an upgrade ends the program only if that was asked for. Otherwise it goes on to answer.
 */
import { isRecord } from '../../../base/guards.ts'
import { refuse } from '../../../protocol/codes.ts'
import type { OpenNode, Sequencer, SequencerState } from '../../../node/index.ts'
import { openNodeServer, type NodeServer, type Telemetry } from '../../../server/index.ts'
import type { Io } from '../../output/io.ts'

/** How the program runs. */
export interface ProgramOptions {
  readonly listen: { readonly host: string; readonly port: number }
  readonly onHalt: 'stay' | 'end'
  readonly blocks: 'shown' | 'hidden'
  /** Where spans go; `registered`: to the SDK that the process has registered, if any. */
  readonly telemetry: Telemetry | 'registered'
}

/** Why it ended, and where the node is. */
export interface ProgramEnd {
  readonly ended: 'signal' | 'halted'
  readonly height: number
  readonly appHash: string
  /** The state of the blocks before the end. */
  readonly state: SequencerState
}

/** How often a program that waits for its block says so, in milliseconds. */
const sayingInterval = 5_000

/** Runs the node until a signal, and closes it. */
export async function runNode(node: OpenNode, options: ProgramOptions, io: Io): Promise<ProgramEnd> {
  const { sequencer, application } = node
  let server: NodeServer | undefined
  try {
    const onFault = (error: unknown): void => io.err(`heirloom: the server failed: ${textOf(error)}\n`)
    const signal = io.interceptSignals?.('finishing the block under way') ?? new AbortController().signal
    const telemetry = options.telemetry === 'registered' ? {} : { telemetry: options.telemetry }
    server = await listening(openNodeServer({ sequencer, ...options.listen, ...telemetry, onFault }), options)
    const { chain, height } = application.info
    sequencer.start()
    io.err(`heirloom: node of ${chain} at height ${height} listens at ${server.url}\n`)
    sequencer.onBlock(sayer(sequencer, options, io))
    const ended = await untilEnd(node, options, signal)
    const { state } = sequencer
    await stopBlocks(node, io)
    return { ended, height: application.info.height, appHash: application.info.appHash, state }
  } finally {
    await server?.close()
    await sequencer.close()
  }
}

/** @throws CodedError `node/cannot-listen` */
async function listening(opening: Promise<NodeServer>, { listen }: ProgramOptions): Promise<NodeServer> {
  try {
    return await opening
  } catch (error) {
    if (!isRecord(error) || error['syscall'] === undefined) throw error
    const place = `${listen.host}:${listen.port}`
    return refuse('node/cannot-listen', `${place}: ${textOf(error['code'])}`, { ...listen })
  }
}

const textOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error)

/** Resolves at a signal, or at a halt that ends the program (Npr2). */
function untilEnd(
  { sequencer }: OpenNode,
  { onHalt }: ProgramOptions,
  signal: AbortSignal,
): Promise<ProgramEnd['ended']> {
  return new Promise((resolve) => {
    const stop = sequencer.onBlock(() => {
      if (sequencer.state.kind === 'halted' && onHalt === 'end') end('halted')
    })
    const end = (why: ProgramEnd['ended']): void => {
      stop()
      resolve(why)
    }
    if (signal.aborted) end('signal')
    else signal.addEventListener('abort', () => end('signal'), { once: true })
  })
}

/** Says when the state changes, and of each block if that was asked for. */
function sayer(sequencer: Sequencer, { blocks }: ProgramOptions, io: Io): () => void {
  let [said, height] = ['running', sequencer.application.info.height]
  return () => {
    const { state, application, waiting } = sequencer
    const text = stateText(state)
    if (text !== said) io.err(`heirloom: ${text}\n`)
    said = text
    if (blocks === 'hidden' || application.info.height === height) return
    height = application.info.height
    const count = sequencer.blocks.transactionsOf(height).length
    io.err(`block ${height}: ${count} transactions, ${waiting} waiting, app hash ${application.info.appHash}\n`)
  }
}

/** The state of the blocks, for people. */
export const stateText = (state: SequencerState): string => {
  switch (state.kind) {
    case 'running':
    case 'stopped':
      return state.kind
    case 'halted':
      return `${state.code === 'node/halted' ? 'halted for upgrade' : 'halted'}: ${state.code}: ${state.message}`
    case 'failing':
      return `failing, and trying again: ${state.code}: ${state.message}`
  }
}

/** Npr1. */
async function stopBlocks({ sequencer, application }: OpenNode, io: Io): Promise<void> {
  const say = (): void => {
    const { progress } = application
    if (progress === undefined) return
    const { height, phase, operation } = progress
    io.err(`heirloom: waiting for block ${height}: ${phase}${operation === null ? '' : ` (${operation})`}\n`)
  }
  say()
  const timer = setInterval(say, sayingInterval)
  try {
    await sequencer.stop()
  } finally {
    clearInterval(timer)
  }
}
