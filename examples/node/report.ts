/** What the demonstration says: claims, which it has checked, and figures, which it has measured. */
import { Claims } from '../claims.ts'

export class Report extends Claims {
  readonly #figures: (readonly [what: string, value: string])[] = []

  figure(what: string, value: string): void {
    this.#figures.push([what, value])
  }

  override print(): void {
    super.print()
    const width = Math.max(...this.#figures.map(([what]) => what.length), 6)
    console.log(`\n   ${'figure'.padEnd(width)}   measured`)
    console.log(`   ${'─'.repeat(width)}   ${'─'.repeat(24)}`)
    for (const [what, value] of this.#figures) console.log(`   ${what.padEnd(width)}   ${value}`)
  }
}

export const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`
