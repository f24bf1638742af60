/** Asks a node, for a limited time. */
import { NodeClient, NodeError } from '../../../client/index.ts'
import type { ParsedArgs } from '../../args/arguments.ts'
import type { Io } from '../../output/io.ts'
import { urlOf } from './nodeOptions.ts'

/** For how long a question waits, in seconds: a node answers at once, or not at all. */
const maxSeconds = 30

/** @throws NodeError `client/unreachable` also when the time is over */
export async function askNode<Answer>(
  args: ParsedArgs,
  io: Io,
  ask: (client: NodeClient, options: { readonly signal: AbortSignal }) => Promise<Answer>,
  seconds = maxSeconds,
): Promise<Answer> {
  const [url, signal] = [urlOf(args, io), AbortSignal.timeout(seconds * 1_000)]
  try {
    return await ask(new NodeClient(url), { signal })
  } catch (error) {
    if (error !== signal.reason) throw error
    throw new NodeError('client/unreachable', `no answer from ${url} in ${seconds} seconds`, null, { url })
  }
}
