/** Options of verbs that work with a node. */
import type { Options } from '../../args/commandSpec.ts'
import type { ParsedArgs } from '../../args/arguments.ts'
import type { Io } from '../../output/io.ts'
import { NodeHome } from '../../../node/index.ts'

export const homeOption = {
  home: {
    kind: 'text',
    placeholder: 'DIR',
    description: 'the directory of the node, with its keys (else HEIRLOOM_HOME, else ./heirloom-node)',
  },
} as const satisfies Options

export const urlOption = {
  node: {
    kind: 'text',
    placeholder: 'URL',
    description: 'where the node listens (else HEIRLOOM_NODE, else http://127.0.0.1:26680)',
  },
} as const satisfies Options

/** Of verbs that send a transaction. */
export const sendingOptions = {
  key: { kind: 'text', placeholder: 'NAME', description: 'the key that signs (default: the only one)' },
  sender: {
    kind: 'text',
    placeholder: 'ADDRESS',
    description: 'the account, if its key was replaced (default: the one that the key founds)',
  },
  fee: { kind: 'text', placeholder: 'N', description: 'the most that is paid (default: what it costs now)' },
  lifetime: { kind: 'text', placeholder: 'N', description: 'blocks after which it expires (default: 100)' },
  timeout: { kind: 'text', placeholder: 'SECONDS', description: 'how long to wait for its block (default: 120)' },
  ...urlOption,
  ...homeOption,
} as const satisfies Options

export const homeOf = (args: ParsedArgs, { env }: Io): NodeHome =>
  new NodeHome(args.text('home') ?? (env['HEIRLOOM_HOME'] || './heirloom-node'))

export const urlOf = (args: ParsedArgs, { env }: Io): string =>
  args.text('node') ?? (env['HEIRLOOM_NODE'] || 'http://127.0.0.1:26680')
