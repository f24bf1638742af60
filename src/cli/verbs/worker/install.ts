/** `heirloom worker install`: builds a worker version of an engine and a supervisor, and installs it. */
import { assert } from '../../../base/errors.ts'
import { isBundleId, type BundleId } from '../../../base/ids.ts'
import { engineNames, type InstallWorkerOptions } from '../../../host/index.ts'
import { refuseUsage, type ParsedArgs } from '../../args/arguments.ts'
import { omitUndefined } from '../../args/omitUndefined.ts'
import { Progress } from '../../output/progress.ts'
import { columns, indent } from '../../output/text/columns.ts'
import { engineNamer, type NamedWorker } from '../../output/workers/workers.ts'
import { withController } from '../../session/session.ts'
import type { Verb } from '../../session/verb.ts'
import { readEngine, readSupervisor } from '../../session/workerFiles.ts'

const uses = ['default', 'on-demand'] as const

export const workerInstall: Verb = {
  name: 'worker install',
  summary: 'installs a worker version: an engine with a supervisor',
  details: [
    'The engine is checked and gets its meter, and the heap from which vats start is built; only then is the version',
    'installed, in addition to the others. No vat moves to it by that: see upgrade-worker and rollout start.',
    'Installing a version again changes its label and its use.',
    `Engines of this release: ${engineNames.join(', ')}.`,
  ].join('\n'),
  operands: [],
  rest: 'none',
  options: {
    engine: {
      kind: 'text',
      placeholder: 'ENGINE',
      description:
        'the name of an engine of this release, a .wasm file, the directory of an npm package with one .wasm file, or the id of an engine in the store',
    },
    supervisor: {
      kind: 'text',
      placeholder: 'FILE',
      description: 'a supervisor script, or the id of one in the store (default: that of this release)',
    },
    label: { kind: 'text', placeholder: 'NAME', description: 'a name for people, by which it is found' },
    use: {
      kind: 'text',
      placeholder: 'USE',
      values: uses,
      description: 'on-demand (the default), or default: new vats and next incarnations start on it',
    },
    image: {
      kind: 'text',
      placeholder: 'ID',
      description: 'the base image that other nodes have; any other is refused',
    },
    timeout: {
      kind: 'text',
      placeholder: 'SECONDS',
      description: 'how long the build may take (default: 120)',
    },
  },
  examples: [
    'heirloom worker install --engine quickjs-wasi-3.7.0 --label newer',
    'heirloom worker install --engine node_modules/quickjs-wasi --label next --timeout 60',
    'heirloom worker install --engine engine.wasm --supervisor supervisor.js --use default',
  ],
  async run(args, io) {
    const options = optionsOf(args)
    return withController(args, io, {}, async (controller) => {
      const before = await controller.workers()
      const progress = new Progress(io)
      progress.show('building the worker version …')
      const began = performance.now()
      const { id } = await controller.installWorker(options).finally(() => progress.end())
      const milliseconds = Math.round(performance.now() - began)
      await controller.commit()
      const installed = (await engineNamer())(await controller.worker(id))
      assert(installed.id === id, 'a version is found by its id')
      const change = before.some((view) => view.id === id) ? 'same' : 'new'
      return {
        kind: 'done',
        json: { ...jsonOf(installed), change, milliseconds },
        text: textOf(installed, change, milliseconds),
      }
    })
  },
}

function optionsOf(args: ParsedArgs): InstallWorkerOptions {
  const engine = args.text('engine')
  if (engine === undefined)
    return refuseUsage(
      'worker install needs --engine: a .wasm file, the directory of a package, or the name of an engine of this release',
    )
  const supervisor = args.text('supervisor')
  const seconds = args.count('timeout')
  return {
    engine: readEngine(engine),
    ...omitUndefined({
      supervisor: supervisor === undefined ? undefined : readSupervisor(supervisor),
      label: args.text('label'),
      use: args.choice('use', uses),
      image: imageOf(args.text('image')),
      timeoutMs: seconds === undefined ? undefined : seconds * 1_000,
    }),
  }
}

const imageOf = (text: string | undefined): BundleId | undefined =>
  text === undefined || isBundleId(text)
    ? text
    : refuseUsage(`--image takes the id of a base image, b1-…, not ${JSON.stringify(text)}`)

const jsonOf = ({ id, note, engine, engineName, supervisor, image, use }: NamedWorker) => ({
  worker: id,
  label: note?.label ?? null,
  engine,
  engineName,
  supervisor,
  image,
  use,
})

function textOf(
  { id, note, engine, engineName, supervisor, image, use }: NamedWorker,
  change: 'new' | 'same',
  milliseconds: number,
): string {
  const label = note?.label ?? null
  const head =
    change === 'new'
      ? `${id} is installed${label === null ? '' : ` as ${label}`}`
      : `${id} was installed before${label === null ? '' : `; its label is ${label}`}`
  const parts = columns([
    ['engine', engineName === null ? engine : `${engineName}, ${engine}`],
    ['supervisor', supervisor],
    ['image', image],
    ['use', use],
    ['time', `${(milliseconds / 1_000).toFixed(1)} s`],
  ])
  return `${head}\n${indent(parts)}`
}
