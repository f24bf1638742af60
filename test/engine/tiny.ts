/**
 * A tiny module with the surface of an engine, whose functions do nothing but trap, and in which a test
 * puts code of its own: the body of `wasm_malloc`, which takes and gives an i32, and a table and globals.
 */
import { ByteWriter, leb } from '../../src/engine/binary.ts'
import { requiredFunctions } from '../../src/engine/surface.ts'

export interface TinyParts {
  /** The body of `wasm_malloc`, from its locals to its `end`. */
  readonly body?: readonly number[]
  readonly memory?: readonly number[]
  readonly extraImport?: readonly number[]
}

export const code = { end: 0x0b, unreachable: 0x00 } as const
const types = { i: 0x7f, l: 0x7e } as const
const section = (id: number, items: readonly (readonly number[])[]): number[] => {
  const body = [...leb(items.length), ...items.flat()]
  return [id, ...leb(body.length), ...body]
}
const name = (text: string): number[] => [...leb(text.length), ...Buffer.from(text)]
const letters = (text: string): number[] => [
  ...leb(text.length),
  ...[...text].map((letter) => types[letter as 'i' | 'l']),
]

function signature(text: string): number[] {
  const [parameters = '', results = ''] = text.split(':')
  return [0x60, ...letters(parameters), ...letters(results)]
}

const sized = (body: readonly number[]): number[] => [...leb(body.length), ...body]

export function tinyEngine({ body, memory, extraImport }: TinyParts = {}): Uint8Array {
  const names = Object.keys(requiredFunctions)
  const bodies = names.map((each) =>
    sized(each === 'wasm_malloc' && body !== undefined ? body : [0, code.unreachable, code.end]),
  )
  const imports = extraImport === undefined ? [] : [[...extraImport]]
  const writer = new ByteWriter()
  writer.put([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00])
  writer.put(section(1, Object.values(requiredFunctions).map(signature)))
  if (imports.length > 0) writer.put(section(2, imports))
  writer.put(section(3, names.map((_, index) => leb(index))))
  writer.put(section(4, [[0x70, 0, 4]]))
  writer.put(section(5, [[...(memory ?? [0, 1])]]))
  writer.put(
    section(6, [
      [types.i, 1, 0x41, 7, code.end],
      [types.i, 0, 0x41, 8, code.end],
      [types.l, 1, 0x42, 9, code.end],
    ]),
  )
  const functions = names.map((each, index) => [...name(each), 0, ...leb(index + imports.length)])
  writer.put(section(7, [[...name('memory'), 2, 0], ...functions]))
  writer.put(section(12, []))
  writer.put(section(10, bodies))
  writer.put(section(11, []))
  return writer.bytes()
}
