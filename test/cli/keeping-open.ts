/** A process that has the store of the directory open for writing until it is killed, and says so. */
import { openController } from '../../src/host/index.ts'

await openController({ directory: process.argv[2] ?? '', make: 'never' })
process.stdout.write('open')
setInterval(() => {}, 1_000)
