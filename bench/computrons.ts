/**
 * `node bench/computrons.ts [--write]`: counts the computrons of typical work, prints them, and with
 * `--write` puts them into `docs/metering.md`.
 *
 * The figures are no measurements of time: they are the same on every machine, as long as the engine,
 * the supervisor and the work are. One of a kind is the difference of two messages, divided.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Controller, Remote } from 'heirloom'
import { inWorld } from './world.ts'

const page = join(import.meta.dirname, '..', 'docs', 'metering.md')
const [begin, end] = ['<!-- figures -->', '<!-- end of figures -->']

/** About 100 KB of a contract as bundlers write them: many small functions. */
const contract = `(() => { const made = {}; ${Array.from({ length: 900 }, (_, index) => `made.method${index} = (amount, terms) => { if (amount < terms.price) throw Error('too little ${index}'); return { paid: amount - terms.price, at: ${index} } };`).join('\n')}; return made })()`

/** What a message takes, all its cranks together. */
async function costOf(
  controller: Controller,
  target: string | Remote,
  method: string,
  ...args: readonly unknown[]
): Promise<number> {
  const request = await controller.send(target, method, args)
  const { computrons } = await controller.run()
  const { kind } = await controller.status(request)
  if (kind !== 'fulfilled') throw new Error(`${method} is ${kind}`)
  await controller.forget(request)
  return Number(computrons)
}

type Row = readonly [what: string, computrons: number]

async function count({ controller }: { readonly controller: Controller }): Promise<readonly Row[]> {
  const admin = await controller.vatAdmin()
  const started = await costOf(controller, admin, 'createVat', await controller.bundleNamed('work'), {
    name: 'work',
  })
  const other = await controller.root('counter')
  /** One of so many, without the message around it. */
  const one = async (method: string, many: number, ...more: unknown[]): Promise<number> => {
    await costOf(controller, 'work', method, 1, ...more)
    const few = await costOf(controller, 'work', method, 1, ...more)
    return (await costOf(controller, 'work', method, many + 1, ...more) - few) / many
  }
  const { id } = await controller.installBundle({ moduleFormat: 'endoScript', source: contract })
  // Not forgotten: the cap is there as long as somebody holds it.
  const asked = await controller.send(admin, 'getBundleCap', [id])
  await controller.run()
  const status = await controller.status(asked)
  const cap = status.kind === 'fulfilled' ? status.value : undefined
  await costOf(controller, 'work', 'nothing')
  return [
    ['a message to a root, which does nothing and answers', await costOf(controller, 'work', 'nothing')],
    [
      'a message with a list of 100 numbers, given back',
      await costOf(
        controller,
        'work',
        'echo',
        Array.from({ length: 100 }, (_, index) => index),
      ),
    ],
    [
      'a question to another vat: the message, the question, the notification of the answer',
      await costOf(controller, 'work', 'ask', other),
    ],
    ['one turn of an empty loop that calls a function', await one('loop', 1_000)],
    ['harden a record with a list', await one('harden', 1_000)],
    ['make a durable object, written at the end of the crank', await one('make', 100)],
    ['change the state of a durable object', await one('update', 100)],
    ['put an entry into a durable map', await one('insert', 100)],
    ['get an entry of a durable map', await one('get', 100)],
    ['sort 1,000 numbers, as texts', await one('sort', 10)],
    ['sort 1,000 numbers, with a function', await one('sortBy', 10)],
    ['400 matches of a regular expression in 10 KB', await one('match', 10)],
    ['`JSON.parse` of 9 KB', await one('parse', 10)],
    ['`JSON.stringify` of it', await one('stringify', 10)],
    ['the bigint `3n ** 10_000n`', await one('big', 10)],
    [
      `evaluate a contract of ${Math.round(contract.length / 1_000)} KB in a compartment of its own`,
      await one('evaluate', 4, contract),
    ],
    ['read that contract by its bundle cap', await one('read', 4, cap)],
    ['start a vat of these methods (its bundle is small)', started],
  ]
}

function table(rows: readonly Row[]): string {
  const lines = rows.map(
    ([what, computrons]) => `| ${what} | ${Math.round(computrons).toLocaleString('en')} |`,
  )
  return ['| work | computrons |', '|---|---|', ...lines].join('\n')
}

const text = table(await inWorld(count, {}, ['work']))
console.log(text)
if (process.argv.includes('--write')) {
  const before = readFileSync(page, 'utf8')
  const [head, rest] = [before.slice(0, before.indexOf(begin)), before.slice(before.indexOf(end))]
  writeFileSync(page, `${head}${begin}\n${text}\n${rest}`)
}
