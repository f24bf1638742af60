/** Work that leaves its place in time in the state of the kernel: suspensions, upgrades, ends, pauses. */
import type { Controller } from '../../src/host/index.ts'
import { bundleFile, puppetFile } from '../kit/bundles.ts'

export const steps = 16

const setup = `me.make = defineKind(baggage, 'Counter', (n) => ({ n }), { add: ({ state }, by) => (state.n += by) })
  me.counter = provide(baggage, 'counter', () => me.make(0n))`

/** Two vats that do something, and one that will end. */
export async function found(controller: Controller): Promise<void> {
  const { id } = await controller.installBundle(await bundleFile(puppetFile))
  for (const name of ['one', 'two', 'mortal']) await controller.createVat(name, id, { parameters: { setup } })
  await controller.run()
}

/** The first step that the store does not have. */
export const nextStep = async (controller: Controller): Promise<number> =>
  Number((await controller.getHostState('step')) ?? 0)

/** The step of this number, to its end. */
export async function play(controller: Controller, step: number): Promise<void> {
  const [one, two] = [await controller.root('one'), await controller.root('two')]
  await deed(controller, step % 8, step)
  await controller.sendOnly(two, 'run', [
    'return E(args[0]).run("return me.counter.add(args[0])", args[1])',
    one,
    BigInt(step),
  ])
  await controller.run()
  await controller.setHostState('step', String(step + 1))
}

async function deed(controller: Controller, kind: number, step: number): Promise<void> {
  switch (kind) {
    case 0:
      await controller.suspendVat('one', `step ${step}`)
      return
    case 1:
      await controller.suspendVat('one', 'a second time, which tells since when')
      await controller.resumeVat('one')
      return
    case 2:
      await controller.upgradeVat('one', (await controller.vat('one')).bundle, { parameters: { setup } })
      return
    case 3:
      if (step === 3) await controller.terminateVat('mortal', 'it is mortal')
      return
    case 4:
      await controller.pauseKernel('for a while')
      await controller.run()
      await controller.resumeKernel()
      return
    case 5:
      await controller.upgradeVat('two', (await controller.vat('two')).bundle, { mode: 'replay' })
      return
    case 6:
      await controller.sendOnly('two', 'run', ['me.junk = Array.from({ length: 500 }, (_, n) => ({ n }))'])
      return
    default:
      await controller.collectAll()
  }
}
