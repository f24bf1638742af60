/** A figure, as it is printed and written down. */
export interface Figure {
  readonly what: string
  readonly value: number
  readonly unit: string
  /** What we want of it, in words; empty when nothing was set. */
  readonly aim: string
}

export interface BenchOptions {
  /** How large the store is, in the case that exports one. */
  readonly megabytes: number
}

export interface BenchCase {
  readonly name: string
  measure(options: BenchOptions): Promise<readonly Figure[]>
}
