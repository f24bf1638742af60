/**
 * A process whose writes are recorded: `node writer.ts <directory> <work>`. What it does follows from the
 * work alone. In the file `marks` of the directory it tells what has returned.
 */
import { argv } from 'node:process'
import { marker, storeWorks, type Work } from './works.ts'

const [, , directory = '', name = ''] = argv
const work =
  storeWorks.find((candidate) => candidate.name === name) ??
  (await ofKernels()).find((candidate) => candidate.name === name)
if (work === undefined) throw new Error(`there is no work ${name}`)
await work.write(directory, marker(directory))

/** Read only when asked for: they take a whole kernel. */
async function ofKernels(): Promise<readonly Work[]> {
  return [(await import('./kernelWork.ts')).kernelWork, (await import('./foundingWork.ts')).foundingWork]
}
