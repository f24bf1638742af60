/** The sections of `docs/errors.md` for the codes of the host API: one for each prefix, in this order. */
import type { Code } from '../../src/protocol/codes.ts'

type PrefixOf<Text extends string> = Text extends `${infer Prefix}/${string}` ? Prefix : never
export type Prefix = PrefixOf<Code>

export const prefixes = {
  store: 'The file of the store: where it is, who may use it, and whether it is intact.',
  bundle: 'Bundles: creating them from sources, installing them, and finding them by name.',
  vat: 'Vats, by their names.',
  config: 'The configuration with which a store is created. See [configuration](configuration.md).',
  api: 'Calls of the host API. See [the command line](cli.md) for the same operations as commands.',
  cli: 'The command line.',
  app: 'New apps. See [`heirloom create-app`](cli.md#heirloom-create-app-folder).',
  value: 'Values that are sent to vats or stored by them.',
  key: 'Keys of [collections](collections.md), and the files of signing keys. See [nodes](node.md#keys).',
  kind: 'Durable and virtual kinds. See [kinds](kinds.md).',
  storage: 'The amount of data that a vat stores.',
  object: 'Objects that the host refers to.',
  result: 'Results of messages that the host sent.',
  port: 'Ports between vats and the host. See [ports](ports.md).',
  time: 'The time of the timer service.',
  upgrade: 'Checks before an upgrade. See [upgrade checks](upgrade-check.md).',
  prepare: 'Replays that are prepared in the background. See [upgrade](upgrade.md).',
  salvage: 'Salvage of data from the heap of a vat. See [upgrade](upgrade.md).',
  function: 'Replaceable functions. See [upgrade](upgrade.md).',
  patch: 'Patches. See [upgrade](upgrade.md).',
  worker: 'Worker versions.',
  engine: 'Engines, the WebAssembly modules that run vats.',
  export: 'Exports of a store (see [the format](wires/export.md)), and named exports of a vat.',
  trace: 'The trace file.',
  testing: 'Tests of vats. See [testing](testing.md).',
  release: 'The installed package.',
  machine: 'The thread that holds the store and the kernel.',
  inputs: 'Recorded inputs of blocks, and replays of them. See [replay](replay.md).',
  kernel: 'The kernel.',
  plan: 'Upgrade plans. See [plans](plans.md).',
  node: 'Nodes: their genesis, blocks, queries, and upgrades at a height. See [nodes](node.md).',
  client: 'Clients of a node. See [the client](client.md).',
  http: 'Requests to the HTTP API of a node. See [the HTTP API](http.md).',
} as const satisfies Readonly<Record<Prefix, string>>
