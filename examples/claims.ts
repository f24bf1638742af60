/** The claims of a demonstration. Each is checked when it is made; a false one makes the program fail. */

export interface Claim {
  readonly text: string
  readonly holds: boolean
  readonly seen: string
}

export class Claims {
  readonly #claims: Claim[] = []

  /** States something; `seen` is what was found, for the table. */
  check(text: string, holds: boolean, seen: string): void {
    this.#claims.push({ text, holds, seen })
    console.log(`   ${holds ? '✓' : '✗'} ${text}`)
  }

  get allHold(): boolean {
    return this.#claims.length > 0 && this.#claims.every((claim) => claim.holds)
  }

  print(): void {
    const width = Math.max(...this.#claims.map(({ text }) => text.length))
    console.log(`\n   ${'claim'.padEnd(width)}   seen`)
    console.log(`   ${'─'.repeat(width)}   ${'─'.repeat(24)}`)
    for (const { text, holds, seen } of this.#claims)
      console.log(` ${holds ? '✓' : '✗'} ${text.padEnd(width)}   ${seen}`)
  }
}

export const chapter = (title: string): void => console.log(`\n${title}`)
