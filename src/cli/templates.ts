/** Where the files are from which commands make files: beside `src` and, in the package, beside `dist`. */
import { join } from 'node:path'

export const templates = join(import.meta.dirname, '..', '..', 'templates')
