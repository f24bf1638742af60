/** Runs a scenario on a copy of an empty store and writes its trace as text for people. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundleVat, forkStore, openController, type Controller } from '../../src/host/index.ts'
import type { CapData } from '../../src/protocol/capdata.ts'
import type { Delivery, Resolution } from '../../src/protocol/worker/delivery.ts'
import type { Syscall } from '../../src/protocol/worker/syscall.ts'
import type { TraceEvent } from '../../src/protocol/reports/trace.ts'
import { preparedStore } from '../../test/kit/sharedStores.ts'
import type { Scenario } from './scenarios.ts'

const imports = "import { E, Far, defineKind } from 'heirloom/vat'\nvoid [E, Far, defineKind]\n"

/** The text that belongs into `golden/transcripts/`. */
export async function recordScenario(scenario: Scenario): Promise<string> {
  const workplace = mkdtempSync(join(import.meta.dirname, '..', '..', 'build', 'golden-'))
  const traceFile = join(workplace, 'trace')
  const directory = join(workplace, 'store')
  forkStore(await preparedStore(), directory)
  const controller = await openController({ directory, make: 'never', traceFile })
  try {
    const names = await makeVats(controller, scenario, workplace)
    await controller.commit()
    const begun = readFileSync(traceFile, 'utf8').length
    const answers = await runSteps(controller, scenario, workplace)
    await controller.commit()
    const events = readFileSync(traceFile, 'utf8')
      .slice(begun)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as TraceEvent)
    return [
      `# ${scenario.about}`,
      '',
      ...events.flatMap((event) => describe(event, names)),
      '',
      ...answers,
      '',
    ].join('\n')
  } finally {
    await controller.shutdown()
    rmSync(workplace, { recursive: true, force: true })
  }
}

async function makeVats(
  controller: Controller,
  { vats }: Scenario,
  workplace: string,
): Promise<Map<string, string>> {
  const names = new Map<string, string>()
  for (const [name, source] of Object.entries(vats)) {
    await installSource(controller, name, source, workplace)
    await controller.createVat(name, name)
    await controller.run()
    names.set((await controller.vat(name)).vat, name)
  }
  return names
}

async function installSource(
  controller: Controller,
  label: string,
  source: string,
  workplace: string,
): Promise<void> {
  const file = join(workplace, `${label}.js`)
  writeFileSync(file, imports + source)
  await controller.installBundle(await bundleVat(file), label)
}

async function runSteps(controller: Controller, { steps }: Scenario, workplace: string): Promise<string[]> {
  const asked = []
  for (const step of steps) {
    if ('upgrade' in step) {
      await installSource(controller, `${step.upgrade} next`, step.source, workplace)
      asked.push({
        text: `host: upgrade ${step.upgrade}`,
        result: await controller.upgradeVat(step.upgrade, `${step.upgrade} next`),
      })
      await controller.run()
      continue
    }
    const [target, method, ...args] = step
    const values = await Promise.all(
      args.map((arg) =>
        typeof arg === 'string' && arg.startsWith('@') ? controller.root(arg.slice(1)) : arg,
      ),
    )
    asked.push({ text: `host: ${target}.${method}`, result: await controller.send(target, method, values) })
    await controller.run()
  }
  const answers: string[] = []
  for (const { text, result } of asked) {
    const status = await controller.status(result)
    answers.push(`${text} ${status.kind}${status.kind === 'fulfilled' ? ` ${show(status.value)}` : ''}`)
  }
  return answers
}

/** Without computrons, which change with every supervisor. */
const show = (value: unknown): string =>
  JSON.stringify(value, (key, inner: unknown) =>
    key === 'computrons' ? undefined : typeof inner === 'bigint' ? `${inner}n` : inner,
  ) ?? 'undefined'

const data = ({ body, slots }: CapData): string =>
  slots.length === 0 ? body : `${body} (${slots.join(' ')})`
const settled = ({ promise, outcome, data: value }: Resolution): string =>
  `${promise} ${outcome} ${data(value)}`

function describe(event: TraceEvent, names: ReadonlyMap<string, string>): string[] {
  if (event.kind === 'delivery')
    return [`${names.get(event.vat) ?? event.vat} ← ${describeDelivery(event.delivery)}`]
  if (event.kind === 'syscall') return [`    ${describeSyscall(event.syscall)}`]
  return []
}

function describeDelivery(delivery: Delivery): string {
  switch (delivery.kind) {
    case 'message':
      return `${delivery.target} ${data(delivery.methargs)}${delivery.result === null ? '' : ` → ${delivery.result}`}`
    case 'notify':
      return `notify ${delivery.resolutions.map(settled).join('; ')}`
    default:
      return delivery.kind
  }
}

/** Each entry on a line of its own, and the lines of a value in one. */
const written = (entries: readonly (string | null)[]): string[] =>
  entries.flatMap((key, at) =>
    at % 2 === 0 ? [`${key} ${entries[at + 1]?.replaceAll('\n', ' ⏎ ') ?? '(deleted)'}`] : [],
  )

function describeSyscall(syscall: Syscall): string {
  switch (syscall.kind) {
    case 'send':
      return `send ${syscall.target} ${data(syscall.methargs)}${syscall.result === null ? '' : ` → ${syscall.result}`}`
    case 'resolve':
      return `resolve ${syscall.resolutions.map(settled).join('; ')}`
    case 'subscribe':
      return `subscribe ${syscall.promise}`
    case 'vatstoreGet':
    case 'vatstoreDelete':
      return `${syscall.kind} ${syscall.key}`
    case 'vatstoreGetSeveral':
      return `${syscall.kind} ${syscall.keys.join(' ')}`
    case 'vatstoreWrite':
      return ['vatstoreWrite', ...written(syscall.entries)].join('\n      ')
    case 'vatstoreSet':
      return `vatstoreSet ${syscall.key} ${syscall.value}`
    default:
      return JSON.stringify(syscall)
  }
}
