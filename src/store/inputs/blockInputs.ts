/**
 * The recorded inputs of blocks (`protocol/store/inputs.ts`).
 *
 * Bin1. A committed block has a row, unless it is older than the recording: of a store of an older format, or
 *       of an import. The rows that are kept are those of the last blocks, without a gap. So a missing one is
 *       damage, except before the first.
 */
import { assert } from '../../base/errors.ts'
import { refuse } from '../../protocol/codes.ts'
import { readInputs, type BlockInput } from '../../protocol/store/inputs.ts'
import { checksumOf, type WholeRow } from '../sql/rowFormat.ts'
import { formatWithInputs } from '../sql/schema.ts'
import type { SqlCommand, SqlFile, SqlQuery } from '../sql/sql.ts'

/** Reads them, from a store of any format. */
export class BlockInputs {
  readonly #at: SqlQuery<WholeRow<'block_input'>> | undefined
  readonly #first: SqlQuery<[number]> | undefined
  readonly #extent: SqlQuery<[number, number, number]> | undefined

  constructor(sql: SqlFile) {
    const has = sql.pragmaNumber('user_version') >= formatWithInputs
    this.#at = has ? sql.rows('block_input', 'WHERE height = ?') : undefined
    this.#first = has
      ? sql.query('SELECT height FROM block_input ORDER BY height LIMIT 1', 'block_input', ['count'])
      : undefined
    this.#extent = has
      ? sql.query(
          'SELECT count(*), ifnull(min(height), 0), ifnull(max(height), 0) FROM block_input',
          'block_input',
          ['count', 'count', 'count'],
        )
      : undefined
  }

  /** The first block whose inputs are kept; undefined when none are. */
  get first(): number | undefined {
    return this.#first?.one()?.[0]
  }

  /** In order. Undefined when they are not kept. */
  of(height: number): readonly BlockInput[] | undefined {
    const text = this.#at?.one(height)?.[1]
    return text === undefined ? undefined : inputsIn(height, text)
  }

  /** Bin1. `height`: of the last block. */
  verify(sql: SqlFile, height: number): void {
    const flaw = this.flaw(height)
    if (flaw !== undefined) refuse('store/corrupt-block', flaw, { height })
    if (this.#at === undefined) return
    for (const [at, text] of sql.rows('block_input', 'ORDER BY height').each()) inputsIn(at, text)
  }

  /** What is wrong with the rows as a whole. */
  flaw(height: number): string | undefined {
    const [rows, first, last] = this.#extent?.one() ?? [0, 0, 0]
    return rows === 0 || (last === height && rows === last - first + 1 && first > 0)
      ? undefined
      : `The inputs of ${rows} blocks from ${first} to ${last} are kept, and the last block is ${height}`
  }
}

/** Likewise for a writer. Writes join the current transaction. */
export class InputTable extends BlockInputs {
  readonly #put: SqlCommand
  readonly #remove: SqlCommand

  constructor(sql: SqlFile) {
    super(sql)
    this.#put = sql.command('INSERT INTO block_input (height, inputs, checksum) VALUES (?, ?, ?)', 'block_input')
    this.#remove = sql.command('DELETE FROM block_input WHERE height < ?', 'block_input')
  }

  put(height: number, text: string): void {
    assert(height > 0, 'block 0 has no inputs')
    this.#put.run(height, text, checksumOf('block_input', [height, text]))
  }

  /** Removes those of blocks before `height`, the oldest first, and at most so many. Returns how many. */
  remove(height: number, most: number): number {
    const { first } = this
    if (first === undefined || first >= height || most <= 0) return 0
    const upTo = Math.min(height, first + most)
    this.#remove.run(upTo)
    return upTo - first
  }
}

function inputsIn(height: number, text: string): readonly BlockInput[] {
  const inputs: BlockInput[] = []
  for (const input of readInputs(text))
    inputs.push(
      input ??
        refuse('store/corrupt-block', `Line ${inputs.length + 1} of the inputs of block ${height} is not an input`, {
          height,
        }),
    )
  return inputs
}
