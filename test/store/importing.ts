/**
 * A process that imports a store, trusting what it is told to, goes on with it, and prints what it saw as
 * JSON. It never installs a worker version. `node importing.ts <export> <store> <trusted>…`.
 */
import { argv } from 'node:process'
import { importStore, openController } from '../../src/host/index.ts'
import { continueVersioned } from './versioned.ts'

const [, , from = '', directory = '', ...trust] = argv
await importStore(from, directory, { trust })
const controller = await openController({ directory, make: 'never', verify: 'all' })
const sights = await continueVersioned(controller)
await controller.shutdown()
console.log(JSON.stringify(sights))
