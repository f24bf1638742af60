/**
 * A process for the test to kill: a host with a source of numbered items and a ledger of what came back,
 * both outside the store. `node port-host.ts <store> <ledger> <items in all>`.
 */
import { appendFileSync, existsSync, readFileSync, writeSync } from 'node:fs'
import { argv } from 'node:process'
import { openController } from '../../src/host/index.ts'

const [, , directory = '', ledger = '', last = '0'] = argv
const tell = (step: string): void => { writeSync(1, `${step}\n`) }
const written = (): number => (existsSync(ledger) ? readFileSync(ledger, 'utf8').split('\n').length - 1 : 0)

const controller = await openController({ directory, make: 'never', verify: 'lazy', residentWorkers: 1 })
const port = controller.port('bank')
tell('open')
for (;;) {
  const { delivered, acknowledged, lastNumber } = await port.status()
  if (delivered === Number(last) && acknowledged === lastNumber && lastNumber === delivered) break
  // Begins a little before what was taken: the source does not know better.
  for (
    let number = Math.max(1, delivered - 1);
    number <= Math.min(delivered + 3, Number(last));
    number += 1
  ) {
    const { outcome } = await port.deliver(number % 7 === 0 ? 'no' : number, { number })
    tell(`delivered ${number}: ${outcome}`)
  }
  await controller.advanceTime(BigInt(delivered + 1))
  while ((await controller.run({ cranks: 4 })).ended !== 'idle') tell('ran')
  for (const { number, item } of await port.receive({ limit: 5 })) {
    if (number > written()) appendFileSync(ledger, `${number} ${JSON.stringify(item)}\n`)
    tell(`wrote ${number}`)
    await port.acknowledge(number)
    tell(`acknowledged ${number}`)
  }
  await controller.commit()
  tell('committed')
}
await controller.shutdown()
tell('done')
