/**
 * Creates the contents of a new store, besides its kernel.
 *
 * Fo1. Static vats are created in configuration order and have started before the first block is committed.
 *      If one does not start, nothing is kept.
 * Fo2. `bootstrap` is the first message after that. It waits in the run-queue until the first run.
 */
import { assert } from '../../base/errors.ts'
import { memoryPageSize } from '../../protocol/limits.ts'
import type { KernelConfig } from '../../protocol/kernel/events.ts'
import { refuse } from '../../protocol/codes.ts'
import type { KernelRejection, StartRefusal } from '../../protocol/results.ts'
import type { OwnCalls, RequestCalls, WorkerCalls } from '../../protocol/machine/calls.ts'
import type { Genesis } from '../../protocol/machine/options.ts'
import type { Channels } from '../calls/portsAndTime.ts'
import { kernelNames } from '../../protocol/host/names.ts'
import type { InitialContents } from '../../protocol/machine/genesis.ts'
import { decodeValue, encodeValue, Remote } from '../../api/values.ts'

/** The calls of the machine that create the contents. */
type GenesisCalls = Pick<
  OwnCalls,
  'installBundle' | 'vat' | 'vatAdmin' | 'run' | 'readableStack'
> & {
  readonly requests: Pick<RequestCalls, 'createVat' | 'result' | 'forget'>
  readonly versions: Pick<WorkerCalls, 'installWorker'>
}

/** Initial configuration of a new store's kernel, besides its worker. */
export function kernelConfigOf(genesis: Genesis): KernelConfig {
  const {
    snapshotInterval,
    collectionInterval,
    collection,
    computronsPerDelivery,
    heapLimitBytes,
    storageLimit,
    onFault,
    maxVats,
    cleanupBudget,
  } = genesis
  const heapLimitPages = Math.floor(heapLimitBytes / memoryPageSize)
  assert(heapLimitPages >= 1, 'a checked heap limit is at least a page')
  return {
    snapshotInterval,
    collectionInterval,
    computronsPerDelivery,
    heapLimitPages,
    storageLimit,
    cleanupBudget,
    onFault,
    maxVats,
    collection,
  }
}

/** Creates the contents in order (Fo1, Fo2). */
export function createContents(
  machine: GenesisCalls,
  channels: Channels,
  { bundles, vats, ports, workers, bootstrap }: InitialContents,
): void {
  const ids = new Map(
    bundles.map(({ name, code }) => [
      name,
      machine.installBundle('vat', code.bytes, name, code.map, code.made).id,
    ]),
  )
  for (const name of ports) channels.openPort(name)
  const workerIds = new Map(
    workers.map(({ name, code }) => [name, machine.versions.installWorker(code, 'on-demand', name).id]),
  )
  for (const { name, code, parameters, options, engine } of vats) {
    const bundle =
      typeof code === 'string'
        ? ids.get(code)
        : machine.installBundle('vat', code.bytes, null, code.map, code.made).id
    const worker = engine === null ? undefined : workerIds.get(engine)
    assert(bundle !== undefined, 'the contents have the bundle of each vat')
    assert(engine === null || worker !== undefined, 'the contents have the worker of each engine')
    startVat(
      machine,
      name,
      machine.requests.createVat(
        name,
        bundle,
        parameters,
        worker === undefined ? options : { ...options, worker },
      ),
    )
  }
  if (bootstrap === null) return
  const roots = vats.map(({ name }) => [name, new Remote(machine.vat(name).root, 'Alleged: root')] as const)
  const krefs = { vatAdmin: machine.vatAdmin(), timer: channels.timer() }
  const services = kernelNames.map((name) => [name, new Remote(krefs[name], `Alleged: ${name}`)] as const)
  const opened = ports.map((name) => [name, new Remote(channels.port(name).object, 'Alleged: port')] as const)
  const vatAdminRoot = [
    'vatAdmin',
    new Remote(channels.provided('vatAdminRoot'), 'Alleged: vatAdminRoot'),
  ] as const
  const args = [
    Object.fromEntries([...roots, ...services, vatAdminRoot]),
    Object.fromEntries(services),
    { ports: Object.fromEntries(opened) },
  ]
  channels.bootstrap(machine.vat(bootstrap).root, encodeValue(['bootstrap', args]))
}

function startVat(machine: GenesisCalls, name: string, sequence: number): void {
  machine.run({
    computrons: null,
    cranks: null,
    cleanups: null,
    deliveries: null,
    vatsCreated: null,
    onCrank: 'nothing',
  })
  const result = machine.requests.result(sequence)
  if (result.kind === 'fulfilled') return machine.requests.forget(sequence)
  const reason =
    result.kind === 'rejected' ? (decodeValue(result.data) as Partial<KernelRejection>) : undefined
  const {
    code = 'start/never-settled',
    names = [],
    stack = '',
  } = (reason?.reason ?? {}) as Partial<StartRefusal>
  refuse('config/vat-refused', `vats.${name}: ${reason?.message ?? 'the vat did not start'}`, {
    path: `vats.${name}`,
    reason: code,
    names,
    stack: machine.readableStack(stack, reason?.reason?.message ?? ''),
  })
}
