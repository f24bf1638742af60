/**
 * A store that is open for one command.
 *
 * Se1. However the command ends, the store is closed first.
 * Se2. A command's work is one block, or none: nothing is committed before all of it is done. Only `run`
 *      commits in between.
 * Se3. Every failure reports the block that was committed before.
 */
import { closeSync } from 'node:fs'
import { CodedError } from '../../base/errors.ts'
import { openController, Remote, type Controller, type OpenOptions } from '../../host/index.ts'
import type { Code } from '../../protocol/codes.ts'
import { isObjectKref } from '../../base/ids.ts'
import type { Draft } from '../values/valueTemplate.ts'
import type { Io } from '../output/io.ts'
import type { Json } from '../values/jsonForm.ts'
import { AfterCommit } from '../output/problem.ts'
import type { Report } from '../output/report.ts'
import { consoleOf } from '../output/vatConsole.ts'
import { fileToAppend, type Words } from '../args/arguments.ts'

export const storeDirectory = (words: Words, { env }: Io): string =>
  words.text('store') ?? (env['HEIRLOOM_STORE'] || './heirloom-store')

type Opening = Pick<OpenOptions, 'make' | 'verify' | 'config'>

export async function withController<Value>(
  words: Words,
  io: Io,
  opening: Opening,
  work: (controller: Controller) => Promise<Value>,
): Promise<Value> {
  return closing(await openController(optionsOf(words, io, opening)), work)
}

/**
 * Likewise for a command that commits nothing: a store that another process has open, or that this user may
 * read but not write, is opened for reading, and `work` receives the reason why it was not opened for
 * writing.
 */
export async function withReader(
  words: Words,
  io: Io,
  opening: Opening,
  work: (controller: Controller, unwritable?: CodedError) => Promise<Report>,
): Promise<Report> {
  const options = optionsOf(words, io, opening)
  let reason: CodedError | undefined
  const controller = await openController(options).catch((error: unknown) => {
    if (!(error instanceof CodedError) || !unwritable.has(error.code)) throw error
    reason = error
    return openController({ ...options, access: 'read' })
  })
  return closing(controller, async () => {
    if (reason?.code !== 'store/in-use') return work(controller, reason)
    const { height } = await controller.storeStatus()
    io.err(`heirloom: another process has the store open; this is its last committed block, ${height}\n`)
    return asOf(await work(controller, reason), height)
  })
}

/** The other process may be ahead of this block. Documents that are lists cannot include it. */
function asOf(report: Report, block: number): Report {
  if (report.kind === 'refused')
    return {
      kind: 'refused',
      problem: { ...report.problem, detail: { ...report.problem.detail, asOf: block } },
    }
  return { ...report, json: isRecord(report.json) ? { ...report.json, asOf: block } : report.json }
}

const isRecord = (json: Json): json is { readonly [key: string]: Json } =>
  typeof json === 'object' && json !== null && !Array.isArray(json)

const unwritable: ReadonlySet<string> = new Set<Code>([
  'store/in-use',
  'store/not-writable',
  'store/not-readable',
  'store/path-too-long',
])

function optionsOf(words: Words, io: Io, opening: Opening): OpenOptions {
  const traceFile = words.text('trace')
  if (traceFile !== undefined) closeSync(fileToAppend(traceFile, '--trace'))
  const onConsole = consoleOf(words, io)
  const residentBytes = words.count('resident-bytes')
  return {
    directory: storeDirectory(words, io),
    make: 'never',
    ...opening,
    trust: words.texts('trust'),
    rolledBack: words.flag('accept-rollback') ? 'accept' : 'refuse',
    ...(traceFile === undefined ? {} : { traceFile }),
    ...(onConsole === undefined ? {} : { onConsole }),
    ...(residentBytes === undefined ? {} : { residentBytes }),
  }
}

async function closing<Value>(
  controller: Controller,
  work: (controller: Controller) => Promise<Value>,
): Promise<Value> {
  try {
    return await withHeight(controller, work)
  } finally {
    // A machine that ended has closed its store; the reason of its end is reported.
    await controller.shutdown().catch(() => {})
  }
}

/** Se3. */
async function withHeight<Value>(
  controller: Controller,
  work: (controller: Controller) => Promise<Value>,
): Promise<Value> {
  const before = await controller.storeStatus()
  try {
    return await work(controller)
  } catch (error) {
    const after = await controller.storeStatus().catch(() => before)
    throw after.height > before.height ? new AfterCommit(error, after.height) : error
  }
}

/**
 * Resolves the root of a vat, by name or id; else a service of the kernel, a port, or any object by its name
 * in the kernel. With or without `@`.
 */
export async function objectNamed(controller: Controller, word: string): Promise<Remote> {
  const name = word.startsWith('@') ? word.slice(1) : word
  try {
    return await controller.root(name)
  } catch (error) {
    if (!(error instanceof CodedError) || error.code !== 'vat/unknown') throw error
    if (isObjectKref(name)) return new Remote(name)
    if (isService(name)) return services[name](controller)
    if ((await portsOf(controller)).includes(name)) return controller.port(name).remote()
    throw error
  }
}

/** Their holders use them like any other object. */
const services = {
  timer: (controller) => controller.timer(),
  vatAdmin: (controller) => controller.vatAdmin(),
  criticalVatKey: (controller) => controller.criticalVatKey(),
} as const satisfies Readonly<Record<string, (controller: Controller) => Promise<Remote>>>

const isService = (name: string): name is keyof typeof services => Object.hasOwn(services, name)

/** A kernel from before ports has none. */
const portsOf = async (controller: Controller): Promise<readonly string[]> =>
  controller.ports().catch((error: unknown) => {
    if (error instanceof CodedError && error.code === 'kernel/too-old') return []
    throw error
  })

/** The value of a draft, with its names resolved. */
export async function valueOf(controller: Controller, draft: Draft): Promise<unknown> {
  const objects = new Map<string, Remote>()
  for (const name of draft.names) objects.set(name, await objectNamed(controller, name))
  return draft.value((name) => objects.get(name))
}
