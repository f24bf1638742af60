/** `heirloom node start`: runs a node until a signal. */
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isRecord } from '../../../base/guards.ts'
import { openNode, type HostUpgrades } from '../../../node/index.ts'
import { refuse } from '../../../protocol/codes.ts'
import { refuseUsage, type ParsedArgs } from '../../args/arguments.ts'
import type { Io } from '../../output/io.ts'
import { formatCount } from '../../output/text/counts.ts'
import { collectorOf, collectorOption } from '../../session/node/collector.ts'
import { homeOf, homeOption } from '../../session/node/nodeOptions.ts'
import { runNode, stateText } from '../../session/node/nodeProgram.ts'
import type { SpanExport } from '../../session/node/spanExport.ts'
import { runningOptionsOf } from '../../session/storeOptions.ts'
import type { Verb } from '../../session/verb.ts'

export const nodeStart: Verb = {
  name: 'node start',
  summary: 'runs a node: makes blocks, and serves clients',
  details: [
    'Says on standard error where it listens, and when it fails, halts or goes on. At SIGINT or SIGTERM it finishes the',
    'block under way and ends with exit code 0; a second signal ends it at once, which loses nothing that was committed.',
    'When an upgrade of the host is due that this release does not have, it makes no more blocks and goes on to answer;',
    'with --exit-on-halt it ends with exit code 5 instead. The upgrades of a release are the default export of the',
    'module that --upgrades names. With --otlp it sends a span of each block to a collector of OpenTelemetry.',
  ].join('\n'),
  operands: [],
  rest: 'none',
  options: {
    ...homeOption,
    host: { kind: 'text', placeholder: 'ADDRESS', description: 'where to listen (default: as in config.json)' },
    port: { kind: 'text', placeholder: 'N', description: 'the port; 0: any that is free (default: as in config.json)' },
    upgrades: { kind: 'text', placeholder: 'FILE', description: 'a module with the upgrades of the host' },
    'skip-upgrade': {
      kind: 'texts',
      placeholder: 'NAME@HEIGHT',
      description: 'an upgrade that is not done, on any node of the chain; repeatable',
    },
    'exit-on-halt': { kind: 'flag', description: 'end when an upgrade is due that this release does not have' },
    ...collectorOption,
    verbose: { kind: 'flag', description: 'print a line for each block, on standard error' },
  },
  common: 'node',
  examples: [
    'heirloom node start',
    'heirloom node start --home /srv/node --exit-on-halt --verbose',
    'heirloom node start --otlp http://127.0.0.1:4318',
  ],
  async run(args, io) {
    const home = homeOf(args, io)
    const skip = args.texts('skip-upgrade').map(skipOf)
    const upgrades = await upgradesOf(args.text('upgrades'))
    const port = portOf(args)
    const collector = collectorOf(args, io)
    const spans = collector === undefined ? undefined : await spanExportTo(collector, io)
    const node = await openNode(home.directory, { skip, upgrades, store: runningOptionsOf(args, io) })
    const { listen } = node.config
    const end = await runNode(
      node,
      {
        listen: { host: args.text('host') ?? listen.host, port: port ?? listen.port },
        onHalt: args.flag('exit-on-halt') ? 'end' : 'stay',
        blocks: args.flag('verbose') ? 'shown' : 'hidden',
        telemetry: spans ?? 'registered',
      },
      io,
    ).finally(() => spans?.close())
    const { ended, height, appHash, state } = end
    return {
      kind: ended === 'halted' ? 'halted' : 'done',
      json: { ended, height, appHash, state: { ...state } },
      text: `the node is at height ${formatCount(height)}${state.kind === 'running' ? '' : `; it was ${stateText(state)}`}`,
    }
  },
}

/** Says when spans begin to be lost, and when they arrive again. */
async function spanExportTo(url: string, io: Io): Promise<SpanExport> {
  const { openSpanExport } = await import('../../session/node/spanExport.ts')
  const { host } = new URL(url)
  const onChange = (failure: string | null): void =>
    io.err(
      failure === null
        ? `heirloom: spans arrive at ${host} again\n`
        : `heirloom: spans are lost, and blocks go on: ${host}: ${failure}\n`,
    )
  return openSpanExport({ url, onChange })
}

function skipOf(text: string): string {
  if (!/^[A-Za-z][A-Za-z0-9._-]{0,63}@[1-9]\d{0,15}$/.test(text))
    refuseUsage(`--skip-upgrade takes NAME@HEIGHT, not ${JSON.stringify(text)}`)
  return text
}

function portOf(args: ParsedArgs): number | undefined {
  const text = args.text('port')
  if (text === undefined) return undefined
  return /^\d{1,5}$/.test(text) && Number(text) <= 65_535
    ? Number(text)
    : refuseUsage(`--port takes a number from 0 to 65535, not ${JSON.stringify(text)}`)
}

/** The upgrades of the operator's release. */
async function upgradesOf(file: string | undefined): Promise<HostUpgrades> {
  if (file === undefined) return {}
  const bad = (why: string): never => refuse('node/bad-upgrades', `${file}: ${why}`, { file })
  const module = (await import(pathToFileURL(resolve(file)).href).catch((error: unknown) =>
    bad(error instanceof Error ? error.message : String(error)),
  )) as { readonly default?: unknown }
  const upgrades = module.default
  if (!isRecord(upgrades)) return bad('the default export is not a record of upgrades')
  for (const [name, upgrade] of Object.entries(upgrades))
    if (!isRecord(upgrade) || typeof upgrade['about'] !== 'string') bad(`${name} is not { about, migrate?, plan? }`)
  return upgrades as HostUpgrades
}
