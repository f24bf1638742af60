/** A progress bar: one line that is written over on a terminal, a line now and then elsewhere. */
const barWidth = 30
const plainSteps = 5

export class Progress {
  readonly #total: number
  #lastPlain = 0

  constructor(total: number) {
    this.#total = total
  }

  show(done: number, note: string): void {
    const filled = Math.round((done / this.#total) * barWidth)
    const line = `   [${'█'.repeat(filled)}${'·'.repeat(barWidth - filled)}] ${done.toLocaleString('en')} of ${this.#total.toLocaleString('en')} ${note}`
    if (process.stdout.isTTY) process.stdout.write(`\r${line}${done >= this.#total ? '\n' : ''}`)
    else this.#plain(done, line)
  }

  #plain(done: number, line: string): void {
    const step = Math.floor((done / this.#total) * plainSteps)
    if (step === this.#lastPlain) return
    this.#lastPlain = step
    console.log(line)
  }

  /** The line is left as it is: what follows begins a new one. */
  interrupt(): void {
    if (process.stdout.isTTY) process.stdout.write('\n')
  }
}
