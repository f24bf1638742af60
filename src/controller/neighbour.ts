/** Modules that are named by their files: threads are started on them. */
import { extname } from 'node:path'

/** The module `name` beside the one with this URL. It is TypeScript in the working tree and JavaScript in the package. */
export const neighbour = (url: string, name: string): URL => new URL(`./${name}${extname(url)}`, url)
