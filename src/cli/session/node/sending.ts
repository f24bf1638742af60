/** Sends a message to a node, waits for its block, and reports what became of it. */
import { hashOfTransaction, NodeClient, NodeError, type AccountMessage, type Key } from '../../../client/index.ts'
import { omitUndefined } from '../../args/omitUndefined.ts'
import { refuseUsage, type ParsedArgs } from '../../args/arguments.ts'
import type { Io } from '../../output/io.ts'
import { outcomeReport, type Outcome } from '../../output/node/outcome.ts'
import type { Report } from '../../output/report.ts'
import { signingKey } from './keyring.ts'
import { homeOf, urlOf } from './nodeOptions.ts'

/** What a command needs to send messages. */
export interface Sending {
  readonly client: NodeClient
  readonly key: Key
  readonly options: { readonly fee?: string; readonly lifetime?: number; readonly sender?: string }
  readonly signal: AbortSignal
}

const defaultTimeout = 120

/** By the options of the command. */
export async function sendingOf(args: ParsedArgs, io: Io): Promise<Sending> {
  const fee = args.text('fee')?.replace(/(?<=\d)_(?=\d)/g, '')
  if (fee !== undefined && !/^(?:0|[1-9]\d{0,38})$/.test(fee))
    refuseUsage(`--fee takes an amount in decimal digits, not ${JSON.stringify(args.text('fee'))}`)
  const options = omitUndefined({ fee, lifetime: args.count('lifetime'), sender: args.text('sender') })
  const signal = AbortSignal.timeout((args.count('timeout') ?? defaultTimeout) * 1_000)
  const client = new NodeClient(urlOf(args, io))
  return { client, key: await signingKey(homeOf(args, io).keys, args.text('key'), io), options, signal }
}

/**
 * Submits a message and waits for its block.
 * @throws NodeError `client/timeout`, `client/unreachable`
 */
export async function submit(
  { client, key, options, signal }: Sending,
  message: AccountMessage,
): Promise<Outcome> {
  const signing = client.sign(key, message, { ...options, signal })
  const bytes = await withinTime(signal, signing, 'client/unreachable', `no answer from ${client.url} in time`)
  const hash = hashOfTransaction(bytes)
  const waiting = client.submitAndWait(bytes, { signal })
  const late = `${hash} is in no block yet`
  return { ...(await withinTime(signal, waiting, 'client/timeout', late, { hash })), hash }
}

/** @throws NodeError with the code and the message when the time is over */
export async function withinTime<Value>(
  signal: AbortSignal,
  work: Promise<Value>,
  code: 'client/timeout' | 'client/unreachable',
  message: string,
  detail: { readonly [key: string]: string } = {},
): Promise<Value> {
  try {
    return await work
  } catch (error) {
    throw error === signal.reason ? new NodeError(code, message, null, detail) : error
  }
}

/** The whole of a command that sends one message. */
export async function sendMessage(args: ParsedArgs, io: Io, message: AccountMessage): Promise<Report> {
  const sending = await sendingOf(args, io)
  const outcome = await submit(sending, message)
  if (message.kind !== 'kernel/send' || outcome.kind !== 'included' || outcome.result.code !== 'ok')
    return outcomeReport(outcome)
  return outcomeReport(outcome, await answerOf(sending, outcome.hash))
}

/** For how long a command waits for the answer of a vat, in milliseconds. */
const answerTime = 10_000

/** The answer of the vat; undefined while there is none. */
async function answerOf({ client }: Sending, hash: string) {
  const signal = AbortSignal.timeout(answerTime)
  try {
    return await client.answer(hash, { signal })
  } catch (error) {
    if (signal.aborted || error instanceof NodeError) return undefined
    throw error
  }
}
