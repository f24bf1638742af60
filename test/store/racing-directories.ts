/** A thread that creates the same directories as another one, each at the moment that both are there. */
import { join } from 'node:path'
import { workerData } from 'node:worker_threads'
import { withDirectory } from '../../src/store/files/directory.ts'

export interface Race {
  readonly parent: string
  readonly rounds: number
  /** How many threads have reached a round, for each round. */
  readonly arrived: Int32Array<SharedArrayBuffer>
}

const { parent, rounds, arrived } = workerData as Race
for (let round = 0; round < rounds; round += 1) {
  Atomics.add(arrived, round, 1)
  while (Atomics.load(arrived, round) < 2);
  withDirectory(join(parent, String(round)), () => undefined)
}
