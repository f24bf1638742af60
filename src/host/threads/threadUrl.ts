/** URLs of modules on which threads are started. */
import { extname } from 'node:path'

/**
 * The module `name` beside the one with this URL: TypeScript in the working tree, JavaScript in the package.
 */
export const threadUrl = (url: string, name: string): URL => new URL(`./${name}${extname(url)}`, url)
