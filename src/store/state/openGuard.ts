/** Whether a store is open. Every public method of every part checks it first. */
import { refuse } from '../../protocol/codes.ts'

export class OpenGuard {
  readonly directory: string
  closed = false

  constructor(directory: string) {
    this.directory = directory
  }

  assertOpen(): void {
    if (this.closed)
      refuse('store/closed', `The store in ${this.directory} was closed`, { directory: this.directory })
  }
}
