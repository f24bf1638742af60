/**
 * A process whose writes are recorded: `node writer.ts <directory> <work>`. What it does follows from the
 * work alone. In the file `marks` of the directory it tells what has returned.
 */
import { argv } from 'node:process'
import { marker, storeWorks } from './works.ts'

const [, , directory = '', name = ''] = argv
const work = storeWorks.find((candidate) => candidate.name === name) ?? (await import('./kernelWork.ts')).kernelWork
if (work.name !== name) throw new Error(`there is no work ${name}`)
await work.write(directory, marker(directory))
