/** Who lost a promise by a step, and who subscribed again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openWorld } from '../kit/world.ts'

const publisher = (number: number): { readonly source: string } => ({
  source: `
export const buildRootObject = () => Far('publisher', {
  version: () => ${number},
  next: () => new Promise(() => {}),
})`,
})

/** `again`: what it does when its promise ends. */
const subscriber = (again: string): { readonly source: string } => ({
  source: `
export const buildRootObject = () => Far('subscriber', {
  subscribe: (publisher) => { void E(publisher).next().catch(() => { ${again} }) },
})`,
})

test('the report of an upgrade names who lost a promise, and which of them subscribed again', async (t) => {
  const world = await openWorld(t, {
    vats: {
      publisher: publisher(1),
      other: publisher(1),
      faithful: subscriber('return E(publisher).next()'),
      late: subscriber('return E(publisher).version().then(() => E(publisher).next())'),
      silent: subscriber(''),
      unaffected: subscriber(''),
    },
  })
  const { controller } = world
  const root = await world.root('publisher')
  for (const name of ['faithful', 'late', 'silent']) await world.ask(name, 'subscribe', root)
  await world.ask('unaffected', 'subscribe', await world.root('other'))
  const next = await world.install(publisher(2))
  const { reports } = await controller.runPlan({
    id: 'subscriptions',
    steps: [
      { kind: 'vat', name: 'one', vat: 'publisher', bundle: next },
      {
        kind: 'together',
        name: 'both',
        upgrades: [{ vat: 'publisher', bundle: next }, { vat: 'other', bundle: next }],
      },
    ],
  })
  const sorted = reports.map(({ subscriptions }) =>
    subscriptions.map(({ vat, lost, again }) => ({ vat, lost: [...lost].sort(), again: [...again].sort() })),
  )
  assert.deepEqual(sorted, [
    [{ vat: 'publisher', lost: ['faithful', 'late', 'silent'], again: ['faithful', 'late'] }],
    [{ vat: 'other', lost: ['unaffected'], again: [] }],
  ])
})
