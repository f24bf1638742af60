/**
 * How large the heap of JavaScript in the machine thread is. To be imported before heirloom: it remembers the
 * threads that are made.
 */
import { syncBuiltinESMExports } from 'node:module'
import workerThreads from 'node:worker_threads'

const threads: workerThreads.Worker[] = []

workerThreads.Worker = class extends workerThreads.Worker {
  constructor(...args: ConstructorParameters<typeof workerThreads.Worker>) {
    super(...args)
    threads.push(this)
    this.once('exit', () => threads.splice(threads.indexOf(this), 1))
  }
}
syncBuiltinESMExports()

/** Bytes that are used in all threads besides the main one, garbage included. */
export async function machineHeap(): Promise<number> {
  const statistics = await Promise.all(threads.map((thread) => thread.getHeapStatistics()))
  return statistics.reduce((sum, { used_heap_size: used }) => sum + used, 0)
}
