/** Places of a bundle's script, mapped to places of its sources. */
import { SourceMap } from 'node:module'
import { assert } from '../base/errors.ts'
import type { ScriptPlace } from './lines.ts'
import type { ModuleGraph } from './modules/moduleGraph.ts'

/** A source map of version 3. */
export type Map3 = ConstructorParameters<typeof SourceMap>[0]

export const readableMap = (text: string, graph: ModuleGraph): Map3 => {
  const map = JSON.parse(text) as Map3
  return { ...map, file: '', sources: map.sources.map((source) => graph.readable(source)) }
}

/** Maps places of a script to places of the sources. */
export class Places {
  readonly #map: SourceMap
  readonly #graph: ModuleGraph

  constructor(map: Map3, graph: ModuleGraph) {
    this.#map = new SourceMap(map)
    this.#graph = graph
  }

  originOf({ line, column, lineText }: ScriptPlace): ScriptPlace & { readonly file: string } {
    assert(line >= 1 && column >= 0, 'lines are counted from 1, columns from 0')
    const origin = this.#map.findEntry(line - 1, column)
    if (!('originalSource' in origin)) return { file: 'bundle', line, column, lineText }
    const { originalSource: file, originalLine, originalColumn } = origin
    return {
      file,
      line: originalLine + 1,
      column: originalColumn,
      lineText: this.#graph.lineOf(file, originalLine) ?? lineText,
    }
  }
}
